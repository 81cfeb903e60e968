"""Why a file cannot be cleaned. `photos.intake` and `faces.image` turn these into words."""

from __future__ import annotations


class CannotClean(Exception):
    """The file's structure is not one that this package rewrites."""


class Malformed(CannotClean):
    """The structure is broken; the message completes "the file is damaged: …"."""


class RareForm(CannotClean):
    """A lawful form that few programs write and not every browser shows; the message names it."""


class Animated(CannotClean):
    """More than one picture, to be shown one after the other."""
