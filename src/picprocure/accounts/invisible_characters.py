"""Removal of invisible and bidirectional characters from text that people type."""

from __future__ import annotations

import unicodedata
from typing import Final

# Bidirectional marks, zero-width and other format characters, surrogates, private use.
INVISIBLE_CATEGORIES: Final = frozenset({"Cf", "Cs", "Co"})
# Letters and marks without a visible glyph. A name of only these would look empty.
INVISIBLE_LETTERS: Final = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
_JOINERS: Final = frozenset("\u200c\u200d")  # of letters in some scripts, and of emoji


def remove_invisible(text: str) -> str:
    """Return a text without invisible or bidirectional characters, in composed form (NFC).

    Line breaks are kept, and so are joiners between two characters that they can join.
    """
    composed = unicodedata.normalize("NFC", text)
    return "".join(
        character
        for index, character in enumerate(composed)
        if not _is_invisible(character)
        or (character in _JOINERS and _joins(composed[index - 1 : index + 2]))
    )


def _is_invisible(character: str) -> bool:
    category = unicodedata.category(character)
    is_variant = "\ufe00" <= character <= "\ufe0e" or "\U000e0100" <= character <= "\U000e01ef"
    return category in INVISIBLE_CATEGORIES or character in INVISIBLE_LETTERS or is_variant


def _joins(context: str) -> bool:
    """Return whether the joiner in the middle of three characters can join the other two."""
    return len(context) == 3 and all(  # noqa: PLR2004
        not neighbor.isascii() and unicodedata.category(neighbor)[0] in "LMS"
        for neighbor in (context[0], context[2])
    )
