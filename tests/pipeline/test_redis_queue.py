"""The transport for Redis. `soak/test_disturbed_cluster.py` kills a real server."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
import redis
from kombu.transport import redis as original

from picprocure.pipeline.redis_queue import Channel, QoS, SentinelTransport, Transport


@pytest.fixture
def full() -> QoS:
    """Return the messages in work of a worker that has as many as it may have."""
    errors = Transport.connection_errors
    make: Any = QoS  # it has no types
    full: QoS = make(SimpleNamespace(connection_errors=errors, do_restore=False), prefetch_count=1)
    full._delivered["tag"] = "message"
    assert not takes_another(full)
    return full


def takes_another(messages: Any) -> bool:
    return bool(messages.can_consume())


def failing(times: int, calls: list[str]) -> Callable[[original.QoS, str], None]:
    def ack(_: original.QoS, tag: str) -> None:
        calls.append(tag)
        if len(calls) <= times:
            raise redis.ConnectionError("Connection closed by server.")

    return ack


def test_worker_takes_messages_after_it_could_not_acknowledge_one(
    full: QoS, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(original.QoS, "ack", failing(2, []))
    with pytest.raises(redis.ConnectionError):
        full.ack("tag")
    assert takes_another(full)


def test_message_is_acknowledged_over_a_new_connection(
    full: QoS, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[str] = []
    monkeypatch.setattr(original.QoS, "ack", failing(1, calls))
    full.ack("tag")
    assert calls == ["tag", "tag"]


def test_all_channels_use_it() -> None:
    assert Channel.QoS is SentinelTransport.Channel.QoS is QoS
    assert Transport.Channel is Channel
