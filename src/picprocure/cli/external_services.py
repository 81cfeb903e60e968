"""Waiting for the cache and the broker, which may start after the site."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Any, Final

from django.conf import settings

logger = logging.getLogger(__name__)

WAIT_SECONDS: Final = 30.0
_ANSWER_SECONDS: Final = 5
_PAUSE_SECONDS: Final = 1
_CACHE_KEYS: Final = ("BACKEND", "LOCATION")


class ServiceUnavailable(Exception):
    """A service didn't answer in time. The message doesn't contain passwords."""


def wait_for_services(*, seconds: float | None = None) -> None:
    """Wait until the cache and the broker answer.

    Raises:
        ServiceUnavailable: One of them didn't answer within the time.
    """
    until = time.monotonic() + (WAIT_SECONDS if seconds is None else seconds)
    backend, location = (str(settings.CACHES["default"].get(key)) for key in _CACHE_KEYS)
    if backend.endswith("RedisCache"):
        _wait("The cache (PICPROCURE_CACHE_URL)", lambda: _ping_redis(location), until)
    if not settings.CELERY_BROKER_URL.startswith(("filesystem", "memory")):
        _wait("The broker (PICPROCURE_BROKER_URL)", _ping_broker, until)


def _wait(name: str, ping: Callable[[], None], until: float) -> None:
    has_warned = False
    while True:
        try:
            return ping()
        except Exception as error:  # each library has its own errors
            reason = " ".join(str(error).split()).rstrip(".") or type(error).__name__
            left = until - time.monotonic()
            if left <= 0:
                raise ServiceUnavailable(f"{name} can't be used: {reason}.") from error
        if not has_warned:
            logger.warning("%s doesn't answer yet: %s. Waiting for %d seconds.", name, reason, left)
            has_warned = True
        time.sleep(min(_PAUSE_SECONDS, left))


def _ping_redis(url: str) -> None:
    import redis  # noqa: PLC0415 -- an extra

    with redis.Redis.from_url(
        url, socket_connect_timeout=_ANSWER_SECONDS, socket_timeout=_ANSWER_SECONDS
    ) as client:
        client.ping()


def _ping_broker() -> None:
    from kombu.connection import Connection  # noqa: PLC0415 -- slow

    url = settings.CELERY_BROKER_URL
    if url.startswith("redis"):
        return _ping_redis(url)
    connect: Any = Connection
    with connect(url, connect_timeout=_ANSWER_SECONDS) as connection:
        connection.channel().close()
    return None
