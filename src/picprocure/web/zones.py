"""The reader's time zone: the profile's, else the device's, which a script stores in a cookie."""

from __future__ import annotations

from functools import cache
from typing import Final
from zoneinfo import ZoneInfo, available_timezones

from django.http import HttpRequest

COOKIE: Final = "zone"


def reader_zone(request: HttpRequest) -> ZoneInfo | None:
    """Return the reader's time zone, or None if it is unknown."""
    profile = getattr(getattr(request, "user", None), "time_zone", "")
    return _zone(profile) or device_zone(request)


def device_zone(request: HttpRequest) -> ZoneInfo | None:
    """Return the time zone of the device, or None if the cookie is missing or wrong."""
    return _zone(request.COOKIES.get(COOKIE, ""))


def _zone(name: str) -> ZoneInfo | None:
    return ZoneInfo(name) if name in zone_names() else None


@cache  # listing all zones takes 20 ms, as it walks directories
def zone_names() -> frozenset[str]:
    return frozenset(available_timezones())
