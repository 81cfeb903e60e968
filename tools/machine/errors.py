"""The one error of the bootstrap."""

from __future__ import annotations


class NotReadyError(Exception):
    """This machine lacks something; the message says what, and how to get it."""
