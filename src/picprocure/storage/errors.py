"""What can go wrong with a store, whichever it is."""

from __future__ import annotations


class StoreUnavailable(OSError):
    """The store did not do what it was asked to; its message holds no key and no secret."""

    is_safe_to_log = True  # the message contains no personal data
