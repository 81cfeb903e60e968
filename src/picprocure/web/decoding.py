"""Pictures of a request: for whom they are decoded, and what is said when that must wait."""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Callable, Iterator
from typing import Final

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from picprocure.imaging.confined import WAIT_SECONDS, Person, served
from picprocure.imaging.errors import Busy
from picprocure.storage.trouble import trouble_of
from picprocure.web import errors, limits

logger = logging.getLogger(__name__)

RETRY_AFTER_SECONDS: Final = 10
BUSY: Final = "The site is busy with other photos. Send it again in a moment."

_BUSY: Final = errors.Answer(
    503,
    RETRY_AFTER_SECONDS,
    "The site is busy with other photos",
    "Wait a few seconds, and send it again.",
)

_looking: Final = threading.BoundedSemaphore(1)


@contextlib.contextmanager
def looking_for_faces() -> Iterator[None]:
    """Whatever the number of threads, the networks look at one picture at a time.

    Raises Busy when others take too long.
    """
    if not _looking.acquire(timeout=WAIT_SECONDS):
        raise Busy
    try:
        yield
    finally:
        _looking.release()


class DecodingMiddleware:
    """Decoders know for whom they work, so that one person leaves some of them to the others.

    People whose pictures ended their decoders many times wait before they send more.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.content_type != "multipart/form-data" or not request.user.is_authenticated:
            return self._get_response(request)
        user = request.user  # the view may sign them out
        try:
            with _working_without_cache():
                limits.count(request, "strikes", only_ask=True)
        except limits.TriedTooOften as refused:
            return limits.page(request, refused)
        person = Person(user.pk)
        token = served.set(person)
        try:
            return self._get_response(request)
        finally:
            served.reset(token)
            with contextlib.suppress(limits.TriedTooOften), _working_without_cache():
                for _ in range(person.strikes):
                    limits.count(request, "strikes", user=user)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        return busy(request) if isinstance(error, Busy) else None


@contextlib.contextmanager
def _working_without_cache() -> Iterator[None]:
    """Strikes are not worth an error: what is sent may be what makes room on a full disk."""
    try:
        yield
    except Exception as error:
        if trouble_of(error) is None:
            raise
        logger.warning("Strikes can't be counted now: %s.", type(error).__name__)


def sent_too_often(request: HttpRequest, action: str) -> HttpResponse | None:
    """To be asked before the pictures of a request are looked at."""
    if not request.FILES:
        return None
    try:
        limits.count(request, action)
    except limits.TriedTooOften as refused:
        return limits.page(request, refused)
    return None


def busy(request: HttpRequest) -> HttpResponse:
    """Ask the person to come again a little later."""
    return errors.answer_with(request, _BUSY, f"Nothing was saved. {_BUSY.way_out}")
