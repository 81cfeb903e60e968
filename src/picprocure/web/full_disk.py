"""Signing in and out on a full disk, which people need to delete their data."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from picprocure.storage.reserve import frees_room

View = Callable[..., HttpResponseBase]

_MARK = "picprocure.uses_reserve"


def uses_reserve(view: View) -> View:
    """Let a view, and the session that it changes, use the reserve for the forms it is sent."""

    @wraps(view)
    def marked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.method != "POST":
            return view(request, *args, **kwargs)
        request.META[_MARK] = True
        return frees_room(view)(request, *args, **kwargs)

    return marked


class ReserveSessionMiddleware(SessionMiddleware):
    """Django's middleware, which stores changed sessions with the reserve's space.

    It does so for forms of people who are signed in, and of those who are signing in.
    """

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        key = request.session.session_key

        def store() -> HttpResponse:
            # A failed try leaves a key without a row.
            request.session._session_key = key  # noqa: SLF001
            return super(ReserveSessionMiddleware, self).process_response(request, response)

        if request.method == "POST" and (_MARK in request.META or request.user.is_authenticated):
            return frees_room(store)()
        return store()
