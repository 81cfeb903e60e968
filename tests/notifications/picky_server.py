"""A mail server that refuses or defers mails to some domains."""

from __future__ import annotations

from typing import Any

from aiosmtpd.smtp import Envelope

from browser.mail import MailSink

AT_RECIPIENT = {
    "nosuch.example": "550 5.1.1 <{address}> no such user",
    "full.example": "552 5.2.2 <{address}> is over its quota",
    "grey.example": "451 4.7.1 <{address}> is greylisted, try again later",
    "busy.example": "421 4.3.2 too many connections for <{address}>",
}
AT_DATA = {
    "spam.example": "554 5.7.1 <{address}> takes no such mail",
    "slow.example": "452 4.3.1 no room for <{address}> now",
}


class PickyServer(MailSink):
    """A mail server that accepts everything once `is_picky` is False."""

    is_picky = True
    takes_senders = True

    async def handle_MAIL(  # noqa: N802 -- aiosmtpd's names
        self, _server: Any, _session: Any, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if not self.takes_senders:
            return f"530 5.7.0 <{address}> must sign in first"
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(  # noqa: N802
        self, _server: Any, _session: Any, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if reply := self._reply(AT_RECIPIENT, address):
            return reply
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Envelope) -> str:  # noqa: N802
        if reply := self._reply(AT_DATA, envelope.rcpt_tos[0]):
            return reply
        return await super().handle_DATA(server, session, envelope)

    def recipients(self) -> list[str]:
        return [address for recipients, _ in self.kept for address in recipients]

    def _reply(self, replies: dict[str, str], address: str) -> str:
        reply = replies.get(address.rpartition("@")[2], "") if self.is_picky else ""
        return reply.format(address=address)
