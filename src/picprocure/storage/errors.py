"""Errors of all stores."""

from __future__ import annotations


class StoreUnavailable(OSError):
    """The store failed. The message contains no keys and no secrets."""

    is_safe_to_log = True  # the message contains no personal data
