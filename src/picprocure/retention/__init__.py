"""Deletion: expiry, events and accounts with all their data, orphaned objects."""
