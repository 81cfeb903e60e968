"""Middleware for every page."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable

from django.db import Error, connection
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode

from picprocure.accounts.models import User
from picprocure.galleries import access
from picprocure.notifications.reader_zones import remember_zone
from picprocure.web.serving.asgi import SMALL_BODY_BYTES
from picprocure.web.zones import device_zone, reader_zone

logger = logging.getLogger(__name__)


class Middleware:
    """Base class that passes every request on."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self._get_response(request)


class HealthMiddleware(Middleware):
    """Tells whether this server works, and whether it can use the database, and nothing else.

    It comes before all checks, since load balancers may ask by any host name and without TLS.
    """

    ALIVE_PATH = "/healthz"
    DATABASE_PATH = "/health"

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.path == self.ALIVE_PATH:
            status = 204
        elif request.path == self.DATABASE_PATH:
            status = 204 if _has_database() else 503
        else:
            return self._get_response(request)
        return HttpResponse(status=status, headers={"Cache-Control": "no-store"})


def _has_database() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Error as error:
        logger.warning("The database doesn't answer: %s.", type(error).__name__)
        return False
    return True


class TimeZoneMiddleware(Middleware):
    """Activates the reader's time zone, or the site's, and remembers the device's for mails."""

    SESSION_KEY = "device_zone"

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        with timezone.override(reader_zone(request)):
            response = self._get_response(request)
        if request.method == "POST":  # a page that is only read must not need disk space
            self._remember(request)
        return response

    def _remember(self, request: HttpRequest) -> None:
        user, zone = request.user, device_zone(request)
        if not isinstance(user, User) or zone is None:
            return
        if request.session.get(self.SESSION_KEY) != zone.key:
            with contextlib.suppress(Error):  # the next form tries again
                remember_zone(user, zone)
                request.session[self.SESSION_KEY] = zone.key


class EndedEventMiddleware(Middleware):
    """Says to people who took part in an event that it was deleted, instead of "not found"."""

    def process_exception(
        self, request: HttpRequest, exception: Exception
    ) -> HttpResponseBase | None:
        match = request.resolver_match
        event_id = match.kwargs.get("event_id") if match else None
        if event_id is None or not isinstance(exception, Http404):
            return None
        ended_at = access.end_of_event(request.user, event_id)
        if ended_at is None:
            return None
        return render(request, "events/ended.html", {"ended_at": ended_at}, status=410)


class AnonymousBodyLimitMiddleware(Middleware):
    """Refuses large request bodies of people who aren't signed in, without reading them."""

    def process_view(self, request: HttpRequest, *_view: object) -> HttpResponseBase | None:
        content_length = request.META.get("CONTENT_LENGTH") or "0"
        is_small = content_length.isdecimal() and int(content_length) <= SMALL_BODY_BYTES
        if is_small or request.user.is_authenticated:
            return None
        limit = SMALL_BODY_BYTES // 1024
        return HttpResponse(f"Sign in to send more than {limit} kB.", status=413)


class AnonymousSessionMiddleware(Middleware):
    """Makes sessions of people who aren't signed in expire soon. Anyone can start many of them."""

    SECONDS = 2 * 60 * 60

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self._get_response(request)
        session = request.session
        if not session.modified or session.is_empty():
            return response
        if not request.user.is_authenticated:
            session.set_expiry(self.SECONDS)
        elif session.get("_session_expiry") == self.SECONDS:
            session.set_expiry(None)
        return response


class ClientMiddleware(Middleware):
    """Tells the server in front (`web/serving`) which person sends the request."""

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.user.is_authenticated:
            request.META["picprocure.client"] = f"person {request.user.pk}"
        return self._get_response(request)


class PrivatePagesMiddleware(Middleware):
    """Keeps pages of signed-in people out of all caches, including the browser's.

    On a shared computer, the next person can't open them with the Back button.
    """

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self._get_response(request)
        if request.user.is_authenticated:
            response["Cache-Control"] = "private, no-store"
        return response


class FinishSignUpMiddleware(Middleware):
    """Redirects people who have an address but no name to the page that asks for their name."""

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponseBase], *_arguments: object
    ) -> HttpResponseBase | None:
        user = request.user
        if not isinstance(user, User) or is_finished(user):
            return None
        finish = reverse("accounts:finish")
        if request.path == finish or not getattr(view, "login_required", True):
            return None
        return redirect(f"{finish}?{urlencode({'next': request.path})}")


def is_finished(user: User) -> bool:
    """Return whether the account has a name. Staff accounts, made in the terminal, need none."""
    return bool(user.first_name or user.last_name or user.is_staff)
