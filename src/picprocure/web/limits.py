"""Limits on attempts, and the messages for people who reach one.

The limits are django-allauth's (ACCOUNT_RATE_LIMITS). They allow a crowd behind one network address
and stop attacks: accounts and e-mail addresses have narrow limits, networks have wide ones, and
wider ones for visitors with an invitation.
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

from picprocure.galleries import access
from picprocure.storage.cache import SharedCache
from picprocure.web.http import SignedInRequest

if TYPE_CHECKING:
    from allauth.core.internal.ratelimit import Rate

    from picprocure.accounts.models import User

P = ParamSpec("P")
_View: TypeAlias = Callable[Concatenate[SignedInRequest, P], HttpResponseBase]

_APP = "allauth.account"
_TRIES = 12  # of a second each: the lock of a process that died lasts ten

FOLLOWED = "followed_invitation"
"""In the session: the hash of the invitation token that the visitor followed before signing in."""


class RateLimitReached(Exception):
    """The limit is reached. One more attempt is allowed in ``seconds``."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"Too many attempts. Try again {_in_words(seconds)}.")
        self.seconds = seconds


@dataclass(frozen=True, slots=True)
class Counted:
    """Attempts that were counted: where, when, and for how long."""

    entries: list[tuple[str, float, float]] = field(default_factory=list)

    def rollback(self) -> None:
        """Forget them; also called by django-allauth when a password was right."""
        for where, at, seconds in self.entries:
            with suppress(RateLimitReached), _locked(where):
                history = cache.get(where, [])
                if at in history:
                    history.remove(at)
                    cache.set(where, history, seconds)


def count(
    request: HttpRequest,
    action: str,
    *,
    key: str = "",
    user: User | None = None,
    check_only: bool = False,
) -> Counted:
    """Count one attempt, before it is made. Raises TriedTooOften.

    Requests that arrive at the same time never pass the limit together.
    """
    counted = Counted()
    for rate in _rates(action):
        where = ratelimit.get_cache_key(
            request, app=_APP, action=action, rate=rate, key=key, user=user
        )
        if check_only:
            _ensure_free(_recent(where, rate), rate)
            continue
        with _locked(where):
            recent = _recent(where, rate)
            _ensure_free(recent, rate)
            at = time.time()
            cache.set(where, [at, *recent], rate.duration)
        counted.entries.append((where, at, rate.duration))
    return counted


def count_from_network(request: HttpRequest, action: str) -> Counted:
    """Count one attempt from the visitor's network. Raises TriedTooOften."""
    token_hash = request.session.get(FOLLOWED, "")
    is_invited = token_hash and access.event_of_invitation(token_hash) is not None
    return count(request, f"{action}_invited" if is_invited else action)


def is_counted(request: HttpRequest, action: str, key: str) -> bool:
    """Return whether an attempt was counted within the limit's time."""
    return any(
        _recent(ratelimit.get_cache_key(request, app=_APP, action=action, rate=rate, key=key), rate)
        for rate in _rates(action)
    )


def respond(response: HttpResponse, refused: RateLimitReached) -> HttpResponse:
    """Turn a page into the answer to one attempt too many."""
    response.status_code = 429
    response["Retry-After"] = str(refused.seconds)
    return response


def admits(request: HttpRequest, action: str, form: forms.Form) -> bool:
    """Count one attempt with a valid form. One too many becomes an error of the form."""
    try:
        count(request, action)
    except RateLimitReached as refused:
        form.add_error(None, f"{refused} What you typed is still here.")
        return False
    return True


def tell(request: HttpRequest, refused: RateLimitReached) -> None:
    messages.error(request, f"{refused} What you typed is still here.")


def page(request: HttpRequest, refused: RateLimitReached | None = None) -> HttpResponse:
    """Return a page that leads back.

    The limits of django-allauth's own pages last a minute.
    """
    refused = refused or RateLimitReached(60)
    text = f"We limit how often you can do this. Try again {_in_words(refused.seconds)}."
    context = {"back": request.path, "text": text}
    return respond(render(request, "429.html", context), refused)


def page_if_too_often(
    request: HttpRequest, action: str, *, check_only: bool = False
) -> HttpResponse | None:
    """Count one attempt; the answer to one too many."""
    try:
        count(request, action, check_only=check_only)
    except RateLimitReached as refused:
        return page(request, refused)
    return None


def limited(
    action: str, *, applies_to: Callable[[HttpRequest], bool] = lambda _: True
) -> Callable[[_View[P]], _View[P]]:
    """Limit how often a person may send the form of a view.

    Each POST counts before the view runs. One too many is answered with a page, status 429.

    Args:
        action: The limit's name in `ACCOUNT_RATE_LIMITS`.
        applies_to: Which POSTs count.
    """

    def decorate(view: _View[P]) -> _View[P]:
        @wraps(view)
        def wrapper(
            request: SignedInRequest, /, *args: P.args, **kwargs: P.kwargs
        ) -> HttpResponseBase:
            counts = request.method == "POST" and applies_to(request)
            refused = page_if_too_often(request, action) if counts else None
            return refused or view(request, *args, **kwargs)

        return wrapper

    return decorate


def has_files(request: HttpRequest) -> bool:
    """Return whether a request brings files."""
    return bool(request.FILES)


def _ensure_free(recent: list[float], rate: Rate) -> None:
    if len(recent) >= rate.amount:  # the newest come first
        raise RateLimitReached(math.ceil(recent[rate.amount - 1] + rate.duration - time.time()))


def _rates(action: str) -> list[Rate]:
    return list(ratelimit.get_rates(app=_APP, action=action))


def _recent(where: str, rate: Rate) -> list[float]:
    return [at for at in cache.get(where, []) if at > time.time() - rate.duration]


@contextmanager
def _locked(where: str) -> Iterator[None]:
    """Nobody else counts there meanwhile. Raises TriedTooOften when others take too long."""
    shared = caches[DEFAULT_CACHE_ALIAS]
    if isinstance(shared, SharedCache):
        with shared.locked(where):
            yield
        return
    for _ in range(_TRIES):
        with ratelimit.cache_lock(where) as is_locked:
            if is_locked:
                yield
                return
    raise RateLimitReached(1)


def _in_words(seconds: int) -> str:
    if seconds <= 90:  # noqa: PLR2004
        return f"in {seconds} second{'s' if seconds != 1 else ''}"
    return f"in {math.ceil(seconds / 60)} minutes"
