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
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from picprocure.events.models import Event, EventQuerySet
from picprocure.photos.models import Photo
from picprocure.recognition.models import Face, LiveChallenge, Match
from picprocure.retention.erasure import erase_event
from picprocure.storage import files
from picprocure.storage.reserve import frees_room

logger = logging.getLogger(__name__)

LONGEST_UPLOAD = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Swept:
    """How many expired events went, faces of nobody who registered, and objects."""

    events: int
    faces: int
    objects: int


def plan() -> Swept:
    """What the next sweep would do, as far as it is known now: objects of events come on top."""
    return Swept(
        events=_expired_events().count(), faces=_expired_faces().count(), objects=files.count_due()
    )


def sweep() -> Swept:
    """Erase expired events, and every object, session and temporary file whose time has come.

    Safe to repeat. An event with photos that nobody could see yet stays until they are
    released: its time begins anew then. Of an event that its creator extended, the embeddings of
    faces that belong to nobody who registered go when it would have ended.
    """
    expired = _expired_events().values_list("pk", flat=True)
    swept = Swept(
        events=sum(_erase_if_still_expired(event_id) for event_id in list(expired)),
        faces=_forget_expired_faces(),
        objects=files.remove_due(),
    )
    Session.objects.filter(expire_date__lt=timezone.now()).delete()
    LiveChallenge.objects.filter(expires_at__lt=timezone.now()).delete()
    _remove_left_uploads()
    if swept.events or swept.faces or swept.objects:
        logger.info(
            "Sweep: %d events expired, %d faces of nobody forgotten, %d objects removed.",
            *(swept.events, swept.faces, swept.objects),
        )
    return swept


def _expired_events() -> EventQuerySet:
    unreleased = Photo.objects.unreleased().filter(event=OuterRef("pk"))
    return Event.objects.filter(~Exists(unreleased), expires_at__lte=timezone.now())


def _expired_faces() -> QuerySet[Face]:
    """With an embedding still, in photos that are released, and matched with nobody."""
    matched = Match.objects.filter(face=OuterRef("pk"), status=Match.Status.MATCHED)
    return Face.objects.filter(
        ~Exists(matched),
        embedding__isnull=False,
        photo__released_at__isnull=False,
        photo__event__faces_expire_at__lte=timezone.now(),
    )


@frees_room
@transaction.atomic
def _forget_expired_faces() -> int:
    """A sorting that is just matching them holds their photos; it is waited for."""
    events = set(_expired_faces().values_list("photo__event", flat=True))
    list(Photo.objects.filter(event__in=events).order_by("pk").select_for_update())
    faces = list(_expired_faces().values_list("pk", flat=True))
    for some in files.batched(faces):
        Face.objects.filter(pk__in=some).update(embedding=None, cluster=None)
        Match.objects.filter(face__in=some).delete()
    return len(faces)


@frees_room
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
