"""The sweep: what has expired goes."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from django.db.models import Exists, OuterRef
from django.utils import timezone

from picprocure.events.models import Event
from picprocure.photos.models import Photo
from picprocure.retention.erasure import erase_event
from picprocure.storage import files

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Swept:
    events: int
    objects: int


def sweep() -> Swept:
    """Erase expired events and every object whose time has come; safe to repeat.

    An event with photos that still wait for a worker stays until they are through: its time
    begins anew with their release.
    """
    waiting = Photo.objects.waiting().filter(event=OuterRef("pk"))
    expired = Event.objects.filter(~Exists(waiting), expires_at__lte=timezone.now())
    events = 0
    for event in expired:
        erase_event(event)
        events += 1
    swept = Swept(events=events, objects=files.remove_due())
    if swept.events or swept.objects:
        logger.info("Sweep: %d events expired, %d objects removed.", swept.events, swept.objects)
    return swept
