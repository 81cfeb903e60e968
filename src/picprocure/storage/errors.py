"""Errors of stores and of sealed values."""

from __future__ import annotations


class StoreUnavailable(OSError):
    """The store failed. The message contains no keys and no secrets."""

    is_safe_to_log = True  # the message contains no personal data


class SealingError(Exception):
    """Base class. Messages contain neither keys nor sealed data."""

    is_safe_to_log = True  # the message contains no personal data


class UnusableKeys(SealingError):
    """The keys can't be used for any value. The operator has to restore them."""


class MalformedKeys(UnusableKeys):
    """The keys can't be read."""


class MissingKeys(UnusableKeys):
    """There is no key, but there are sealed values, which a new key would not open."""


class WrongKeys(UnusableKeys):
    """Most sealed values need missing keys."""


class SealedForGood(SealingError):
    """A value can't be opened with any of the keys. Treat it as missing."""


class UnknownKey(SealedForGood):
    """A value was sealed with a key that is missing."""


class BrokenSeal(SealedForGood):
    """The bytes of a value were changed, or belong to another row."""
