"""The site's mails: the code in the newest one, and the server that they go to."""

from __future__ import annotations

from typing import Any

from django.core import mail

from browser.mail import CODE_ALONE_ON_ITS_LINE


def newest_code(address: str = "") -> str:
    """Return the code in the newest mail of the test outbox."""
    newest = mail.outbox[-1]
    assert not address or newest.to == [address]
    found = CODE_ALONE_ON_ITS_LINE.search(str(newest.body))
    assert found, newest.body
    return found[1]


def send_through(settings: Any, url: str) -> None:
    """Have mails sent by the SMTP server at this address."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, port = url.removeprefix("smtp://").split(":")
    settings.EMAIL_PORT = int(port)
