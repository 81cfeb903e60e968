"""Confirmation pages for actions that can't easily be undone."""

from __future__ import annotations

from collections.abc import Iterable

from django.http import HttpResponse
from django.shortcuts import render

from picprocure.events.models import Event
from picprocure.web.http import SignedInRequest


def ask(
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
    """Show what is deleted and what stays. The button sends ``hidden`` to the same address."""
    context = {"event": event, "title": title, "lead": lead, "button": button, "back": back}
    context |= {"losses": losses, "kept": kept, "hidden": hidden.items()}
    return render(request, "events/ask.html", context)
