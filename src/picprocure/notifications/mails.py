"""The mails of the site: one recipient each, text and HTML, no photo, and no link that signs in.

Each is stored in the caller's transaction. `pipeline.queue.queue_mails` queues their sending.
"""

from __future__ import annotations

from datetime import datetime
from email.utils import parseaddr
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.urls import reverse

from picprocure.accounts.emails import confirmed_accounts
from picprocure.accounts.models import User
from picprocure.events.invitation_mails import refusal_token, sign_up_token
from picprocure.events.models import Event, HostMail
from picprocure.events.times import time_text
from picprocure.galleries import access
from picprocure.notifications import outbox
from picprocure.notifications.models import Mail
from picprocure.notifications.reader_zones import zone_of

_DELETED_KINDS: Final = {
    "events": ("event", "events"),
    "photos": ("event photo", "event photos"),
    "registrations": ("registration", "registrations"),
    "references": ("photo of your face", "photos of your face"),
    "matches": ("match in event photos", "matches in event photos"),
    "faces": ("set of face data", "sets of face data"),
}
"""Singular and plural of what a deleted account contained, for the mail about its deletion."""


def photos_ready(*, user: User, event: Event) -> None:
    """Notify a person that they can see photos of an event."""
    _about_gallery("photos_ready", user, event)


def event_ends(*, user: User, event: Event) -> None:
    """Warn a person that the photos of an event will be deleted soon."""
    _about_gallery("event_ends", user, event)


def unreleased_end(*, user: User, event: Event, count: int) -> None:
    """Warn a host that photos will be deleted soon that no guest has seen."""
    context = {
        "event_name": event.name,
        "count": count,
        "url": _address("events:photos", event.pk),
        **_end_for(user, event),
    }
    _post("unreleased_end", user=user, event=event, context=context, valid_until=event.expires_at)


def people_wait(*, user: User, event: Event, count: int) -> None:
    """Notify the creator of an event that people wait for approval."""
    url = _address("events:people", event.pk)
    context = {"event_name": event.name, "count": count, "url": url}
    _post("people_wait", user=user, event=event, context=context)


def from_host(*, user: User, mail: HostMail) -> None:
    """Send a person a mail that a host wrote, without the host's address."""
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


def guest_invitation(*, email: str, event: Event, host: User, token: str) -> None:
    """Invite a person to register. The mail has only the name of the event."""
    url = _address("events:invitation", token)
    _invite("guest_invitation", email, event, host, url)


def co_host(*, email: str, event: Event) -> None:
    """Invite a person to host. The mail has only the name of the event."""
    url = _address("events:invited_to_host", sign_up_token(email))
    _invite("co_host", email, event, event.creator, url)


def _invite(template: str, email: str, event: Event, host: User, url: str) -> None:
    """Write the same mail whether or not the address has an account.

    If it has one, the mail is deleted with it.
    """
    account = confirmed_accounts(email).first()
    refuse_url = _address("events:refuse_invitations", refusal_token(email))
    context = {"event_name": event.name, "url": url, "refuse_url": refuse_url}
    _post(
        template,
        user=account,
        to=email,
        event=event,
        author=host,
        context=context,
        urgency=Mail.Urgency.BULK,
    )


def account_deleted(
    *,
    email: str,
    counts: dict[str, int],
    receipt: str,
    at: datetime,
    zone: ZoneInfo | None,
) -> None:
    """Notify a person of what was deleted and when. The address is deleted with the mail.

    Args:
        email: The person's address.
        counts: How much was deleted of each kind.
        receipt: The key of the receipt.
        at: When it was deleted.
        zone: The person's time zone, if it was known.
    """
    deleted = [
        f"{counts[kind]} {singular if counts[kind] == 1 else plural}"
        for kind, (singular, plural) in _DELETED_KINDS.items()
        if counts.get(kind)
    ]
    summary = ", ".join(["your account", *deleted])
    deleted_at = time_text(at, event=None, reader=zone)
    context = {"what": summary, "receipt": receipt, "at": deleted_at}
    _post("account_deleted", user=None, to=email, context=context)


def feedback(*, user: User, text: str) -> None:
    """Send feedback to the operator, who can reply to the person."""
    operator = settings.OPERATOR_EMAIL or parseaddr(settings.DEFAULT_FROM_EMAIL)[1]
    context = {"name": user.name, "text": text}
    _post("feedback", user=user, to=operator, context=context, reply_to=user.email)


def _about_gallery(template: str, user: User, event: Event) -> None:
    gallery = access.Gallery(user, event)
    context = {
        "event_name": event.name,
        "count": len(gallery),
        "size": gallery.total_bytes,
        "url": _address("galleries:gallery", event.pk),
        **_end_for(user, event),
    }
    _post(template, user=user, event=event, context=context, valid_until=event.expires_at)


def _end_for(user: User, event: Event) -> dict[str, Any]:
    """Return the end of an event as its time and its day in the recipient's zone."""
    zone = zone_of(user) or event.zone
    return {
        "until": time_text(event.expires_at, event=event, reader=zone),
        "last_day": event.expires_at.astimezone(zone).date(),
    }


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
    """Write a mail from a template, with line breaks removed from names that people chose.

    Args:
        template: The name of the templates in `web/mail/`.
        user: The recipient's account, unless it was deleted.
        context: The variables of the templates.
        event: The event the mail is about.
        author: The person who wrote the text.
        to: The recipient's address, if it isn't that of `user`.
        reply_to: The address for replies.
        urgency: Which mails are sent first.
        valid_until: When the mail expires.
    """
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
