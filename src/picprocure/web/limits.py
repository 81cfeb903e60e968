"""Limits on attempts, and the messages for people who reach one.

The limits are django-allauth's (ACCOUNT_RATE_LIMITS). They allow a crowd behind one network address
and stop attacks: accounts and e-mail addresses have narrow limits, networks have wide ones, and
wider ones for visitors with an invitation.
"""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING

from allauth.core.internal import ratelimit
from django import forms
from django.contrib import messages
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from picprocure.galleries import access

if TYPE_CHECKING:
    from allauth.core.internal.ratelimit import Rate, RateLimitUsage

_APP = "allauth.account"
_TRIES = 3  # for the lock of a counter that a crowd uses at once

FOLLOWED = "followed_invitation"
"""In the session: the hash of the invitation token that the visitor followed before signing in."""


class TriedTooOften(Exception):
    """The limit is reached. One more attempt is allowed in ``seconds``."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"Too many attempts. Try again {_in_words(seconds)}.")
        self.seconds = seconds


def count(
    request: HttpRequest,
    action: str,
    *,
    key: str = "",
    only_ask: bool = False,
    is_crowd: bool = False,
) -> RateLimitUsage | None:
    """Count one attempt. Raises TriedTooOften.

    For a crowd, returns None without counting if the counter is locked and not used up.
    """
    for _ in range(_TRIES):
        usage: RateLimitUsage | None = ratelimit.consume(
            request, app=_APP, action=action, key=key, dry_run=only_ask, limit_get=True
        )
        if usage:
            return usage
        if seconds := _seconds_to_wait(request, action, key):
            raise TriedTooOften(seconds)
    if not is_crowd:
        raise TriedTooOften(1)
    return None


def count_from_network(request: HttpRequest, action: str) -> RateLimitUsage | None:
    """Count one attempt from the visitor's network. Raises TriedTooOften."""
    token_hash = request.session.get(FOLLOWED, "")
    is_invited = token_hash and access.event_behind(token_hash) is not None
    return count(request, f"{action}_invited" if is_invited else action, is_crowd=True)


def is_counted(request: HttpRequest, action: str, key: str) -> bool:
    """Return whether an attempt was counted within the limit's time."""
    return any(_recent(request, action, rate, key) for rate in _rates(action))


def respond(response: HttpResponse, refused: TriedTooOften) -> HttpResponse:
    """Turn a page into the answer to one attempt too many."""
    response.status_code = 429
    response["Retry-After"] = str(refused.seconds)
    return response


def admits(request: HttpRequest, action: str, form: forms.Form) -> bool:
    """Count one attempt with a valid form. One too many becomes an error of the form."""
    try:
        count(request, action)
    except TriedTooOften as refused:
        form.add_error(None, f"{refused} What you typed is still here.")
        return False
    return True


def tell(request: HttpRequest, refused: TriedTooOften) -> None:
    messages.error(request, f"{refused} What you typed is still here.")


def page(request: HttpRequest, refused: TriedTooOften | None = None) -> HttpResponse:
    """Return a page that leads back.

    The limits of django-allauth's own pages last a minute.
    """
    refused = refused or TriedTooOften(60)
    text = f"We limit how often you can do this. Try again {_in_words(refused.seconds)}."
    context = {"back": request.path, "text": text}
    return respond(render(request, "429.html", context), refused)


def page_if_too_often(
    request: HttpRequest, action: str, *, only_ask: bool = False
) -> HttpResponse | None:
    """Count one attempt; the answer to one too many."""
    try:
        count(request, action, only_ask=only_ask)
    except TriedTooOften as refused:
        return page(request, refused)
    return None


def _seconds_to_wait(request: HttpRequest, action: str, key: str) -> int:
    now, longest = time.time(), 0.0
    for rate in _rates(action):
        recent = _recent(request, action, rate, key)
        if len(recent) >= rate.amount:  # the newest come first
            longest = max(longest, recent[rate.amount - 1] + rate.duration - now)
    return math.ceil(longest)


def _rates(action: str) -> list[Rate]:
    return list(ratelimit.get_rates(app=_APP, action=action))


def _recent(request: HttpRequest, action: str, rate: Rate, key: str) -> list[float]:
    where = ratelimit.get_cache_key(request, app=_APP, action=action, rate=rate, key=key)
    return [at for at in cache.get(where, []) if at > time.time() - rate.duration]


def _in_words(seconds: int) -> str:
    if seconds <= 90:  # noqa: PLR2004
        return f"in {seconds} second{'s' if seconds != 1 else ''}"
    return f"in {math.ceil(seconds / 60)} minutes"
