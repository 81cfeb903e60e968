"""The type of requests in views that need sign-in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import HttpRequest

from picprocure.accounts.models import User


class SignedInRequest(HttpRequest):
    """A request that passed LoginRequiredMiddleware, so its user is a User."""

    if TYPE_CHECKING:
        user: User
