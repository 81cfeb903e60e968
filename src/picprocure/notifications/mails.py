"""Our mails: one recipient each, text and HTML, no photo, and no link that signs in.

Each is stored in the caller's transaction. `pipeline.queue.queue_mails` queues it.
"""

from __future__ import annotations

from datetime import datetime
from email.utils import parseaddr
from typing import Any, Final

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.urls import reverse

from picprocure.accounts.models import User
from picprocure.events.models import Event, HostMail
from picprocure.notifications import outbox
from picprocure.notifications.models import Mail

_DELETED_KINDS: Final = {
    "events": ("event", "events"),
    "photos": ("event photo", "event photos"),
    "registrations": ("registration", "registrations"),
    "references": ("photo of your face", "photos of your face"),
    "matches": ("match in event photos", "matches in event photos"),
    "faces": ("set of face data", "sets of face data"),
}
"""Kinds of deleted things, as the mail about a deleted account names one and many of them."""


def photos_ready(*, user: User, event: Event) -> None:
    _about_gallery("photos_ready", user, event)


def event_ends(*, user: User, event: Event) -> None:
    _about_gallery("event_ends", user, event)


def people_wait(*, user: User, event: Event, count: int) -> None:
    url = _address("events:people", event.pk)
    context = {"event_name": event.name, "count": count, "url": url}
    _post("people_wait", user=user, event=event, context=context)


def from_host(*, user: User, mail: HostMail) -> None:
    """Post a mail that a host wrote, without the host's address."""
    context = {
        "event_name": mail.event.name,
        "host_name": mail.author.name,
        "subject": mail.subject,
        "text": mail.text,
        "url": _address("events:detail", mail.event.pk),
        "preferences_url": _address("accounts:preferences"),
    }
    _post(
        "host_mail",
        user=user,
        event=mail.event,
        author=mail.author,
        context=context,
        urgency=Mail.Urgency.BULK,
    )


def co_host(*, user: User, event: Event) -> None:
    """Post an invitation to host, which has only the name of the event."""
    url = _address("events:hosting_invitations")
    _post("co_host", user=user, event=event, context={"event_name": event.name, "url": url})


def account_deleted(
    *, email: str, username: str, counts: dict[str, int], receipt: str, at: datetime
) -> None:
    """Post what was deleted and when. The address is deleted once this is sent."""
    deleted = [
        f"{counts[kind]} {one if counts[kind] == 1 else many}"
        for kind, (one, many) in _DELETED_KINDS.items()
        if counts.get(kind)
    ]
    what = ", ".join(["your account", *deleted])
    context = {"username": username, "what": what, "receipt": receipt, "at": at}
    _post("account_deleted", user=None, to=email, context=context)


def feedback(*, user: User, text: str) -> None:
    """Post feedback to the operator, who can reply to the person."""
    operator = settings.OPERATOR_EMAIL or parseaddr(settings.DEFAULT_FROM_EMAIL)[1]
    context = {"username": user.username, "text": text}
    _post("feedback", user=user, to=operator, context=context, reply_to=user.email)


def _about_gallery(template: str, user: User, event: Event) -> None:
    url = _address("galleries:gallery", event.pk)
    context = {"event_name": event.name, "until": event.expires_at, "url": url}
    _post(template, user=user, event=event, context=context, valid_until=event.expires_at)


def _address(route: str, *args: Any) -> str:
    return f"{settings.SITE_URL}{reverse(route, args=args)}"


def _post(
    template: str,
    *,
    user: User | None,
    context: dict[str, Any],
    event: Event | None = None,
    author: User | None = None,
    to: str = "",
    reply_to: str = "",
    urgency: Mail.Urgency = Mail.Urgency.NOTICE,
    valid_until: datetime | None = None,
) -> None:
    """Post a mail from a template, with line breaks removed from names that people chose."""
    context = {
        name: " ".join(value.split()) if isinstance(value, str) and name != "text" else value
        for name, value in context.items()
    }
    context["site_name"] = settings.SITE_NAME
    subject = render_to_string(f"web/mail/{template}_subject.txt", context)
    message = EmailMultiAlternatives(
        subject=" ".join(subject.split()),
        body=render_to_string(f"web/mail/{template}.txt", context),
        to=[to or (user.email if user else "")],
        reply_to=[reply_to] if reply_to else None,
    )
    message.attach_alternative(render_to_string(f"web/mail/{template}.html", context), "text/html")
    outbox.post(
        message,
        kind=template,
        user=user,
        event=event,
        author=author,
        urgency=urgency,
        valid_until=valid_until,
    )
