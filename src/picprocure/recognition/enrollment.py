"""Enrollment: a person gives references, replaces them, or takes them back."""

from __future__ import annotations

import io
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import IO

import numpy as np
from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone
from numpy.typing import NDArray
from PIL import Image

from picprocure.accounts.consent import give_consent, withdraw_consent
from picprocure.accounts.models import User
from picprocure.events.models import EventConsent, Registration
from picprocure.faces.distances import distances_between
from picprocure.faces.engine import ANALYSIS_SIDE, FaceEngine
from picprocure.faces.enrollment.quality import check_pose, crop_around, reference_face
from picprocure.faces.thresholds import DEFAULT
from picprocure.faces.types import Box, Embedding
from picprocure.imaging.loaded_image import LoadedImage, Pixels
from picprocure.imaging.loading import load_upright
from picprocure.photos.intake import PhotoLimits
from picprocure.photos.portraits import read_portrait
from picprocure.photos.services import profile_photo_limits
from picprocure.recognition.anchors import delete_with_images
from picprocure.recognition.embeddings import (
    embeddings_of,
    image_context,
    is_open,
    openable,
    seal_reference,
)
from picprocure.recognition.errors import AnotherFace, TooManyReferences
from picprocure.recognition.models import Anchor, Face, HandedOver, Match, Reference
from picprocure.storage import files, keys
from picprocure.storage.batches import batched
from picprocure.storage.database import wipe_after_commit
from picprocure.storage.sealing import BrokenSeal, UnknownKey, seal, unseal

# What is kept of a reference photo: enough for a host to know the person by, no more.
REFERENCE_SIDE = 1024

MOST_REFERENCES = 5

_JPEG_QUALITY = 92

# How long a stored reference photo may wait for its row, which the same request creates.
_ROWLESS_FOR = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class ReferencePhoto:
    """A profile photo that shows one clear face, ready to enroll with."""

    image: bytes  # a clean JPEG
    embedding: Embedding
    engine_version: str


def read_picture(
    upload: IO[bytes], *, name: str, size: int, limits: PhotoLimits | None = None
) -> LoadedImage:
    """Read the picture that a person adds of themselves: JPEG, PNG, WebP or HEIC.

    It is decoded, never stored as it is. Raises RefusedPhoto if it isn't a usable picture, and
    Busy when no decoder is free for too long.
    """
    limits = limits or profile_photo_limits()
    return read_portrait(upload, name=name, size=size, limits=limits, max_side=ANALYSIS_SIDE)


def read_reference(
    image: LoadedImage, *, engine: FaceEngine, chosen: Box | None = None
) -> ReferencePhoto:
    """Check a picture before anything of it is stored; ``chosen`` is the face that was picked.

    Only the surroundings of the face are kept. Raises UnusableReference when it doesn't show one
    clear face, which says what was found and what to do.
    """
    face = reference_face(engine, image, chosen=chosen)
    check_pose(engine, image, face.box)
    return ReferencePhoto(
        image=as_jpeg(crop_around(image, face.box), max_side=REFERENCE_SIDE),
        embedding=face.embedding,
        engine_version=engine.version,
    )


def as_jpeg(pixels: Pixels, *, max_side: int) -> bytes:
    """Pixels as a JPEG without metadata, reduced to ``max_side`` if they are more."""
    picture = Image.fromarray(pixels)
    picture.thumbnail((max_side, max_side), Image.Resampling.LANCZOS)
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=_JPEG_QUALITY)
    return out.getvalue()


def store_choice(image: LoadedImage, *, user_id: int) -> uuid.UUID:
    """Keep a photo of which its sender has yet to say which face is theirs; it goes by itself."""
    choice_id = uuid.uuid4()
    content = as_jpeg(image.pixels, max_side=ANALYSIS_SIDE)
    files.store(
        keys.choice_image(user_id, choice_id),
        seal(content, context=f"choice:{choice_id}:{user_id}"),
    )
    return choice_id


def open_choice(choice_id: uuid.UUID, *, user_id: int) -> LoadedImage:
    """Raises FileNotFoundError when it is gone, SealingError when it is another person's."""
    with files.open_stored(keys.choice_image(user_id, choice_id)) as stored:
        content = unseal(stored.read(), context=f"choice:{choice_id}:{user_id}")
    return load_upright(io.BytesIO(content), name="photo", max_pixels=settings.MAX_PHOTO_PIXELS)


@transaction.atomic
def discard_choice(choice_id: uuid.UUID, *, user_id: int) -> None:
    files.discard([keys.choice_image(user_id, choice_id)])


@dataclass(frozen=True, slots=True)
class StoredReference:
    """A reference photo that is stored and waits for its owner; without one it goes again."""

    id: uuid.UUID
    image_key: str
    photo: ReferencePhoto


def store_reference(photo: ReferencePhoto) -> StoredReference:
    """Store a reference photo, before the transaction that enrolls somebody with it."""
    reference_id = uuid.uuid4()
    key = keys.reference_image(reference_id)
    sealed = seal(photo.image, context=image_context(reference_id))
    files.store(key, sealed, ownerless_for=_ROWLESS_FOR)
    return StoredReference(id=reference_id, image_key=key, photo=photo)


@transaction.atomic
def enroll(
    *,
    user: User,
    reference: StoredReference,
    consent_version: str,
    replacing: Reference | None = None,
) -> Reference:
    """Make a stored photo one of the person's references, with their consent on record.

    What a replaced one matched ends at once. Raises TooManyReferences, or AnotherFace when it
    doesn't show the person of the others; nothing has changed then.
    """
    _lock(user)
    others = user.references.exclude(pk=replacing.pk) if replacing else user.references.all()
    if others.count() >= MOST_REFERENCES:
        raise TooManyReferences(MOST_REFERENCES)
    if not _agrees(reference.photo, others):
        raise AnotherFace
    give_consent(user=user, version=consent_version)
    if replacing:
        _forget_references(user, user.references.filter(pk=replacing.pk))
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
    """Take one reference back, with what was matched by it."""
    _lock(user)
    _forget_references(user, user.references.filter(pk=reference.pk))


@transaction.atomic
def withdraw(*, user: User) -> Forgotten:
    """End face recognition for a person; the account stays and can be used without it.

    References, matches and galleries go, and so do the embeddings of the event faces that were
    matched to the person: those faces stay unknown.
    """
    _lock(user)
    withdraw_consent(user=user)
    EventConsent.objects.filter(registration__user=user, withdrawn_at__isnull=True).update(
        withdrawn_at=timezone.now()
    )
    return forget_face(user)


@dataclass(frozen=True, slots=True)
class Forgotten:
    """How much of a person's face went."""

    references: int
    matches: int
    faces: int


@transaction.atomic
def forget_face(user: User) -> Forgotten:
    """Delete references, anchors, matches, added photos, and embeddings of matched faces."""
    _wait_for_sorting(user)
    matched = Match.objects.filter(registration__user=user, status=Match.Status.MATCHED)
    forgotten = Forgotten(
        references=user.references.count(),
        matches=matched.count(),  # people aren't told of doubtful ones
        faces=sum(_forget_faces(some) for some in batched(_faces_taken_for(user))),
    )
    user.matched_faces.all().delete()
    HandedOver.objects.filter(registration__user=user).delete()
    delete_with_images(user.anchors.all())
    files.expect_no_owner(keys.choices_folder(user.pk))
    _forget_references(user, user.references.all())
    return forgotten


def _faces_taken_for(user: User) -> list[int]:
    """Return the faces that are matched with a person, or were and belong to no other one now."""
    matched = Match.objects.filter(face=OuterRef("face"), status=Match.Status.MATCHED)
    own = Exists(matched.filter(registration__user=user))
    faces = user.matched_faces.filter(own | ~Exists(matched), face__embedding__isnull=False)
    return list(faces.values_list("face", flat=True))


def _forget_faces(face_ids: Sequence[int]) -> int:
    return Face.objects.filter(pk__in=face_ids).update(embedding=None, cluster=None)


def reference_image(reference: Reference) -> bytes:
    """The stored JPEG; ask `galleries.access` first.

    Raises FileNotFoundError when it is gone, SealingError.
    """
    return stored_image(reference.image_key, reference.pk)


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


def stored_image(image_key: str, reference_id: uuid.UUID) -> bytes:
    """Open the JPEG of a reference, or of an anchor made from it.

    Raises FileNotFoundError if it was deleted, and SealingError.
    """
    with files.open_stored(image_key) as stored:
        return unseal(stored.read(), context=image_context(reference_id))


def _agrees(photo: ReferencePhoto, others: QuerySet[Reference]) -> bool:
    """Whether a photo may show the person of all the others."""
    comparable = openable(others.filter(engine_version=photo.engine_version))
    return bool((_distances(photo, comparable) <= DEFAULT.reference_odds).all())


def _distances(photo: ReferencePhoto, references: list[Reference]) -> NDArray[np.float32]:
    """How far a photo's face is from those of references, (n,)."""
    known = embeddings_of(references)
    distances: NDArray[np.float32] = distances_between(photo.embedding[np.newaxis], known)[0]
    return distances


def _lock(user: User) -> None:
    """One change of a person's references at a time."""
    User.objects.select_for_update().get(pk=user.pk)


def _wait_for_sorting(user: User) -> None:
    """Wait for a sorting that is just reading these references, and make the next one wait."""
    list(Registration.objects.select_for_update().filter(user=user))


def _forget_references(user: User, references: QuerySet[Reference]) -> None:
    """What was matched goes, too: nobody can tell by which of the references it was."""
    _wait_for_sorting(user)
    Match.objects.filter(registration__user=user).delete()
    delete_with_images(references)
    wipe_after_commit()
