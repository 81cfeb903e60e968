"""The mails' part of *Download my data*."""

from __future__ import annotations

from typing import Final

from picprocure.accounts.models import User
from picprocure.accounts.personal_data import Facts, Part
from picprocure.notifications.models import DeviceZone


def _facts(user: User) -> Facts:
    zones = DeviceZone.objects.filter(user=user).values_list("name", flat=True)
    return {"time_zone_of_last_device": zones.first()}


PART: Final = Part(
    facts=_facts,
    included=frozenset({"notifications.DeviceZone"}),
    left_out={"notifications.Mail": "mails that wait to be sent; deleted once they are"},
)
