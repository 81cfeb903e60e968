"""The steps from an upload to a gallery, the queue, and what users' changes make necessary."""
