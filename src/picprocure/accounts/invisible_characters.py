"""Invisible and bidirectional characters, which are taken out of what people type."""

from __future__ import annotations

import unicodedata
from typing import Final

# Bidirectional marks, zero-width and other format characters, surrogates, private use.
UNSEEN_CATEGORIES: Final = frozenset({"Cf", "Cs", "Co"})
# Letters and marks that are drawn as nothing: a name of these alone would look empty.
UNSEEN_LETTERS: Final = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
_JOINERS: Final = frozenset("\u200c\u200d")  # of letters in some scripts, and of emoji


def without_unseen(text: str) -> str:
    """Return ``text`` in Unicode's composed form, without invisible and bidirectional characters.

    Line breaks stay.
    """
    composed = unicodedata.normalize("NFC", text)
    return "".join(
        character
        for place, character in enumerate(composed)
        if not _is_unseen(character)
        or (character in _JOINERS and _joins(composed[place - 1 : place + 2]))
    )


def _is_unseen(character: str) -> bool:
    category = unicodedata.category(character)
    is_variant = "\ufe00" <= character <= "\ufe0e" or "\U000e0100" <= character <= "\U000e01ef"
    return category in UNSEEN_CATEGORIES or character in UNSEEN_LETTERS or is_variant


def _joins(around: str) -> bool:
    """Return whether a joiner is between two characters that it can join."""
    return len(around) == 3 and all(  # noqa: PLR2004
        not side.isascii() and unicodedata.category(side)[0] in "LMS"
        for side in (around[0], around[2])
    )
