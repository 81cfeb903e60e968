"""Mails of ours: one recipient each, text and HTML, no photo, and no link that signs in."""

from __future__ import annotations

from datetime import datetime
from email.utils import parseaddr
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.urls import reverse

from picprocure.accounts.models import User


def photos_ready(*, user: User, event_name: str, until: datetime, url: str) -> None:
    context = {"event_name": event_name, "until": until, "url": url}
    _send("photos_ready", to=user.email, context=context)


def event_ends(*, user: User, event_name: str, until: datetime, url: str) -> None:
    context = {"event_name": event_name, "until": until, "url": url}
    _send("event_ends", to=user.email, context=context)


def people_wait(*, user: User, event_name: str, count: int, url: str) -> None:
    _send(
        "people_wait", to=user.email, context={"event_name": event_name, "count": count, "url": url}
    )


def from_host(
    *, user: User, event_name: str, host_name: str, subject: str, text: str, url: str
) -> None:
    """What somebody who runs an event wrote; their address is not in it."""
    context = {
        "event_name": event_name,
        "host_name": host_name,
        "subject": subject,
        "text": text,
        "url": url,
        "preferences_url": f"{settings.SITE_URL}{reverse('accounts:preferences')}",
    }
    _send("host_mail", to=user.email, context=context)


def co_host(*, user: User, event_name: str, url: str) -> None:
    """An invitation, which says nothing of the event but its name."""
    _send("co_host", to=user.email, context={"event_name": event_name, "url": url})


def account_deleted(
    *, email: str, username: str, counts: dict[str, int], receipt: str, at: datetime
) -> None:
    """What went, and when; the address is nowhere any more once this is sent."""
    what = ", ".join(f"{count} {kind}" for kind, count in counts.items() if count)
    context = {"username": username, "what": what, "receipt": receipt, "at": at}
    _send("account_deleted", to=email, context=context)


def feedback(*, user: User, text: str) -> None:
    """To the operator, who can answer to the person."""
    operator = settings.OPERATOR_EMAIL or parseaddr(settings.DEFAULT_FROM_EMAIL)[1]
    _send(
        "feedback",
        to=operator,
        context={"username": user.username, "text": text},
        reply_to=user.email,
    )


def _send(template: str, *, to: str, context: dict[str, Any], reply_to: str = "") -> None:
    """Names that people chose stay on their line: they have no line breaks once they are here."""
    context = {
        name: " ".join(value.split()) if isinstance(value, str) and name != "text" else value
        for name, value in context.items()
    }
    context["site_name"] = settings.SITE_NAME
    subject = render_to_string(f"web/mail/{template}_subject.txt", context)
    message = EmailMultiAlternatives(
        subject=" ".join(subject.split()),
        body=render_to_string(f"web/mail/{template}.txt", context),
        to=[to],
        reply_to=[reply_to] if reply_to else None,
    )
    message.attach_alternative(render_to_string(f"web/mail/{template}.html", context), "text/html")
    message.send()
