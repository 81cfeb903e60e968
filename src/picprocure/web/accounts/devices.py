"""Devices that a person has signed in with before.

People on them don't have to wait when others try passwords or codes for the same account or from
the same network (`adapter.py`, `code_limits.py`).
"""

from __future__ import annotations

from typing import Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.crypto import constant_time_compare, salted_hmac

from picprocure.accounts.models import User

COOKIE: Final = "known_device"
_SECONDS: Final = 180 * 24 * 60 * 60
_MAX_PEOPLE: Final = 5  # per shared device


def is_known(request: HttpRequest, user: User) -> bool:
    """Return whether the person has signed in with this device before.

    That must have been with their current password.
    """
    own = mark(user)
    return any(constant_time_compare(known, own) for known in _marks(request))


def remember(request: HttpRequest, response: HttpResponse, user: User) -> None:
    """Mark this device as known to the person, by a cookie of the response."""
    own = mark(user)
    marks = [own, *(known for known in _marks(request) if known != own)]
    response.set_cookie(
        COOKIE,
        ".".join(marks[:_MAX_PEOPLE]),
        max_age=_SECONDS,
        path=reverse("account_request_login_code").removesuffix("login/"),  # all account pages
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def _marks(request: HttpRequest) -> list[str]:
    return [known for known in request.COOKIES.get(COOKIE, "").split(".") if known][:_MAX_PEOPLE]


def mark(user: User) -> str:
    """Return a token that identifies no person, and that changes with the password."""
    value = f"{user.pk} {user.password}"
    return salted_hmac("picprocure.web.accounts.devices", value, algorithm="sha256").hexdigest()
