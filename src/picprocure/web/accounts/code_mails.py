"""The mails that pages wait for: those with a code, and those that are sent instead.

A page shows the status of the mail that its own browser asked for. Whether an address has an
account makes no difference: a mail is sent in either case, and the page shows the same text.
"""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any, Final

from allauth.account import app_settings
from django.core.mail import EmailMultiAlternatives
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from picprocure.accounts.models import User
from picprocure.notifications import delivery, outbox
from picprocure.notifications.models import Mail
from picprocure.storage.reserve import frees_room

KINDS: Final = {
    "account/email/email_confirmation",
    "account/email/email_confirmation_signup",
    "account/email/account_already_exists",
    "account/email/login_code",
    "account/email/password_reset_code",
    "account/email/unknown_account",
}
# Where an address can be corrected, by where the mail was asked for.
_CORRECTED_AT: Final = {
    "account_reset_password": "account_reset_password",
    "account_request_login_code": "account_request_login_code",
    "account_confirm_login_code": "account_request_login_code",
    "account_email": "account_email",
}
_ON_THE_PAGE: Final = "#id_email"
_SESSION_KEY: Final = "code_mail"

# A running worker has tried a mail by then. Otherwise the web server sends it, one at a time.
_LEFT_TO_THE_WORKER: Final = timedelta(seconds=5)
_sending = threading.Lock()


def post(
    request: HttpRequest, message: EmailMultiAlternatives, prefix: str, user: User | None
) -> None:
    """Queue one of allauth's mails. A mail with a code expires together with the code."""
    kind = prefix.rpartition("/")[2]
    if prefix not in KINDS:
        outbox.post(message, kind=kind, user=user)
        return
    valid_for = timedelta(seconds=app_settings.EMAIL_VERIFICATION_BY_CODE_TIMEOUT)
    mail = outbox.post(
        message,
        kind=kind,
        user=user,
        urgency=Mail.Urgency.CODE,
        valid_until=timezone.now() + valid_for,
    )
    asked_at = request.resolver_match.view_name if request.resolver_match else ""
    request.session[_SESSION_KEY] = {"id": str(mail.pk), "to": message.to[0], "at": asked_at}


def state(request: HttpRequest) -> dict[str, Any]:
    """Return the status of the mail that this browser waits for; no mail once it is sent."""
    asked = request.session.get(_SESSION_KEY)
    mail = Mail.objects.filter(pk=asked["id"]).first() if asked else None
    if asked is None or mail is None:
        return {"mail": None}
    return {
        "mail": mail,
        "email": asked["to"],
        "correct_url": _where_to_correct(request, asked["at"]),
    }


def _where_to_correct(request: HttpRequest, asked_at: str) -> str:
    """Return where the address can be corrected: on the code page only during a sign-up."""
    known = "account_email" if request.user.is_authenticated else ""
    route = _CORRECTED_AT.get(asked_at, known)
    return reverse(route) if route else _ON_THE_PAGE


def send_what_no_worker_took(request: HttpRequest) -> None:
    asked = request.session.get(_SESSION_KEY)
    overdue = timezone.now() - _LEFT_TO_THE_WORKER
    late = Mail.objects.due().filter(due_at__lte=overdue)
    if asked and late.filter(pk=asked["id"]).exists() and _sending.acquire(blocking=False):
        try:
            frees_room(delivery.deliver)(asked["id"])
        finally:
            _sending.release()
