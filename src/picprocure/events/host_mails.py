"""What those who run an event write to everybody who takes part."""

from __future__ import annotations

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

from picprocure.accounts.models import User
from picprocure.events.errors import NotAllowedToWrite
from picprocure.events.models import Event, HostMail, HostMailRecipient, Registration
from picprocure.storage.batches import CHUNK


def may_write(user: User) -> bool:
    allowed = {"everyone": True, "staff": user.is_staff, "nobody": False}
    return allowed[settings.EVENT_MAILERS]


def readers(*, event: Event, author: User) -> QuerySet[Registration]:
    """Return who gets a mail: everyone who registered and wants mails from hosts.

    People who were refused get it, too. Otherwise a missing mail would tell them.
    """
    wanted = event.registrations.filter(user__is_active=True, user__notify_hosts=True)
    return wanted.exclude(user=author)


@transaction.atomic
def write(*, event: Event, author: User, subject: str, text: str) -> int:
    """Keep a mail to be sent. Returns to how many. Raises NotAllowedToWrite."""
    if not may_write(author):
        raise NotAllowedToWrite("On this site, you can't write to all guests of an event.")
    mail = HostMail.objects.create(event=event, author=author, subject=subject, text=text)
    recipients = [
        HostMailRecipient(mail=mail, registration=registration)
        for registration in readers(event=event, author=author)
    ]
    HostMailRecipient.objects.bulk_create(recipients, batch_size=CHUNK)
    return len(recipients)
