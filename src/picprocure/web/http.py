"""Requests as the views behind sign-in see them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import HttpRequest

from picprocure.accounts.models import User


class SignedInRequest(HttpRequest):
    """A request that LoginRequiredMiddleware let through: its user is a User."""

    if TYPE_CHECKING:
        user: User
