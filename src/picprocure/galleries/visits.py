"""When guests opened their galleries and downloaded photos, for the hosts of the event.

At most one time a day is stored for each, so that a gallery of many pictures is one write. Only the
guest's own visits count: hosts who look at a gallery leave no trace in it.
"""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from django.db import DatabaseError
from django.db.models import Q, QuerySet
from django.db.models.functions import Coalesce
from django.utils import timezone

from picprocure.accounts.models import User
from picprocure.events.models import Event, Registration
from picprocure.galleries.access import photos_granted_to
from picprocure.photos.models import Photo
from picprocure.storage.short_waits import waits_for_no_one

logger = logging.getLogger(__name__)

APART: Final = timedelta(days=1)
"""How long after a visit the next one is stored."""


def record_opening(user: User, event: Event) -> None:
    """Remember that a person opened their gallery. Call this if it has photos."""
    _record(_registration(user, event.pk), "last_opened_at")


def record_download(user: User, event: Event) -> None:
    """Remember that a person downloaded their gallery."""
    _record(_registration(user, event.pk), "last_downloaded_at")


def record_download_of(photo: Photo, user: User) -> None:
    """Remember that a person downloaded a photo, if it is in their gallery.

    A host may download others, too.
    """
    registration = _registration(user, photo.event_id)
    is_due = _due(registration, "last_downloaded_at").exists()
    if is_due and photos_granted_to(user).filter(pk=photo.pk).exists():
        _record(registration, "last_downloaded_at")


def _registration(user: User, event_id: UUID) -> QuerySet[Registration]:
    return Registration.objects.filter(user=user, event=event_id)


def _due(registration: QuerySet[Registration], field: str) -> QuerySet[Registration]:
    """Keep the registration if a visit of this kind would be stored."""
    earlier = {f"{field}__lte": timezone.now() - APART}
    return registration.filter(Q(**{field: None}) | Q(**earlier)).order_by()


def _record(registration: QuerySet[Registration], field: str) -> None:
    """Store the time of a visit, if it is due.

    It is read first, since SQLite locks the database even for an update that changes no row. If it
    can't be stored, for example because the disk is full, or a sorting has locked the registration,
    the guest still gets the photos without delay. Then the next visit is stored.
    """
    now = timezone.now()
    times: dict[str, Any] = {field: now, "first_opened_at": Coalesce("first_opened_at", now)}
    try:
        if _due(registration, field).exists():
            with waits_for_no_one():
                _due(registration, field).update(**times)
    except DatabaseError:
        logger.exception("A visit of a gallery could not be stored.")
