"""Mails in the terminal, for who has no mail server yet: as much of them as one would read."""

from __future__ import annotations

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends import console


class EmailBackend(console.EmailBackend):
    """Prints recipient, subject and text, without the HTML of the same."""

    def write_message(self, message: EmailMessage) -> None:
        """Django's hook for one mail."""
        rule = "-" * 79
        head = f"Mail to {', '.join(message.recipients())}: {message.subject}"
        self.stream.write(f"{rule}\n{head}\n\n{str(message.body).strip()}\n{rule}\n")


def is_in_use() -> bool:
    """Whether mails, and the codes that people wait for, are printed instead of sent."""
    return settings.EMAIL_BACKEND.endswith("console.EmailBackend")


WHERE_MAILS_GO = "Mails with their codes are printed here. To send them, set PICPROCURE_EMAIL_URL."
WHERE_MAILS_OF_A_DEMO_GO = "Mails with their codes are printed here. The demo sends none."
