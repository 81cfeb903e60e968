"""Names that people type, without invisible or misleading characters."""

from __future__ import annotations

import re
import unicodedata

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db.models import F, QuerySet, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Lower, Replace

from picprocure.accounts.models import User

# One script, in which few letters look alike. Separators are easy to overlook at the ends and side
# by side, so they are refused there. Names that are shown to others can use any script.
USERNAME_VALIDATORS = [
    RegexValidator(
        re.compile(r"\A[a-z0-9]+([._-][a-z0-9]+)*\Z", re.IGNORECASE | re.ASCII),
        "Use only the letters a to z and digits, with single dots, hyphens or underscores between "
        "them. The name that others see can have any letters.",
    )
]

# Look alike in many fonts: https://www.unicode.org/Public/security/latest/confusables.txt
_ALIKE = (("0", "o"), ("1", "l"), ("rn", "m"), ("vv", "w"), ("-", ""), ("_", ""), (".", ""))

# Bidirectional marks, zero-width and other format characters, surrogates, private use.
_UNSEEN_CATEGORIES = frozenset({"Cf", "Cs", "Co"})
# Letters and marks that are drawn as nothing.
_UNSEEN_LETTERS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
_JOINERS = frozenset("\u200c\u200d")  # of letters in some scripts, and of emoji


def usernames_like(username: str) -> QuerySet[User]:
    """Return accounts whose username is this one or looks like it."""
    skeleton = username.lower()
    stored: Combinable = Lower(F("username"))
    for seen, same in _ALIKE:
        skeleton = skeleton.replace(seen, same)
        stored = Replace(stored, Value(seen), Value(same))
    return User.objects.alias(skeleton=stored).filter(skeleton=skeleton)


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


def check_is_seen(text: str) -> None:
    """Raise ValidationError for a text that has only blanks and invisible characters."""
    if all(unicodedata.category(character)[0] in "CZ" for character in without_unseen(text)):
        raise ValidationError("This has no visible characters. Enter some text.")


def _is_unseen(character: str) -> bool:
    category = unicodedata.category(character)
    is_variant = "\ufe00" <= character <= "\ufe0e" or "\U000e0100" <= character <= "\U000e01ef"
    return category in _UNSEEN_CATEGORIES or character in _UNSEEN_LETTERS or is_variant


def _joins(around: str) -> bool:
    """Return whether a joiner is between two characters that it can join."""
    return len(around) == 3 and all(  # noqa: PLR2004
        not side.isascii() and unicodedata.category(side)[0] in "LMS"
        for side in (around[0], around[2])
    )
