"""The photo that a person is compared with in each event, as the person sees it.

People who wait for approval have no anchor yet. They see the photo that would become it, so that
their data looks like that of people who were admitted.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from picprocure.accounts.models import User
from picprocure.events.models import Event, Registration
from picprocure.faces.types import Embedding
from picprocure.recognition.anchors import joined_at, oldest_usable_reference
from picprocure.recognition.embeddings import embedding_if_open
from picprocure.recognition.models import Anchor


@dataclass(frozen=True, slots=True)
class FirstPhoto:
    event: Event
    reference_id: UUID  # its image is sealed for this id
    image_key: str
    joined_at: datetime
    engine_version: str
    embedding: Embedding | None  # None when no key opens it


def first_photos(user: User) -> list[FirstPhoto]:
    """Return one for each event that has a photo of the person, in the order they came."""
    anchors = list(user.anchors.select_related("event"))
    anchored = {anchor.event_id for anchor in anchors}
    waiting = (
        user.registrations.consenting()
        .exclude(event__in=anchored)
        .select_related("event", "consent")
    )
    found = [*map(_of_anchor, anchors), *filter(None, map(_of_waiting, waiting))]
    return sorted(found, key=lambda photo: photo.joined_at)


def _of_anchor(anchor: Anchor) -> FirstPhoto:
    return FirstPhoto(
        event=anchor.event,
        reference_id=anchor.reference_id,
        image_key=anchor.image_key,
        joined_at=anchor.joined_at,
        engine_version=anchor.engine_version,
        embedding=embedding_if_open(anchor),
    )


def _of_waiting(registration: Registration) -> FirstPhoto | None:
    reference = oldest_usable_reference(registration, registration.user.references.all())
    if reference is None:
        return None
    return FirstPhoto(
        event=registration.event,
        reference_id=reference.pk,
        image_key=reference.image_key,
        joined_at=joined_at(registration, reference, registration.consent),
        engine_version=reference.engine_version,
        embedding=embedding_if_open(reference),
    )
