"""Sending the mails that wait.

A mail is claimed like all other work (`storage/claims.py`). The mail server is claimed, too: only
one worker sends mails, so that a slow server leaves the others to photos. If the mail server defers
a mail or doesn't answer, the mail is tried again after growing pauses, until it expires. If the
server refuses it for good, the mail ends. The log has the mail's kind and the server's reply code,
but not the reply, which has addresses.
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
from picprocure.notifications.wanted import is_wanted
from picprocure.storage import claims
from picprocure.storage.sealing import SealedForGood, UnusableKeys

logger = logging.getLogger(__name__)

# A mail whose worker died while sending it may have been sent. It is sent once more, not again.
MAX_CRASHES: Final = 2

FIRST_PAUSE: Final = timedelta(seconds=10)
LONGEST_PAUSE: Final = timedelta(hours=1)

MAX_AT_ONCE: Final = 50
# After this no further mail is begun, so a job takes at most this and one mail's limit.
SENDING_SECONDS: Final = 60.0

# One recipient's server may hang, and ours with it. If three mails in a row fail, ours is down.
MAX_FAILURES: Final = 3

PERMANENT: Final = 500  # SMTP: replies from here on are final


class Outcome(enum.Enum):
    SENT = enum.auto()
    REFUSED = enum.auto()
    PUT_OFF = enum.auto()
    UNREACHABLE = enum.auto()  # the server accepts no mail from us, for any recipient


def goes_through_a_server() -> bool:
    """Return whether mails leave this machine. Printing or keeping them needs no queue."""
    return settings.EMAIL_BACKEND.endswith("smtp.EmailBackend")


def deliver_due(most: int = MAX_AT_ONCE) -> bool:
    """Send due mails, codes first. Returns whether more are due that can be sent now.

    If another worker is sending, it sends these mails as well.
    """
    may_go_on = _send_alone(most) if goes_through_a_server() else _send_due(most)
    # After the end of the claim: until then, jobs of new mails have left them to this one.
    return may_go_on and Mail.objects.next() is not None


def _send_alone(most: int) -> bool:
    server = claims.claim(MailServer.objects.all(), MailServer.singleton().pk, lease=settings.LEASE)
    if server is None:
        return False
    with claims.working_on(server, lease=settings.LEASE):
        may_go_on = _send_due(most)
    claims.finish(server, attempts=0, errors=0)
    return may_go_on


def _send_due(most: int) -> bool:
    """Send mails one after another. Returns whether the server takes mails."""
    failures, begun = 0, time.monotonic()
    for _ in range(most):
        mail = Mail.objects.next()
        if mail is None:
            break
        failures = failures + 1 if deliver(mail.pk) is Outcome.UNREACHABLE else 0
        if failures == MAX_FAILURES:
            return False
        if time.monotonic() - begun > SENDING_SECONDS:
            break
    return failures == 0


def deliver(mail_id: Any) -> Outcome | None:
    """Try to send one mail. Returns None if there was nothing to try."""
    mail = claims.claim(Mail.objects.due(), mail_id, lease=settings.LEASE)
    if mail is None:
        return None
    if not mail.may_be_sent or mail.crashes >= MAX_CRASHES or not is_wanted(mail):
        _end(mail, Mail.Status.EXPIRED)
        return None
    with claims.working_on(mail, lease=settings.LEASE):
        outcome = _try(mail)
    # Outside the claim: if this fails, the mail may have been sent, which counts as a kill.
    _record(mail, outcome)
    return outcome


def _try(mail: Mail) -> Outcome:  # noqa: PLR0911 -- one for each kind of error
    try:
        message = message_of(mail)
        if goes_through_a_server():
            message.connection = EmailBackend()
        message.send()
    except SMTPRecipientsRefused as error:
        ((code, _),) = error.recipients.values()
        return _judged(mail, code)
    except SMTPDataError as error:
        return _judged(mail, error.smtp_code)
    except (SMTPException, OSError) as error:
        number = error.smtp_code if isinstance(error, SMTPResponseException) else error.errno
        logger.warning("The mail server accepts no mail: %s %s", type(error).__name__, number)
        return Outcome.UNREACHABLE
    except UnusableKeys as problem:
        logger.error("Mails can't be opened now. %s", problem)  # noqa: TRY400
        return Outcome.UNREACHABLE
    except (ValueError, SealedForGood) as error:  # no address, or nothing that can be opened
        logger.warning("A mail (%s) can't be sent: %s", mail.kind, type(error).__name__)
        return Outcome.REFUSED
    except Exception as error:  # noqa: BLE001 -- whatever is wrong with one mail, others are sent
        logger.error("A mail (%s) failed: %s", mail.kind, type(error).__name__)  # noqa: TRY400
        return Outcome.PUT_OFF
    return Outcome.SENT


def _judged(mail: Mail, code: int) -> Outcome:
    outcome = Outcome.REFUSED if code >= PERMANENT else Outcome.PUT_OFF
    logger.info("A mail (%s) was %s: %d", mail.kind, outcome.name, code)
    return outcome


def _record(mail: Mail, outcome: Outcome) -> None:
    pause = min(FIRST_PAUSE * 2**mail.errors, LONGEST_PAUSE)
    again = timezone.now() + pause
    if outcome is Outcome.SENT:
        Mail.objects.filter(pk=mail.pk).delete()
    elif outcome is Outcome.REFUSED:
        _end(mail, Mail.Status.REFUSED)
    elif again >= mail.valid_until:
        _end(mail, Mail.Status.EXPIRED)
    else:
        claims.finish(mail, due_at=again, errors=F("errors") + 1)


def _end(mail: Mail, status: Mail.Status) -> None:
    claims.finish(mail, status=status, content=None, user=None, event=None, author=None)
