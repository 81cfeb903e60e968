"""Names that people type, without invisible or misleading characters."""

from __future__ import annotations

import unicodedata

from django.core.exceptions import ValidationError

from picprocure.accounts.invisible_characters import remove_invisible


def validate_visible(text: str) -> None:
    """Check that a text has at least one visible character.

    Raises:
        ValidationError: It has only blanks and invisible characters.
    """
    if all(unicodedata.category(character)[0] in "CZ" for character in remove_invisible(text)):
        raise ValidationError("This has no visible characters. Enter some text.")
