"""Serving the site to slow clients: an event loop in front of threads."""
