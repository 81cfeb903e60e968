"""The time zones in which people read mails: the profile's, else that of their last device."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from picprocure.accounts.models import User
from picprocure.notifications.models import DeviceZone


def remember_zone(user: User, zone: ZoneInfo) -> None:
    """Store the time zone of the device that a person uses."""
    DeviceZone.objects.update_or_create(user=user, defaults={"name": zone.key})


def zone_of(user: User) -> ZoneInfo | None:
    """Return the time zone for mails to a person, or None if it is unknown."""
    stored = DeviceZone.objects.filter(user=user).values_list("name", flat=True).first()
    name = user.time_zone or stored
    return ZoneInfo(name) if name else None
