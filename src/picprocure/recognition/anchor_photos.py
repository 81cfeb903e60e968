"""The photo that a person is compared with in each event, for their own view of their data.

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
class AnchorPhoto:
    """A photo that is a person's anchor in an event, or will become it.

    Attributes:
        event: The event.
        reference_id: The reference that the photo belongs to, which may be deleted. The image is
            sealed for this id.
        image_key: The storage key of the sealed image.
        joined_at: When the person joined the event with this face.
        engine_version: The engine that made the embedding.
        embedding: float32 (128,), or None if no key opens it.
    """

    event: Event
    reference_id: UUID
    image_key: str
    joined_at: datetime
    engine_version: str
    embedding: Embedding | None


def anchor_photos(user: User) -> list[AnchorPhoto]:
    """Return a person's anchor photo in each event that has one, the earliest first."""
    anchors = list(user.anchors.select_related("event"))
    anchored = {anchor.event_id for anchor in anchors}
    registrations = (
        user.registrations.consenting()
        .exclude(event__in=anchored)
        .select_related("event", "consent")
    )
    photos = [
        *map(_from_anchor, anchors),
        *filter(None, map(_from_registration, registrations)),
    ]
    return sorted(photos, key=lambda photo: photo.joined_at)


def _from_anchor(anchor: Anchor) -> AnchorPhoto:
    return AnchorPhoto(
        event=anchor.event,
        reference_id=anchor.reference_id,
        image_key=anchor.image_key,
        joined_at=anchor.joined_at,
        engine_version=anchor.engine_version,
        embedding=embedding_if_open(anchor),
    )


def _from_registration(registration: Registration) -> AnchorPhoto | None:
    """Return the photo that will become the anchor once a host admits the person."""
    reference = oldest_usable_reference(registration, registration.user.references.all())
    if reference is None:
        return None
    return AnchorPhoto(
        event=registration.event,
        reference_id=reference.pk,
        image_key=reference.image_key,
        joined_at=joined_at(registration, reference, registration.consent),
        engine_version=reference.engine_version,
        embedding=embedding_if_open(reference),
    )
