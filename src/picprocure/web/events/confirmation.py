"""Confirmation pages for actions that can't easily be undone."""

from __future__ import annotations

from collections.abc import Iterable

from django.http import HttpResponse
from django.shortcuts import render

from picprocure.events.models import Event
from picprocure.web.http import SignedInRequest


def confirmation_page(
    request: SignedInRequest,
    event: Event,
    *,
    title: str,
    lead: str,
    button: str,
    back: str,
    losses: Iterable[str] = (),
    kept: str = "",
    **hidden: str,
) -> HttpResponse:
    """Return a page that asks for confirmation.

    Args:
        request: The request.
        event: The event.
        title: The question.
        lead: What happens, in a sentence or two.
        button: The label of the button that confirms.
        back: The URL of the page to return to.
        losses: What is deleted.
        kept: What is not deleted.
        hidden: Fields that the button sends to the same URL.
    """
    context = {"event": event, "title": title, "lead": lead, "button": button, "back": back}
    context |= {"losses": losses, "kept": kept, "hidden": hidden.items()}
    return render(request, "events/ask.html", context)
