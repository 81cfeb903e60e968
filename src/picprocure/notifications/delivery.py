"""Sending the mails that wait.

A mail is claimed like all other work (`storage/claims.py`). The mail server is claimed, too: only
one worker sends mails, so a slow server doesn't keep all workers from photos. If the server defers
a mail or doesn't answer, the mail is tried again after growing pauses until it expires. If the
server refuses a mail for good, it is given up. The log has the mail's kind and the server's reply
code, but not the reply, which contains addresses.
"""

from __future__ import annotations

import enum
import logging
import time
from datetime import timedelta
from smtplib import SMTPDataError, SMTPException, SMTPRecipientsRefused, SMTPResponseException
from typing import Any, Final

from django.conf import settings
from django.db.models import F
from django.utils import timezone

from picprocure.notifications.models import Mail, MailServer
from picprocure.notifications.outbox import message_of
from picprocure.notifications.smtp import EmailBackend
from picprocure.notifications.wanted import hold_back_invitation, is_wanted
from picprocure.storage import claims
from picprocure.storage.errors import SealedForGood, UnusableKeys

logger = logging.getLogger(__name__)

# A mail whose worker died while sending it may have been sent. It is tried only once more.
MAX_CRASHES: Final = 2

FIRST_PAUSE: Final = timedelta(seconds=10)
LONGEST_PAUSE: Final = timedelta(hours=1)

WITHHELD: Final = "withheld"
"""The kind of a mail that is deleted instead of sent. The page that waits for it looks the same."""

MAX_MAILS: Final = 50
# After this time, a job begins no further mail. So it takes at most this and one mail's limit.
SENDING_SECONDS: Final = 60.0

# A recipient's server may block ours. If three mails in a row fail, our mail server is down.
MAX_FAILURES: Final = 3

PERMANENT: Final = 500  # SMTP reply codes from here on are final


class Outcome(enum.Enum):
    """What came of trying to send a mail."""

    SENT = enum.auto()
    REFUSED = enum.auto()
    DEFERRED = enum.auto()
    UNREACHABLE = enum.auto()  # the server accepts no mail from us, for any recipient


def goes_through_a_server() -> bool:
    """Return whether mails are sent to a server. Printed or stored mails need no queue."""
    return settings.EMAIL_BACKEND.endswith("smtp.EmailBackend")


def deliver_due(max_mails: int = MAX_MAILS) -> bool:
    """Send due mails, codes first.

    If another worker is sending, it sends these mails as well.

    Returns:
        Whether more mails are due that can be sent now.
    """
    can_continue = _send_alone(max_mails) if goes_through_a_server() else _send_due(max_mails)
    # Check after the claim has ended: until then, jobs for new mails left them to this job.
    return can_continue and Mail.objects.next() is not None


def _send_alone(max_mails: int) -> bool:
    """Claim the mail server, and send mails. Does nothing if another worker has claimed it."""
    server = claims.claim(MailServer.objects.all(), MailServer.singleton().pk, lease=settings.LEASE)
    if server is None:
        return False
    with claims.working_on(server, lease=settings.LEASE):
        can_continue = _send_due(max_mails)
    claims.finish(server, attempts=0, errors=0)
    return can_continue


def _send_due(max_mails: int) -> bool:
    """Send mails one after another. Return whether the server accepts mails."""
    failures, started_at = 0, time.monotonic()
    for _ in range(max_mails):
        mail = Mail.objects.next()
        if mail is None:
            break
        failures = failures + 1 if deliver(mail.pk) is Outcome.UNREACHABLE else 0
        if failures == MAX_FAILURES:
            return False
        if time.monotonic() - started_at > SENDING_SECONDS:
            break
    return failures == 0


def deliver(mail_id: Any) -> Outcome | None:
    """Try to send one mail. Return None if it is not due, or must not be sent any more."""
    mail = claims.claim(Mail.objects.due(), mail_id, lease=settings.LEASE)
    if mail is None:
        return None
    if not mail.may_be_sent or mail.crashes >= MAX_CRASHES or not is_wanted(mail):
        _end(mail, Mail.Status.EXPIRED)
        return None
    with claims.working_on(mail, lease=settings.LEASE):
        outcome = _try(mail)
    # Outside the claim: if this fails, the mail may have been sent, which counts as a crash.
    _record(mail, outcome)
    return outcome


def _try(mail: Mail) -> Outcome:  # noqa: PLR0911 -- one return for each kind of error
    if mail.kind == WITHHELD:
        return Outcome.SENT
    try:
        message = message_of(mail)
        if goes_through_a_server():
            message.connection = EmailBackend()
        message.send()
    except SMTPRecipientsRefused as error:
        ((code, _),) = error.recipients.values()
        return _outcome_of_reply(mail, code)
    except SMTPDataError as error:
        return _outcome_of_reply(mail, error.smtp_code)
    except (SMTPException, OSError) as error:
        number = error.smtp_code if isinstance(error, SMTPResponseException) else error.errno
        logger.warning("The mail server accepts no mail: %s %s", type(error).__name__, number)
        return Outcome.UNREACHABLE
    except UnusableKeys as problem:
        logger.error("Mails can't be opened now. %s", problem)  # noqa: TRY400
        return Outcome.UNREACHABLE
    except (ValueError, SealedForGood) as error:  # no address, or no key opens it
        logger.warning("A mail (%s) can't be sent: %s", mail.kind, type(error).__name__)
        return Outcome.REFUSED
    except Exception as error:  # noqa: BLE001 -- other mails must be sent all the same
        logger.error("A mail (%s) failed: %s", mail.kind, type(error).__name__)  # noqa: TRY400
        return Outcome.DEFERRED
    return Outcome.SENT


def _outcome_of_reply(mail: Mail, code: int) -> Outcome:
    outcome = Outcome.REFUSED if code >= PERMANENT else Outcome.DEFERRED
    logger.info("A mail (%s) was %s: %d", mail.kind, outcome.name, code)
    return outcome


def _record(mail: Mail, outcome: Outcome) -> None:
    """Delete a mail that was sent, end one that can't be sent, or wait before the next try."""
    pause = min(FIRST_PAUSE * 2**mail.errors, LONGEST_PAUSE)
    next_try = timezone.now() + pause
    if outcome is Outcome.SENT:
        Mail.objects.filter(pk=mail.pk).delete()
    elif outcome is Outcome.REFUSED:
        _end(mail, Mail.Status.REFUSED)
    elif next_try >= mail.valid_until:
        _end(mail, Mail.Status.EXPIRED)
    else:
        claims.finish(mail, due_at=next_try, errors=F("errors") + 1)


def _end(mail: Mail, status: Mail.Status) -> None:
    """Give up a mail, and delete its text and address."""
    if status is Mail.Status.EXPIRED:
        hold_back_invitation(mail)
    claims.finish(mail, status=status, content=None, user=None, event=None, author=None)
