"""The Celery transports for Redis and Valkey: Kombu's, but they survive a restart of the server.

With Kombu's own, a worker that finishes a job after its connection was lost can't acknowledge the
job's message. It counts the message as in work forever, so it takes no other. It doesn't connect
again either, since Kombu stops listening to a connection from which it takes nothing.
"""

from __future__ import annotations

from typing import Any

from kombu.transport import redis, virtual


class QoS(redis.QoS):
    """The messages that a worker has received and not acknowledged."""

    def ack(self, delivery_tag: str) -> None:
        """Acknowledge a message. If the connection is lost, try again with a new one."""
        errors = self.channel.connection_errors
        try:
            try:
                super().ack(delivery_tag)  # type: ignore[no-untyped-call]
            except errors:
                super().ack(delivery_tag)  # type: ignore[no-untyped-call]
        except errors:
            # The message comes back after the visibility timeout. Then its row is done.
            virtual.QoS.ack(self, delivery_tag)
            raise


class Channel(redis.Channel):
    QoS = QoS


class SentinelChannel(redis.SentinelChannel):
    QoS = QoS


class Transport(redis.Transport):
    Channel: Any = Channel


class SentinelTransport(redis.SentinelTransport):
    Channel: Any = SentinelChannel
