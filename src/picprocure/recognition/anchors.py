"""Anchors: the face that a person was first admitted to an event with.

An anchor is fixed once and never changes. All other photos of the person are compared with it,
never with each other. Otherwise, a series of photos, each similar to the one before, could lead to
any other person.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import numpy as np
from django.db.models import QuerySet

from picprocure.events.models import Event, EventConsent, Registration
from picprocure.faces.thresholds import thresholds_of
from picprocure.recognition.embeddings import (
    embedding_of,
    is_open,
    seal_anchor,
)
from picprocure.recognition.models import Anchor, Reference
from picprocure.storage import files
from picprocure.storage.batches import batched
from picprocure.storage.errors import SealedForGood

logger = logging.getLogger(__name__)


def fix_anchor(registration: Registration) -> None:
    """Make the oldest admitted reference the person's anchor, unless they have one.

    A reference that was added after registration closed is used only for a person who registered
    late. Does nothing for people who aren't admitted or didn't consent. Call this in the
    transaction that admits references.
    """
    consent = EventConsent.objects.filter(registration=registration, withdrawn_at=None).first()
    if consent is None or registration.status != Registration.Status.ADMITTED:
        return
    if Anchor.objects.filter(event=registration.event_id, user=registration.user_id).exists():
        return
    # Lock the references, since a key rotation may be replacing their images.
    admitted = Reference.objects.filter(admissions__registration=registration).select_for_update()
    reference = oldest_usable_reference(registration, admitted)
    if reference is not None:
        _create_anchor(
            registration, reference, joined_at=joined_at(registration, reference, consent)
        )


def oldest_usable_reference(
    registration: Registration, references: QuerySet[Reference]
) -> Reference | None:
    """Return the oldest reference that was added before registration closed.

    For a person who registered late, return their oldest reference.
    """
    return next(
        (
            reference
            for reference in references.order_by("created_at", "pk")
            if registration.is_late or added_in_time(registration, reference)
        ),
        None,
    )


def _create_anchor(
    registration: Registration, reference: Reference, *, joined_at: datetime
) -> None:
    anchor_id = uuid4()
    try:
        embedding = embedding_of(reference)
    except SealedForGood:
        logger.warning(
            "Reference %s can't be opened, so it is not used as an anchor.", reference.pk
        )
        return
    anchor = Anchor(
        id=anchor_id,
        event=registration.event,
        user=registration.user,
        reference_id=reference.pk,
        image_key=reference.image_key,
        embedding=seal_anchor(embedding, anchor_id),
        engine_version=reference.engine_version,
        joined_at=joined_at,
    )
    # A request that runs at the same time may have created it.
    Anchor.objects.bulk_create([anchor], ignore_conflicts=True)


def added_in_time(registration: Registration, reference: Reference) -> bool:
    """Return whether a reference was added before registration closed."""
    return reference.created_at <= registration.event.registration_closes_at


def joined_at(registration: Registration, reference: Reference, consent: EventConsent) -> datetime:
    """Return when a person joined with this face: registered, added it and consented."""
    return max(registration.registered_at, reference.created_at, consent.given_at)


def anchors_by_user(
    event: Event, users: Iterable[int] | QuerySet[Registration, Any] | None = None
) -> dict[int, Anchor]:
    """Return the event's anchors, or those of some users, by the ids of their users.

    Anchors that no key opens are left out.
    """
    anchors = Anchor.objects.filter(event=event)
    if users is not None:
        anchors = anchors.filter(user__in=users)
    return {anchor.user_id: anchor for anchor in anchors if is_open(anchor)}


def agrees(registration: Registration, reference: Reference, anchor: Anchor | None) -> bool:
    """Return whether a reference shows the person of the anchor.

    A reference that was added after registration closed must be nearer to the anchor. Embeddings of
    two engines, and embeddings that no key opens, never agree.
    """
    thresholds = thresholds_of(reference.engine_version)
    limit = thresholds.anchor_agreement
    if added_in_time(registration, reference):
        limit = thresholds.reference_odds
    return distance_to(reference, anchor) < limit


def rejection_reasons(
    registration: Registration, references: Iterable[Reference], anchor: Anchor | None
) -> dict[UUID, str]:
    """Return why references are never used, even if a host admits them.

    Args:
        registration: The person's registration.
        references: The references to check.
        anchor: The person's anchor, if there is one.

    Returns:
        A reason by the id of each unusable reference: "different" if it doesn't agree with the
        anchor, "late" if there is no anchor and it was added after registration closed.
    """
    reasons = {}
    for reference in references:
        if anchor:
            if not agrees(registration, reference, anchor):
                reasons[reference.pk] = "different"
        elif not registration.is_late and not added_in_time(registration, reference):
            reasons[reference.pk] = "late"
    return reasons


def distance_to(reference: Reference, anchor: Anchor | None) -> float:
    """Return the distance of a reference from an anchor, or infinity if it is unknown."""
    if anchor is None or anchor.engine_version != reference.engine_version:
        return float("inf")
    if reference.pk == anchor.reference_id:
        return 0.0
    try:
        return float(np.linalg.norm(embedding_of(reference) - embedding_of(anchor)))
    except SealedForGood:
        logger.warning("Anchor %s or reference %s can't be opened.", anchor.pk, reference.pk)
        return float("inf")


def delete_with_images(rows: QuerySet[Reference] | QuerySet[Anchor]) -> None:
    """Delete references or anchors, and the images that no other row owns."""
    image_keys = set(rows.values_list("image_key", flat=True))
    rows.delete()
    for batch in batched(sorted(image_keys)):
        owned = {
            *Reference.objects.filter(image_key__in=batch).values_list("image_key", flat=True),
            *Anchor.objects.filter(image_key__in=batch).values_list("image_key", flat=True),
        }
        files.discard(key for key in batch if key not in owned)
