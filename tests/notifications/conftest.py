from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from notifications.picky_server import PickyServer


@pytest.fixture
def server(settings: Any) -> Iterator[PickyServer]:
    """Where the site sends its mails; nothing is sent before a test delivers."""
    with PickyServer() as running:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, port = running.url.removeprefix("smtp://").split(":")
        settings.EMAIL_PORT = int(port)
        yield running
