"""Decoding of uploaded pictures: fair use of the decoders, and the answer when they are busy."""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Iterator
from typing import Final

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from picprocure.imaging.errors import Busy
from picprocure.imaging.sandbox import WAIT_SECONDS, Person, served
from picprocure.storage.outages import outage_of
from picprocure.web import errors, limits
from picprocure.web.middleware import Middleware

logger = logging.getLogger(__name__)

RETRY_AFTER_SECONDS: Final = 10
BUSY: Final = "The site is busy with other photos. Try again in a moment."

_BUSY: Final = errors.Answer(
    503,
    RETRY_AFTER_SECONDS,
    "The site is busy with other photos",
    "Wait a few seconds and try again.",
)

_detector: Final = threading.BoundedSemaphore(1)


@contextlib.contextmanager
def face_detection_slot() -> Iterator[None]:
    """Wait until no other thread detects faces, and keep others out.

    The networks process one picture at a time, however many threads there are.

    Raises:
        Busy: Other threads take too long.
    """
    if not _detector.acquire(timeout=WAIT_SECONDS):
        raise Busy
    try:
        yield
    finally:
        _detector.release()


class DecodingMiddleware(Middleware):
    """Assigns decoding to the person who sends the request, so that no person can use all decoders.

    People whose pictures crashed their decoders many times have to wait before they send more.
    """

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.content_type != "multipart/form-data" or not request.user.is_authenticated:
            return self._get_response(request)
        user = request.user  # the view may sign them out
        with _ignored_cache_errors():
            refusal = limits.refusal_page(request, "strikes", check_only=True)
            if refusal:
                return refusal
        person = Person(user.pk)
        token = served.set(person)
        try:
            return self._get_response(request)
        finally:
            served.reset(token)
            with contextlib.suppress(limits.RateLimitReached), _ignored_cache_errors():
                for _ in range(person.strikes):
                    limits.count(request, "strikes", user=user)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        return busy_response(request) if isinstance(error, Busy) else None


@contextlib.contextmanager
def _ignored_cache_errors() -> Iterator[None]:
    """Ignore errors of the cache, since the request may free space on a full disk."""
    try:
        yield
    except Exception as error:
        if outage_of(error) is None:
            raise
        logger.warning("Strikes can't be counted now: %s.", type(error).__name__)


def busy_response(request: HttpRequest) -> HttpResponse:
    """Return a response that asks the person to try again a little later."""
    return errors.answer_with(request, _BUSY, f"Nothing was saved. {_BUSY.way_out}")
