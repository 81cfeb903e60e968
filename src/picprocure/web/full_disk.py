"""Signing in and out on a full disk, so that people can delete their data."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from picprocure.storage.reserve import frees_room

View = Callable[..., HttpResponseBase]

_FLAG = "picprocure.uses_reserve"


def uses_reserve(view: View) -> View:
    """Let POST requests to a view, and the session that they change, use the reserved space."""

    @wraps(view)
    def wrapper(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.method != "POST":
            return view(request, *args, **kwargs)
        request.META[_FLAG] = True
        return frees_room(view)(request, *args, **kwargs)

    return wrapper


class ReserveSessionMiddleware(SessionMiddleware):
    """Django's middleware, but changed sessions may be stored in the reserved disk space.

    This applies to forms sent by people who are signed in or are signing in.
    """

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        key = request.session.session_key

        def store() -> HttpResponse:
            # A failed attempt leaves a key without a row.
            request.session._session_key = key  # noqa: SLF001
            return super(ReserveSessionMiddleware, self).process_response(request, response)

        if request.method == "POST" and (_FLAG in request.META or request.user.is_authenticated):
            return frees_room(store)()
        return store()
