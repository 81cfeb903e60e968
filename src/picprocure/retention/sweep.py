"""The sweep: what has expired goes."""

from __future__ import annotations

import contextlib
import logging
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from picprocure.events.models import Event, EventQuerySet
from picprocure.photos.models import Photo
from picprocure.recognition.models import LiveChallenge
from picprocure.retention.erasure import erase_event
from picprocure.storage import files

logger = logging.getLogger(__name__)

LONGEST_UPLOAD = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Swept:
    events: int
    objects: int


def sweep() -> Swept:
    """Erase expired events, and every object, session and temporary file whose time has come.

    Safe to repeat. An event with photos that nobody could see yet stays until they are
    released: its time begins anew then.
    """
    expired = _expired_events().values_list("pk", flat=True)
    swept = Swept(
        events=sum(_erase_if_still_expired(event_id) for event_id in list(expired)),
        objects=files.remove_due(),
    )
    Session.objects.filter(expire_date__lt=timezone.now()).delete()
    LiveChallenge.objects.filter(expires_at__lt=timezone.now()).delete()
    _remove_left_uploads()
    if swept.events or swept.objects:
        logger.info("Sweep: %d events expired, %d objects removed.", swept.events, swept.objects)
    return swept


def _expired_events() -> EventQuerySet:
    unreleased = Photo.objects.unreleased().filter(event=OuterRef("pk"))
    return Event.objects.filter(~Exists(unreleased), expires_at__lte=timezone.now())


@transaction.atomic
def _erase_if_still_expired(event_id: UUID) -> bool:
    """Ask again under a lock: a photo may just have come in."""
    event = _expired_events().select_for_update().filter(pk=event_id).first()
    if event is not None:
        erase_event(event)
    return event is not None


def _remove_left_uploads() -> None:
    """What a killed server left of uploads is still as it came in, with its metadata."""
    old = (timezone.now() - LONGEST_UPLOAD).timestamp()
    for path in settings.TEMP_DIR.glob("*"):
        with contextlib.suppress(FileNotFoundError):
            if path.is_file() and path.stat().st_mtime < old:
                path.unlink()
