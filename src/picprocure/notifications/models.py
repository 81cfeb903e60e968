"""Mails that wait to be sent."""

from __future__ import annotations

import uuid
from typing import ClassVar, Self

from django.db import models
from django.utils import timezone

from picprocure.accounts.models import User
from picprocure.events.models import Event
from picprocure.storage.claims import Claimable, unclaimed


class MailQuerySet(models.QuerySet["Mail"]):
    def waiting(self) -> Self:
        """Return mails that were not sent yet."""
        return self.filter(status=Mail.Status.WAITING)

    def undelivered(self) -> Self:
        """Return mails that were given up."""
        return self.exclude(status=Mail.Status.WAITING)

    def due(self) -> Self:
        """Return mails that may be tried now, including those that a worker is sending."""
        return self.waiting().filter(due_at__lte=timezone.now())

    def next(self) -> Mail | None:
        """Return the mail to try now: codes first, and new mails before failed ones."""
        free = self.due().filter(unclaimed())
        return free.order_by("urgency", "errors", "due_at").first()


class Mail(Claimable):
    """One mail to one recipient, deleted as soon as it is sent.

    The row of a mail that can't be sent keeps neither address nor text.
    """

    class Urgency(models.IntegerChoices):
        CODE = 0  # a person waits for it on a page
        NOTICE = 1
        BULK = 2

    class Status(models.TextChoices):
        WAITING = "waiting"
        REFUSED = "refused"  # by the mail server, for good
        EXPIRED = "expired"  # could not be sent in time, or must not be sent any more

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # Nothing is sent to an account that was deleted or deactivated.
    user = models.ForeignKey(User, on_delete=models.CASCADE, null=True, related_name="+")
    # The mail is deleted with its event, and with the account of its author.
    event = models.ForeignKey(Event, on_delete=models.CASCADE, null=True, related_name="+")
    author = models.ForeignKey(User, on_delete=models.CASCADE, null=True, related_name="+")
    kind = models.CharField(max_length=60)  # the name of its template
    urgency = models.PositiveSmallIntegerField(choices=Urgency)
    status = models.CharField(max_length=10, choices=Status, default=Status.WAITING)
    content = models.BinaryField(null=True)  # sealed: recipient, subject, text
    written_at = models.DateTimeField(default=timezone.now)
    due_at = models.DateTimeField(default=timezone.now)
    valid_until = models.DateTimeField()

    objects = MailQuerySet.as_manager()

    class Meta:
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["status", "due_at"])]

    def __str__(self) -> str:
        return f"mail {self.id}"

    @property
    def may_be_sent(self) -> bool:
        """Whether it has not expired, and recipient and author are active."""
        people = [person for person in (self.user, self.author) if person]
        return all(person.is_active for person in people) and self.valid_until > timezone.now()


class DeviceZone(models.Model):
    """The time zone of the device that a person used last, for mails."""

    user = models.OneToOneField(User, on_delete=models.CASCADE, primary_key=True, related_name="+")
    name = models.CharField(max_length=64)

    def __str__(self) -> str:
        return f"time zone of the device of user {self.user_id}"


class MailServer(Claimable):
    """The single row that a worker claims before it sends mails."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)

    def __str__(self) -> str:
        return "the mail server"

    @classmethod
    def singleton(cls) -> MailServer:
        """Return the row, which is created if needed."""
        return cls.objects.get_or_create()[0]
