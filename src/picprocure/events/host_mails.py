"""Mails that a host writes to all people registered for an event."""

from __future__ import annotations

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

from picprocure.accounts.models import User
from picprocure.events.errors import NotAllowedToWrite
from picprocure.events.models import Event, HostMail, HostMailRecipient, Registration
from picprocure.storage.batches import CHUNK


def may_write(user: User) -> bool:
    """Return whether the operator lets this user write to all people in an event."""
    allowed = {"everyone": True, "staff": user.is_staff, "nobody": False}
    return allowed[settings.EVENT_MAILERS]


def recipients(*, event: Event, author: User) -> QuerySet[Registration]:
    """Return the registrations of people who want mails from hosts.

    Blocked people are included. Otherwise, a missing mail would tell them that they are blocked.
    """
    subscribed = event.registrations.filter(user__is_active=True, user__notify_hosts=True)
    return subscribed.exclude(user=author)


@transaction.atomic
def write(*, event: Event, author: User, subject: str, text: str) -> int:
    """Queue a mail to all recipients.

    Returns:
        The number of recipients.

    Raises:
        NotAllowedToWrite: The operator doesn't let the author write mails.
    """
    if not may_write(author):
        raise NotAllowedToWrite("On this site, you can't write to all guests of an event.")
    mail = HostMail.objects.create(event=event, author=author, subject=subject, text=text)
    rows = [
        HostMailRecipient(mail=mail, registration=registration)
        for registration in recipients(event=event, author=author)
    ]
    HostMailRecipient.objects.bulk_create(rows, batch_size=CHUNK)
    return len(rows)
