"""Names that people type: what is shown must be what is there."""

from __future__ import annotations

import re
import unicodedata

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db.models import F, QuerySet, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Lower, Replace

from picprocure.accounts.models import User
from picprocure.accounts.unseen import without_unseen

# One script, in which few letters look alike; no signs at the ends or side by side, where they
# are overlooked. Names that people are called by may hold every script.
USERNAME_VALIDATORS = [
    RegexValidator(
        re.compile(r"\A[a-z0-9]+([._-][a-z0-9]+)*\Z", re.IGNORECASE | re.ASCII),
        "Use the letters a to z, digits, and single dots, hyphens or underscores between them. "
        "Your name, which others see, may hold any letters.",
    )
]

# Look alike in many fonts: https://www.unicode.org/Public/security/latest/confusables.txt
_ALIKE = (("0", "o"), ("1", "l"), ("rn", "m"), ("vv", "w"), ("-", ""), ("_", ""), (".", ""))


def usernames_like(username: str) -> QuerySet[User]:
    """Accounts whose username is, or looks like, this one."""
    skeleton = username.lower()
    stored: Combinable = Lower(F("username"))
    for seen, same in _ALIKE:
        skeleton = skeleton.replace(seen, same)
        stored = Replace(stored, Value(seen), Value(same))
    return User.objects.alias(skeleton=stored).filter(skeleton=skeleton)


def check_is_seen(text: str) -> None:
    """Raises ValidationError for a name of blanks and marks alone."""
    if all(unicodedata.category(character)[0] in "CZ" for character in without_unseen(text)):
        raise ValidationError("Nothing of this can be seen. Write a name.")
