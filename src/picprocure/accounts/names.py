"""Names that people type, without invisible or misleading characters."""

from __future__ import annotations

import re
import unicodedata

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db.models import F, QuerySet, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Lower, Replace

from picprocure.accounts.invisible_characters import remove_invisible
from picprocure.accounts.models import User

# Only one script is allowed, in which few letters look alike. Separators at the ends or side by
# side are refused, since they are easy to overlook. Display names can use any script.
USERNAME_VALIDATORS = [
    RegexValidator(
        re.compile(r"\A[a-z0-9]+([._-][a-z0-9]+)*\Z", re.IGNORECASE | re.ASCII),
        "Use only the letters a to z and digits, with single dots, hyphens or underscores between "
        "them. The name that other people see can use any letters.",
    )
]

# Characters that look alike in many fonts. 0, 1 and rn are the entries for a to z and digits in
# https://www.unicode.org/Public/security/latest/confusables.txt, which also lists I as l. The
# others are pairs of letters that look like one letter. The order matters: each replacement applies
# to the result of those before.
_LOOKALIKES = (
    *((separator, "") for separator in "-_."),
    ("0", "o"),
    ("1", "l"),
    ("i", "l"),
    ("rn", "m"),
    ("cl", "d"),
    ("vv", "w"),
    ("uu", "w"),
)


def usernames_like(username: str) -> QuerySet[User]:
    """Return accounts whose username is this one or looks like it."""
    skeleton = username.lower()
    stored: Combinable = Lower(F("username"))
    for lookalike, canonical in _LOOKALIKES:
        skeleton = skeleton.replace(lookalike, canonical)
        stored = Replace(stored, Value(lookalike), Value(canonical))
    return User.objects.alias(skeleton=stored).filter(skeleton=skeleton)


def validate_visible(text: str) -> None:
    """Check that a text has at least one visible character.

    Raises:
        ValidationError: It has only blanks and invisible characters.
    """
    if all(unicodedata.category(character)[0] in "CZ" for character in remove_invisible(text)):
        raise ValidationError("This has no visible characters. Enter some text.")
