"""Sending with a time limit for each mail, so that a slow mail server can't block a worker."""

from __future__ import annotations

import smtplib
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import Any

from django.core.mail.backends import smtp

# From the connection to the last reply. Servers that check recipients and contents take seconds.
MAIL_LIMIT = timedelta(seconds=60)


class _TimeLimitedSMTP(smtplib.SMTP):
    """A connection that ends when its mail has taken too long.

    A socket's timeout counts each read separately, so a server that sends a few bytes at a time
    never exceeds it. Sending has one timeout for all of a message.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        self._ends_at = time.monotonic() + MAIL_LIMIT.total_seconds()
        super().__init__(*arguments, **options)

    def getreply(self) -> tuple[int, bytes]:
        """Wait for a reply.

        Raises:
            SMTPServerDisconnected: The reply isn't complete in time.
        """
        if self.sock is None:
            return super().getreply()
        with _shut_down_after(self.sock, self._ends_at - time.monotonic()):
            return super().getreply()


class _TimeLimitedSMTPS(_TimeLimitedSMTP, smtplib.SMTP_SSL):
    pass


class EmailBackend(smtp.EmailBackend):
    @property
    def connection_class(self) -> type[smtplib.SMTP]:
        return _TimeLimitedSMTPS if self.use_ssl else _TimeLimitedSMTP


@contextmanager
def _shut_down_after(connection: socket.socket, seconds: float) -> Iterator[None]:
    """Shut a connection down from another thread after some time, which ends a waiting read."""
    timer = threading.Timer(max(0.0, seconds), _shut_down, [connection])
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _shut_down(connection: socket.socket) -> None:
    with suppress(OSError):  # the server has closed it
        # Don't call the method of an encrypted connection: it changes it while it is being read.
        socket.socket.shutdown(connection, socket.SHUT_RDWR)
