"""Pictures of a request: for whom they are decoded, and the answer when decoders are busy."""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Iterator
from typing import Final

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from picprocure.imaging.confined import WAIT_SECONDS, Person, served
from picprocure.imaging.errors import Busy
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

_looking: Final = threading.BoundedSemaphore(1)


@contextlib.contextmanager
def looking_for_faces() -> Iterator[None]:
    """Let the networks process one picture at a time, however many threads there are.

    Raises Busy when others take too long.
    """
    if not _looking.acquire(timeout=WAIT_SECONDS):
        raise Busy
    try:
        yield
    finally:
        _looking.release()


class DecodingMiddleware(Middleware):
    """Tells decoders for whom they work, so that one person can't use all of them.

    People whose pictures ended their decoders many times have to wait before they send more.
    """

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.content_type != "multipart/form-data" or not request.user.is_authenticated:
            return self._get_response(request)
        user = request.user  # the view may sign them out
        with _working_without_cache():
            too_often = limits.page_if_too_often(request, "strikes", only_ask=True)
            if too_often:
                return too_often
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
    """Ignore errors of the cache: the request may be one that frees room on a full disk."""
    try:
        yield
    except Exception as error:
        if outage_of(error) is None:
            raise
        logger.warning("Strikes can't be counted now: %s.", type(error).__name__)


def busy(request: HttpRequest) -> HttpResponse:
    """Ask the person to try again a little later."""
    return errors.answer_with(request, _BUSY, f"Nothing was saved. {_BUSY.way_out}")
