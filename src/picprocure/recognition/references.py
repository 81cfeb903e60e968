"""A person's references: enrolled, replaced, deleted, and compared with each other."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
from django.db import transaction
from django.db.models import QuerySet
from numpy.typing import NDArray

from picprocure.accounts.consent import give_consent
from picprocure.accounts.models import User
from picprocure.events.models import Registration
from picprocure.faces.distances import distances_between
from picprocure.faces.thresholds import thresholds_of
from picprocure.recognition.anchors import delete_with_images
from picprocure.recognition.collisions import record_collisions_before_loss
from picprocure.recognition.embeddings import (
    embeddings_of,
    image_context,
    is_open,
    openable,
    seal_reference,
)
from picprocure.recognition.errors import AnotherFace, TooManyReferences
from picprocure.recognition.models import Anchor, Match, Reference
from picprocure.recognition.reference_photos import ReferencePhoto
from picprocure.recognition.stored_images import stored_image
from picprocure.storage import files, keys
from picprocure.storage.database import wipe_after_commit
from picprocure.storage.errors import BrokenSeal, UnknownKey
from picprocure.storage.sealing import seal

MAX_REFERENCES = 5

# How long a stored reference photo may wait for its row, which the same request creates.
_ROWLESS_FOR = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class StoredReference:
    """A reference photo that is stored but has no row yet.

    It is deleted automatically unless `enroll` creates the row.
    """

    id: uuid.UUID
    image_key: str
    photo: ReferencePhoto


def store_reference(photo: ReferencePhoto) -> StoredReference:
    """Store a reference photo. Call this before the transaction that enrolls with it."""
    reference_id = uuid.uuid4()
    key = keys.reference_image(reference_id)
    sealed = seal(photo.image, context=image_context(reference_id))
    files.store(key, sealed, owner_timeout=_ROWLESS_FOR)
    return StoredReference(id=reference_id, image_key=key, photo=photo)


@transaction.atomic
def enroll(
    *,
    user: User,
    reference: StoredReference,
    consent_version: str,
    replacing: Reference | None = None,
) -> Reference:
    """Make a stored photo one of the person's references, and record their consent.

    Replacing a reference ends the person's matches at once.

    Args:
        user: The person.
        reference: The stored photo.
        consent_version: The version of the text that the person consented to.
        replacing: The reference that is deleted, if any.

    Raises:
        TooManyReferences: The person has the maximum number of references.
        AnotherFace: The photo doesn't show the person of the other references.
    """
    lock(user)
    other_references = (
        user.references.exclude(pk=replacing.pk) if replacing else user.references.all()
    )
    if other_references.count() >= MAX_REFERENCES:
        raise TooManyReferences(MAX_REFERENCES)
    if not _agrees(reference.photo, other_references):
        raise AnotherFace
    give_consent(user=user, version=consent_version)
    if replacing:
        forget_references(user, user.references.filter(pk=replacing.pk))
    files.keep(reference.image_key)
    return Reference.objects.create(
        id=reference.id,
        user=user,
        image_key=reference.image_key,
        embedding=seal_reference(reference.photo.embedding, reference.id),
        engine_version=reference.photo.engine_version,
    )


@transaction.atomic
def delete_reference(*, user: User, reference: Reference) -> None:
    """Delete one reference, and the person's matches."""
    lock(user)
    forget_references(user, user.references.filter(pk=reference.pk))


def is_lost(row: Reference | Anchor) -> bool:
    """Return whether no key opens a reference or anchor, and its picture doesn't open either."""
    if is_open(row):
        return False
    reference_id = row.reference_id if isinstance(row, Anchor) else row.pk
    try:
        stored_image(row.image_key, reference_id)
    except (FileNotFoundError, UnknownKey, BrokenSeal):
        return True
    return False


def _agrees(photo: ReferencePhoto, other_references: QuerySet[Reference]) -> bool:
    """Return whether a photo may show the same person as all other references."""
    comparable = openable(other_references.filter(engine_version=photo.engine_version))
    limit = thresholds_of(photo.engine_version).reference_odds
    return bool((_distances(photo, comparable) <= limit).all())


def _distances(photo: ReferencePhoto, references: list[Reference]) -> NDArray[np.float32]:
    """Return the distances of a photo's face from those of references, (n,)."""
    embeddings = embeddings_of(references)
    distances: NDArray[np.float32] = distances_between(photo.embedding[np.newaxis], embeddings)[0]
    return distances


def lock(user: User) -> None:
    """Lock a person's references until the transaction ends.

    A sorting that has locked the person's registration can still refer to the person.
    """
    User.objects.select_for_update(no_key=True).get(pk=user.pk)


def wait_for_sorting(user: User) -> None:
    """Wait for a running sorting that reads the person's references, and block the next one.

    The lock lasts until the transaction ends.
    """
    list(Registration.objects.select_for_update().filter(user=user))


def forget_references(user: User, references: QuerySet[Reference]) -> None:
    """Delete references, and all matches of the person.

    A match doesn't record which reference it was made with.
    """
    wait_for_sorting(user)
    record_collisions_before_loss(user)
    Match.objects.filter(registration__user=user).delete()
    delete_with_images(references)
    wipe_after_commit()
