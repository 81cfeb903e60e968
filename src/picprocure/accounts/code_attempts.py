"""Limits on how often a mailed code can be tried.

Each attempt is counted by one conditional update, so concurrent attempts all count. A session can't
do this: it is read and written as a whole, so one of two concurrent writes is lost.
"""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.db.models import F
from django.utils import timezone
from django.utils.crypto import salted_hmac

from picprocure.accounts.models import CodeAttempts

_RETENTION = timedelta(days=1)  # far longer than any code is valid


def may_try(code: str) -> bool:
    """Count one attempt at a mailed code.

    Returns:
        False if the code has no attempts left.
    """
    key = _key(code)
    _, is_first = CodeAttempts.objects.get_or_create(key=key)
    if is_first:
        CodeAttempts.objects.filter(made_at__lt=timezone.now() - _RETENTION).delete()
    usable = CodeAttempts.objects.filter(key=key, count__lt=settings.CODE_ATTEMPTS)
    return bool(usable.update(count=F("count") + 1))


def is_used_up(code: str) -> bool:
    """Return whether the next attempt at this code is refused, even with the right code."""
    used_up = CodeAttempts.objects.filter(key=_key(code), count__gte=settings.CODE_ATTEMPTS)
    return used_up.exists()


def _key(code: str) -> str:
    return salted_hmac("picprocure.accounts.code_attempts", code, algorithm="sha256").hexdigest()
