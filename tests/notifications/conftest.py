from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from mailing import send_through
from notifications.picky_server import PickyServer


@pytest.fixture
def server(settings: Any) -> Iterator[PickyServer]:
    """Run the server that the site sends its mails to. Nothing is sent before a test delivers."""
    with PickyServer() as running:
        send_through(settings, running.url)
        yield running
