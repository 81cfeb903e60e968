"""Names that people type, without invisible or misleading characters, and how others see them."""

from __future__ import annotations

import unicodedata
from typing import Final

from django.core.exceptions import ValidationError

from picprocure.accounts.invisible_characters import remove_invisible

UNNAMED: Final = "Unnamed"


def validate_visible(text: str) -> None:
    """Check that a text has at least one visible character.

    Raises:
        ValidationError: It has only blanks and invisible characters.
    """
    if all(unicodedata.category(character)[0] in "CZ" for character in remove_invisible(text)):
        raise ValidationError("This has no visible characters. Enter some text.")


def public_name(first_name: str, last_name: str) -> str:
    """Return the name that other people see of an account."""
    return f"{first_name} {last_name}".strip() or UNNAMED
