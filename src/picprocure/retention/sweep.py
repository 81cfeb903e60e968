"""The sweep: deletes everything that has expired."""

from __future__ import annotations

import contextlib
import logging
from dataclasses import astuple, dataclass
from datetime import timedelta
from uuid import UUID

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.sessions.models import Session
from django.core.cache import caches
from django.core.cache.backends.db import DatabaseCache
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from picprocure.accounts.emails import unconfirmed_since
from picprocure.accounts.models import User
from picprocure.events import ended
from picprocure.events.models import Event, EventQuerySet
from picprocure.photos.models import Photo
from picprocure.recognition.models import Face, LivenessChallenge, Match, MatchedFace
from picprocure.retention.erasure import erase_account, erase_event
from picprocure.retention.sessions import SessionIndex
from picprocure.storage import files, keys
from picprocure.storage.batches import batched
from picprocure.storage.database import wipe_deleted
from picprocure.storage.reserve import frees_room

logger = logging.getLogger(__name__)

LONGEST_UPLOAD = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Swept:
    """How much a sweep deleted.

    Attributes:
        events: Expired events.
        faces: Embeddings of unregistered people.
        sign_ups: Sign-ups whose address was never confirmed.
        objects: Stored objects.
    """

    events: int
    faces: int
    sign_ups: int
    objects: int


def plan() -> Swept:
    """Return what the next sweep would delete, without the objects of expired events."""
    return Swept(
        events=_expired_events().count(),
        faces=_expired_faces().count(),
        sign_ups=_expired_sign_ups().count(),
        objects=files.count_due(),
    )


@frees_room
def sweep() -> Swept:
    """Delete expired events, sign-ups, objects, sessions and temporary files. Safe to repeat.

    An event whose photos are about to be released stays until then, which restarts its
    availability. Photos that no host released in time are deleted with their event.
    If the creator extended an event, embeddings of unregistered people are deleted at its original
    end.
    """
    event_ids = _expired_events().values_list("pk", flat=True)
    _expect_no_owner_for_leftovers()
    swept = Swept(
        events=sum(_erase_if_still_expired(event_id) for event_id in list(event_ids)),
        faces=_forget_expired_faces(),
        sign_ups=_erase_expired_sign_ups(),
        objects=files.remove_due(),
    )
    _delete_expired_rows()
    _remove_leftover_uploads()
    if any(astuple(swept)):
        logger.info(
            "Sweep: deleted %d expired events, %d faces of unregistered people, %d unconfirmed "
            "sign-ups and %d objects.",
            *astuple(swept),
        )
    wipe_deleted()  # last, since all of the above leaves traces in the database's files
    return swept


def _expired_events() -> EventQuerySet:
    now = timezone.now()
    due = Photo.objects.due_for_release(now).filter(event=OuterRef("pk"))
    return Event.objects.filter(~Exists(due), expires_at__lte=now)


def _expired_faces() -> QuerySet[Face]:
    """Return faces of unregistered people whose embeddings have expired: released and unmatched."""
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
    """Delete expired embeddings, and return how many.

    A sorting that is matching these faces has locked their photos, so this waits for it.
    """
    events = _expired_faces().values("photo__event")
    list(Photo.objects.filter(event__in=events).order_by("pk").select_for_update())
    face_ids = list(_expired_faces().values_list("pk", flat=True))
    for batch in batched(face_ids):
        Face.objects.filter(pk__in=batch).forget()
        Match.objects.filter(face__in=batch).delete()
        MatchedFace.objects.filter(face__in=batch).delete()
    return len(face_ids)


def _expired_sign_ups() -> QuerySet[User, int]:
    latest = timezone.now() - settings.UNCONFIRMED_SIGN_UP
    return unconfirmed_since(latest).values_list("pk", flat=True)


def _erase_expired_sign_ups() -> int:
    user_ids = list(_expired_sign_ups())
    if not user_ids:
        return 0
    sessions = SessionIndex()
    return sum(_erase_if_unconfirmed(user_id, sessions) for user_id in user_ids)


@transaction.atomic
def _erase_if_unconfirmed(user_id: int, sessions: SessionIndex) -> bool:
    """Erase a sign-up, checking again under a lock that its address isn't confirmed."""
    User.objects.select_for_update().filter(pk=user_id).first()
    if user_id not in _expired_sign_ups():
        return False
    erase_account(User.objects.get(pk=user_id), sessions)
    return True


def _expect_no_owner_for_leftovers() -> None:
    """Mark objects for deletion that a killed process left for a deleted event or person."""
    for top, owner_id in files.pending_owners():
        if top == keys.EVENTS and not _exists(
            Event, owner_id
        ):  # a new event's cover is stored before its row
            files.expect_no_owner(f"{top}/{owner_id}/photos/")
        if top == keys.CHOICES and not _exists(User, owner_id):
            files.expect_no_owner(f"{top}/{owner_id}/")


def _exists(model: type[Event | User], pk: str) -> bool:
    with contextlib.suppress(ValueError, ValidationError):  # not one of our keys
        return model.objects.filter(pk=pk).exists()
    return True


def _delete_expired_rows() -> None:
    """Delete expired sessions, allauth's records of them, and other rows that have expired."""
    now = timezone.now()
    ended.forget_old_ends()
    Session.objects.filter(expire_date__lt=now).delete()
    UserSession.objects.exclude(session_key__in=Session.objects.values("session_key")).delete()
    LivenessChallenge.objects.filter(expires_at__lt=now).delete()
    if isinstance(caches["default"], DatabaseCache):
        # Django deletes expired rows only when the table is full.
        table = connection.ops.quote_name(str(settings.CACHES["default"]["LOCATION"]))
        with connection.cursor() as cursor:
            expired = connection.ops.adapt_datetimefield_value(now.replace(microsecond=0))
            cursor.execute(f"DELETE FROM {table} WHERE expires < %s", [expired])  # noqa: S608


@frees_room
@transaction.atomic
def _erase_if_still_expired(event_id: UUID) -> bool:
    """Erase an event, checking again under a lock: a photo may just have been uploaded."""
    event = _expired_events().select_for_update().filter(pk=event_id).first()
    if event is not None:
        erase_event(event)
    return event is not None


def _remove_leftover_uploads() -> None:
    """Delete uploads that a killed server left, which still contain their metadata."""
    cutoff = (timezone.now() - LONGEST_UPLOAD).timestamp()
    for path in settings.TEMP_DIR.glob("*"):
        with contextlib.suppress(FileNotFoundError):
            if path.is_file() and path.stat().st_mtime < cutoff:
                path.unlink()
