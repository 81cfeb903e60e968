"""Mails printed in the terminal, for sites without a mail server."""

from __future__ import annotations

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends import console


class EmailBackend(console.EmailBackend):
    """A backend that prints recipient, subject and text, but not the HTML."""

    def write_message(self, message: EmailMessage) -> None:
        """Print one mail. Django calls this."""
        rule = "-" * 79
        head = f"Mail to {', '.join(message.recipients())}: {message.subject}"
        self.stream.write(f"{rule}\n{head}\n\n{str(message.body).strip()}\n{rule}\n")


def is_in_use() -> bool:
    """Return whether mails are printed instead of sent, with the codes that people wait for."""
    return settings.EMAIL_BACKEND.endswith("console.EmailBackend")


WHERE_MAILS_GO = "Mails with their codes are printed here. To send them, set PICPROCURE_EMAIL_URL."
WHERE_MAILS_OF_A_DEMO_GO = "Mails with their codes are printed here. The demo sends none."
