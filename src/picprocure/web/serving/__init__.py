"""A server for slow clients: an event loop in front of threads."""
