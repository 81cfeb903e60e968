"""A mail server on loopback that keeps what it is given."""

from __future__ import annotations

import email
import email.policy
import re
from email.message import EmailMessage
from typing import Any, Self, cast

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import Envelope

from browser.patience import free_port, wait_for

CODE_ALONE_ON_ITS_LINE = re.compile(r"^\s*([A-Z0-9]{3,}(?:-[A-Z0-9]{3,})*)\s*$", re.MULTILINE)


class MailSink:
    """Use it as a context; the site sends to `url`."""

    def __init__(self) -> None:
        self.kept: list[tuple[list[str], EmailMessage]] = []  # recipients and mail, oldest first
        self._codes_read: set[str] = set()
        self._server = Controller(self, hostname="127.0.0.1", port=free_port())

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self._server.port}"

    def __enter__(self) -> Self:
        self._server.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.stop()

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Envelope) -> str:  # noqa: N802 -- aiosmtpd's name
        content = cast("bytes", envelope.content)
        message = email.message_from_bytes(content, policy=email.policy.default)
        self.kept.append((envelope.rcpt_tos, message))
        return "250 Kept"

    def texts_to(self, address: str) -> list[str]:
        """Return the texts of the mails to an address, oldest first."""
        return [
            cast("EmailMessage", message.get_body(("plain",))).get_content()
            for recipients, message in self.kept
            if address in recipients
        ]

    def code_for(self, address: str) -> str:
        """Return the newest code that was sent to an address and not returned yet."""
        code = wait_for(lambda: self._new_code(address), f"a mail with a new code to {address}")
        self._codes_read.add(code)
        return code

    def _new_code(self, address: str) -> str:
        codes = [CODE_ALONE_ON_ITS_LINE.search(text) for text in self.texts_to(address)]
        new = [code[1] for code in codes if code and code[1] not in self._codes_read]
        return new[-1] if new else ""

    def codes(self) -> set[str]:
        """Every code that was ever sent."""
        texts = (text for recipients, _ in self.kept for text in self.texts_to(recipients[0]))
        return {code for text in texts for code in CODE_ALONE_ON_ITS_LINE.findall(text)}
