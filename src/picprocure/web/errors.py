"""Error pages of the site. They need no database, session or cache."""

from __future__ import annotations

import contextlib
import logging
import sys
from dataclasses import dataclass
from typing import Final

from django.core.exceptions import DisallowedHost, SuspiciousOperation
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string

from picprocure.storage import reserve, sealing
from picprocure.storage.outages import Outage, outage_of

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to an outage.

    Attributes:
        retry_seconds: How long the outage is likely to last.
        title: The title of the page.
        way_out: What people can do, as a sentence.
    """

    status: int
    retry_seconds: int
    title: str
    way_out: str


ANSWERS: Final = {
    Outage.DISK_FULL: Answer(
        507,
        300,
        "The site's disk is full",
        "The people who run this site have to free up space first.",
    ),
    Outage.KEYS_UNUSABLE: Answer(
        503,
        300,
        "The site can't open private data",
        "The photos of your face and other private data can't be saved or opened right now. "
        "The people who run this site have to restore its key file first.",
    ),
    Outage.UNAVAILABLE: Answer(503, 30, "The site is busy", "Wait half a minute and try again."),
}


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer malformed requests, and requests for another host (Django's handler400).

    Django also treats a session that can't be stored as a bad request.
    """
    if outage := outage_of(exception):
        return unavailable(request, outage)
    if isinstance(exception, DisallowedHost):
        logger.warning("Refused a request for a host that PICPROCURE_ALLOWED_HOSTS doesn't list.")
    return HttpResponse(render_to_string("400.html"), status=400)


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer after an error that nothing else caught (Django's handler500)."""
    outage = outage_of(sys.exc_info()[1])
    if outage is None:
        return HttpResponse(render_to_string("500.html"), status=500)
    if outage is Outage.KEYS_UNUSABLE:
        logger.error("The keys can't be used. %s", sealing.key_problem())
    return unavailable(request, outage)


def answer_to(error: BaseException) -> Answer | None:
    """Return the answer to a full disk or an unavailable service, or None for other errors."""
    outage = outage_of(error)
    return ANSWERS[outage] if outage else None


def unavailable(request: HttpRequest, outage: Outage) -> HttpResponse:
    """Return a page that says what to do and shows the submitted fields, or the same as JSON."""
    answer = ANSWERS[outage]
    text = f"Nothing was saved. {answer.way_out}"
    if outage is Outage.DISK_FULL and reserve.exists():
        text = f"{text} Deleting still works."
    return answer_with(request, answer, text)


def answer_with(request: HttpRequest, answer: Answer, text: str) -> HttpResponse:
    """Return the page of an answer, or the same as JSON."""
    response: HttpResponse
    if request.accepts("text/html"):
        context = {"title": answer.title, "text": text, "typed": _submitted_fields(request)}
        page = render_to_string("503.html", {**context, "address": request.get_full_path()})
        response = HttpResponse(page, status=answer.status)
    else:
        response = JsonResponse({"error": f"{answer.title}. {text}"}, status=answer.status)
    response["Retry-After"] = str(answer.retry_seconds)
    response["Cache-Control"] = "private, no-store"
    return response


def _submitted_fields(request: HttpRequest) -> list[tuple[str, str]]:
    """Return the fields of a submitted form without passwords. Files have to be chosen again."""
    if request.method == "POST":
        with contextlib.suppress(OSError, SuspiciousOperation):
            return [
                (name, str(value))
                for name, values in request.POST.lists()
                for value in values
                if "password" not in name
            ]
    return []
