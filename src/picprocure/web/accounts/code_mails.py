"""The mails that pages wait for: those with a code, and those that are sent instead.

A page shows the status of the mail that its own browser requested. Whether an address has an
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

CODE_MAILS: Final = {
    "account/email/email_confirmation",
    "account/email/email_confirmation_signup",
    "account/email/account_already_exists",
    "account/email/login_code",
    "account/email/password_reset_code",
    "account/email/unknown_account",
}
# The page where an address can be corrected, by the page that requested the mail.
_CORRECTION_ROUTES: Final = {
    "account_reset_password": "account_reset_password",
    "account_request_login_code": "account_request_login_code",
    "account_confirm_login_code": "account_request_login_code",
    "account_email": "account_email",
}
_CORRECTION_FIELD: Final = "#id_email"
_SESSION_KEY: Final = "code_mail"

# A running worker sends a mail within this time. Otherwise the web server does, one at a time.
_WORKER_TIME: Final = timedelta(seconds=5)
_sending_lock = threading.Lock()


def post(
    request: HttpRequest,
    message: EmailMultiAlternatives,
    prefix: str,
    user: User | None,
    *,
    is_withheld: bool = False,
) -> None:
    """Queue one of allauth's mails. A mail with a code expires together with the code.

    A mail that is withheld looks the same on the page, but is deleted instead of sent.
    """
    kind = prefix.rpartition("/")[2]
    if prefix not in CODE_MAILS:
        outbox.post(message, kind=kind, user=user)
        return
    valid_for = timedelta(seconds=app_settings.EMAIL_VERIFICATION_BY_CODE_TIMEOUT)
    mail = outbox.post(
        message,
        kind=delivery.WITHHELD if is_withheld else kind,
        user=user,
        urgency=Mail.Urgency.CODE,
        valid_until=timezone.now() + valid_for,
    )
    route_name = request.resolver_match.view_name if request.resolver_match else ""
    request.session[_SESSION_KEY] = {"id": str(mail.pk), "to": message.to[0], "at": route_name}


def state(request: HttpRequest) -> dict[str, Any]:
    """Return the status of the mail that this browser waits for, or no mail after it was sent."""
    pending = request.session.get(_SESSION_KEY)
    mail = Mail.objects.filter(pk=pending["id"]).first() if pending else None
    if pending is None or mail is None:
        return {"mail": None}
    return {
        "mail": mail,
        "email": pending["to"],
        "correct_url": _correction_url(request, pending["at"]),
    }


def _correction_url(request: HttpRequest, route_name: str) -> str:
    """Return where to correct the address: on the code page only during a sign-up."""
    default_route = "account_email" if request.user.is_authenticated else ""
    route = _CORRECTION_ROUTES.get(route_name, default_route)
    return reverse(route) if route else _CORRECTION_FIELD


def send_overdue_mail(request: HttpRequest) -> None:
    """Send the mail that this browser waits for, if no worker has."""
    pending = request.session.get(_SESSION_KEY)
    deadline = timezone.now() - _WORKER_TIME
    overdue = Mail.objects.due().filter(due_at__lte=deadline)
    if (
        pending
        and overdue.filter(pk=pending["id"]).exists()
        and _sending_lock.acquire(blocking=False)
    ):
        try:
            frees_room(delivery.deliver)(pending["id"])
        finally:
            _sending_lock.release()
