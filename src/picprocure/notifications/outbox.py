"""The outbox: mails that wait to be sent, counted for the operator."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.core.mail import EmailMessage, EmailMultiAlternatives
from django.db.models import Count, Min
from django.utils import timezone

from picprocure.accounts.models import User
from picprocure.events.models import Event
from picprocure.notifications.models import Mail, MailQuerySet
from picprocure.storage.sealing import reseal, seal, unseal

MAX_VALIDITY: Final = timedelta(days=1)  # from writing a mail to giving it up
COUNTED_FOR: Final = timedelta(days=7)  # how long a mail that could not be sent is counted


@dataclass(frozen=True, slots=True)
class Tally:
    """The number of mails, and when the oldest was written."""

    count: int
    since: datetime | None


def post(
    message: EmailMultiAlternatives,
    *,
    kind: str,
    user: User | None,
    event: Event | None = None,
    author: User | None = None,
    urgency: Mail.Urgency = Mail.Urgency.NOTICE,
    valid_until: datetime | None = None,
) -> Mail:
    """Store a mail to be sent, in the caller's transaction.

    Args:
        message: To one recipient, as text or as text and HTML.
        kind: The name of its template.
        user: The account it is about. It is not sent once that is deleted or deactivated.
        event: The event it is about. The mail is deleted with it.
        author: The person who wrote the text. The mail is deleted with their account.
        urgency: Which mails are sent first.
        valid_until: When it expires, at most a day from now.
    """
    latest = timezone.now() + MAX_VALIDITY
    mail = Mail(kind=kind, user=user, event=event, author=author, urgency=urgency)
    mail.valid_until = min(valid_until or latest, latest)
    mail.content = seal(json.dumps(_parts(message)).encode(), context=_context(mail))
    mail.save(force_insert=True)
    return mail


def message_of(mail: Mail) -> EmailMultiAlternatives:
    """Return a mail as it was written.

    Raises:
        SealingError: No key opens it.
    """
    parts = json.loads(unseal(mail.content or b"", context=_context(mail)))
    html = parts.pop("html")
    message = EmailMultiAlternatives(**parts)
    if html:
        message.attach_alternative(html, "text/html")
    return message


def waiting() -> Tally:
    """Count the mails that wait to be sent."""
    return _tally(Mail.objects.waiting())


def undelivered() -> Tally:
    """Count the mails of the last days that could not be sent."""
    return _tally(Mail.objects.undelivered())


def forget_undelivered() -> None:
    Mail.objects.undelivered().filter(written_at__lte=timezone.now() - COUNTED_FOR).delete()


def reseal_waiting() -> None:
    """Seal waiting mails with the first key. Mails that no key opens stay until they expire."""
    for mail in Mail.objects.waiting():
        content = reseal(mail.content, context=_context(mail)) if mail.content else None
        if content:
            Mail.objects.waiting().filter(pk=mail.pk).update(content=content)


def _tally(mails: MailQuerySet) -> Tally:
    return Tally(**mails.aggregate(count=Count("pk"), since=Min("written_at")))


def _parts(message: EmailMessage) -> dict[str, Any]:
    alternatives = getattr(message, "alternatives", [])
    return {
        "to": message.to,
        "subject": message.subject,
        "body": str(message.body),
        "reply_to": message.reply_to,
        "html": alternatives[0][0] if alternatives else "",
    }


def _context(mail: Mail) -> str:
    return f"mail:{mail.pk}"
