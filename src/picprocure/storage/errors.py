"""What can go wrong with a store, whichever it is."""

from __future__ import annotations


class StoreUnavailable(OSError):
    """The store did not do what it was asked to; its message holds no key and no secret."""

    names_nobody = True  # so the log may have it
