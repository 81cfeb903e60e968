"""The order of the steps, and the queue."""
