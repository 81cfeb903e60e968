"""Decides which faces of an event belong to which registered person."""
