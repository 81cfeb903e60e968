"""The error of the bootstrap."""

from __future__ import annotations


class NotReadyError(Exception):
    """Something is missing on this machine. The message says what, and how to get it."""
