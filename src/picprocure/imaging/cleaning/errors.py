"""Errors: why a file can't be cleaned. `photos.intake` and `imaging.loading` tell users."""

from __future__ import annotations


class CannotClean(Exception):
    """A file whose structure this package doesn't rewrite."""


class Malformed(CannotClean):
    """A file with a broken structure. The message completes "the file is damaged: …"."""


class RareForm(CannotClean):
    """A valid form that few programs write and not every browser shows. The message names it."""


class Animated(CannotClean):
    """An animation."""
