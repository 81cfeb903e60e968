"""Names that people type, without invisible or misleading characters."""

from __future__ import annotations

import re
import unicodedata

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db.models import F, QuerySet, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Lower, Replace

from picprocure.accounts.invisible_characters import without_unseen
from picprocure.accounts.models import User

# One script, in which few letters look alike. Separators are easy to overlook at the ends and side
# by side, so they are refused there. Names that are shown to others can use any script.
USERNAME_VALIDATORS = [
    RegexValidator(
        re.compile(r"\A[a-z0-9]+([._-][a-z0-9]+)*\Z", re.IGNORECASE | re.ASCII),
        "Use only the letters a to z and digits, with single dots, hyphens or underscores between "
        "them. The name that other people see can use any letters.",
    )
]

# Look alike in many fonts. 0, 1 and rn are from the characters a to z and digits in
# https://www.unicode.org/Public/security/latest/confusables.txt, which also has I as l. The other
# ones are pairs of letters that look like one. The order counts.
_ALIKE = (
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
    for seen, same in _ALIKE:
        skeleton = skeleton.replace(seen, same)
        stored = Replace(stored, Value(seen), Value(same))
    return User.objects.alias(skeleton=stored).filter(skeleton=skeleton)


def check_is_seen(text: str) -> None:
    """Raise ValidationError for a text that has only blanks and invisible characters."""
    if all(unicodedata.category(character)[0] in "CZ" for character in without_unseen(text)):
        raise ValidationError("This has no visible characters. Enter some text.")
