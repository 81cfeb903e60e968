"""How often a mailed code may be tried.

Counted in one conditional update for each attempt, so that attempts at the same time count, too:
a session is read and written as a whole, and what two requests write at once is lost.
"""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.db.models import F
from django.utils import timezone
from django.utils.crypto import salted_hmac

from picprocure.accounts.models import CodeAttempts

_KEPT_FOR = timedelta(days=1)  # far longer than any code is valid


def may_try(code: str) -> bool:
    """Count one attempt at ``code``, the right one that was mailed. False when it is used up."""
    key = _key(code)
    _, is_first = CodeAttempts.objects.get_or_create(key=key)
    if is_first:
        CodeAttempts.objects.filter(made_at__lt=timezone.now() - _KEPT_FOR).delete()
    left = CodeAttempts.objects.filter(key=key, count__lt=settings.CODE_ATTEMPTS)
    return bool(left.update(count=F("count") + 1))


def is_used_up(code: str) -> bool:
    """Whether the next attempt at ``code`` would be refused, right or wrong."""
    tried = CodeAttempts.objects.filter(key=_key(code), count__gte=settings.CODE_ATTEMPTS)
    return tried.exists()


def _key(code: str) -> str:
    return salted_hmac("picprocure.accounts.code_attempts", code, algorithm="sha256").hexdigest()
