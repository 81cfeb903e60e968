"""Rate limits on attempts, and the messages for people who reach one.

The limits are django-allauth's (ACCOUNT_RATE_LIMITS). They stop attacks, but not the guests of an
event behind one network address: accounts and e-mail addresses have narrow limits, networks have
wide ones, and wider ones for visitors with an invitation.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import wraps
from typing import TYPE_CHECKING, Concatenate, ParamSpec, TypeAlias

from allauth.core.internal import ratelimit
from django import forms
from django.contrib import messages
from django.core.cache import DEFAULT_CACHE_ALIAS, cache, caches
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render

from picprocure.storage.cache import SharedCache
from picprocure.web.followed_links import has_invitation
from picprocure.web.http import SignedInRequest

if TYPE_CHECKING:
    from allauth.core.internal.ratelimit import Rate

    from picprocure.accounts.models import User

P = ParamSpec("P")
_View: TypeAlias = Callable[Concatenate[SignedInRequest, P], HttpResponseBase]

_APP = "allauth.account"
_LOCK_ATTEMPTS = 12  # of a second each: the lock of a dead process expires after ten seconds


class RateLimitReached(Exception):
    """The limit is reached. One more attempt is allowed in `seconds`."""

    def __init__(self, seconds: int) -> None:
        self.seconds = seconds
        self.wait = _describe_wait(seconds)
        super().__init__(f"Too many attempts. Try again {self.wait}.")


@dataclass(frozen=True, slots=True)
class Counted:
    """Attempts that were counted.

    Attributes:
        entries: The cache key, the time and the duration in seconds of each attempt.
    """

    entries: list[tuple[str, float, float]] = field(default_factory=list)

    def rollback(self) -> None:
        """Remove the attempts again. django-allauth also calls this after a correct password."""
        for cache_key, timestamp, seconds in self.entries:
            with suppress(RateLimitReached), _locked(cache_key):
                history = cache.get(cache_key, [])
                if timestamp in history:
                    history.remove(timestamp)
                    cache.set(cache_key, history, seconds)


def count(
    request: HttpRequest,
    action: str,
    *,
    key: str = "",
    user: User | None = None,
    check_only: bool = False,
) -> Counted:
    """Count one attempt before it is made.

    Simultaneous requests never exceed the limit together.

    Args:
        request: The request.
        action: The limit's name in `ACCOUNT_RATE_LIMITS`.
        key: What is counted for limits by key, such as an e-mail address.
        user: Who is counted for limits by user, if not the request's user.
        check_only: Whether to check the limit without counting an attempt.

    Raises:
        RateLimitReached: The limit is reached.
    """
    counted, refusals = Counted(), []
    for rate in _rates(action):
        cache_key = ratelimit.get_cache_key(
            request, app=_APP, action=action, rate=rate, key=key, user=user
        )
        try:
            if check_only:
                _check_limit(_recent(cache_key, rate), rate)
            else:
                counted.entries.append(_count(cache_key, rate))
        except RateLimitReached as refused:
            refusals.append(refused)
    if refusals:
        counted.rollback()
        raise max(refusals, key=lambda refused: refused.seconds)
    return counted


def _count(cache_key: str, rate: Rate) -> tuple[str, float, float]:
    """Count one attempt for one limit. Return its entry for `Counted`."""
    with _locked(cache_key):
        recent = _recent(cache_key, rate)
        _check_limit(recent, rate)
        timestamp = time.time()
        cache.set(cache_key, [timestamp, *recent], rate.duration)
    return cache_key, timestamp, rate.duration


def count_from_network(request: HttpRequest, action: str) -> Counted:
    """Count one attempt from the visitor's network.

    Raises:
        RateLimitReached: The limit is reached.
    """
    return count(request, f"{action}_invited" if has_invitation(request) else action)


def is_counted(request: HttpRequest, action: str, key: str) -> bool:
    """Return whether an attempt was counted within the limit's duration."""
    return any(
        _recent(ratelimit.get_cache_key(request, app=_APP, action=action, rate=rate, key=key), rate)
        for rate in _rates(action)
    )


def as_refusal(response: HttpResponse, refused: RateLimitReached) -> HttpResponse:
    """Turn a page into the response to an attempt beyond the limit."""
    response.status_code = 429
    response["Retry-After"] = str(refused.seconds)
    return response


def count_form(request: HttpRequest, action: str, form: forms.Form) -> bool:
    """Count one attempt with a valid form, and return whether it is within the limit.

    If it isn't, the form gets an error.
    """
    try:
        count(request, action)
    except RateLimitReached as refused:
        form.add_error(None, f"{refused} What you typed is still here.")
        return False
    return True


def add_message(request: HttpRequest, refused: RateLimitReached) -> None:
    """Add a message that the limit is reached, and that the form is still filled."""
    messages.error(request, f"{refused} What you typed is still here.")


def limit_page(request: HttpRequest, refused: RateLimitReached | None = None) -> HttpResponse:
    """Return the page for an attempt beyond a limit, with a link back.

    This is also the page of django-allauth's own limits, which last a minute.
    """
    refused = refused or RateLimitReached(60)
    text = f"We limit how often you can do this. Try again {refused.wait}."
    context = {"back": request.path, "text": text}
    return as_refusal(render(request, "429.html", context), refused)


def refusal_page(
    request: HttpRequest, action: str, *, check_only: bool = False
) -> HttpResponse | None:
    """Count one attempt. Return the page that refuses it, or None if it is within the limit."""
    try:
        count(request, action, check_only=check_only)
    except RateLimitReached as refused:
        return limit_page(request, refused)
    return None


def limited(
    action: str, *, applies_to: Callable[[HttpRequest], bool] = lambda _: True
) -> Callable[[_View[P]], _View[P]]:
    """Limit how often a person may send the form of a view.

    Each POST counts before the view runs. The response to one too many is a page with status 429.

    Args:
        action: The limit's name in `ACCOUNT_RATE_LIMITS`.
        applies_to: Which POSTs count.
    """

    def decorate(view: _View[P]) -> _View[P]:
        @wraps(view)
        def wrapper(
            request: SignedInRequest, /, *args: P.args, **kwargs: P.kwargs
        ) -> HttpResponseBase:
            is_counted_request = request.method == "POST" and applies_to(request)
            refused = refusal_page(request, action) if is_counted_request else None
            return refused or view(request, *args, **kwargs)

        return wrapper

    return decorate


def has_files(request: HttpRequest) -> bool:
    """Return whether a request contains files."""
    return bool(request.FILES)


def _check_limit(recent: list[float], rate: Rate) -> None:
    if len(recent) >= rate.amount:  # the newest come first
        raise RateLimitReached(math.ceil(recent[rate.amount - 1] + rate.duration - time.time()))


def _rates(action: str) -> list[Rate]:
    return list(ratelimit.get_rates(app=_APP, action=action))


def _recent(cache_key: str, rate: Rate) -> list[float]:
    return [
        timestamp
        for timestamp in cache.get(cache_key, [])
        if timestamp > time.time() - rate.duration
    ]


@contextmanager
def _locked(cache_key: str) -> Iterator[None]:
    """Keep all others from counting with this key.

    Raises:
        RateLimitReached: Others take too long.
    """
    default_cache = caches[DEFAULT_CACHE_ALIAS]
    if isinstance(default_cache, SharedCache):
        with default_cache.locked(cache_key):
            yield
        return
    for _ in range(_LOCK_ATTEMPTS):
        with ratelimit.cache_lock(cache_key) as is_locked:
            if is_locked:
                yield
                return
    raise RateLimitReached(1)


def _describe_wait(seconds: int) -> str:
    if seconds <= 90:  # noqa: PLR2004
        return f"in {seconds} second{'s' if seconds != 1 else ''}"
    minutes = math.ceil(seconds / 60)
    return f"in {minutes} minutes" if minutes <= 90 else f"in {math.ceil(minutes / 60)} hours"  # noqa: PLR2004
