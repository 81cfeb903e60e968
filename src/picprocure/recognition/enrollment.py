"""Enrollment: a person gives a reference, replaces it, or takes it back."""

from __future__ import annotations

import io
import logging
import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import IO

import numpy as np
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from picprocure.accounts.consent import give_consent, withdraw_consent
from picprocure.accounts.models import User
from picprocure.events.models import Event, Registration
from picprocure.faces.engine import ANALYSIS_SIDE, FaceEngine
from picprocure.faces.errors import ImageTooLarge, UnreadableImage, UnusableReference
from picprocure.faces.image import load_upright
from picprocure.faces.reference import reference_face
from picprocure.faces.thresholds import DEFAULT
from picprocure.faces.types import Embedding, LoadedImage
from picprocure.photos.intake import receive
from picprocure.photos.renditions import make_rendition
from picprocure.photos.services import profile_photo_limits
from picprocure.recognition.embeddings import from_rows, to_bytes
from picprocure.recognition.models import Match, Reference
from picprocure.storage import files, keys

logger = logging.getLogger(__name__)

# What is kept of a profile photo: enough for a host to know the person by, no more.
REFERENCE_SIDE = 1024


@dataclass(frozen=True, slots=True)
class ReferencePhoto:
    """A profile photo that shows one clear face, ready to enroll with."""

    image: bytes  # a clean JPEG
    embedding: Embedding
    engine_version: str


def read_reference(
    upload: IO[bytes], *, name: str, size: int, engine: FaceEngine
) -> ReferencePhoto:
    """Check a profile photo before anything is stored.

    Raises RefusedPhoto when it isn't a usable picture, UnusableReference when it doesn't
    show one clear face; both say what was found and what to do.
    """
    clean = receive(upload, name=name, size=size, limits=profile_photo_limits())
    image = load_upright(
        io.BytesIO(clean.content),
        name=clean.name,
        max_pixels=settings.MAX_PHOTO_PIXELS,
        max_side=ANALYSIS_SIDE,
    )
    face = reference_face(engine, image)
    return ReferencePhoto(
        image=make_rendition(
            io.BytesIO(clean.content),
            name=clean.name,
            max_side=REFERENCE_SIDE,
            max_pixels=settings.MAX_PHOTO_PIXELS,
        ),
        embedding=face.embedding,
        engine_version=engine.version,
    )


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
    files.store(key, photo.image)
    return StoredReference(id=reference_id, image_key=key, photo=photo)


@transaction.atomic
def enroll(*, user: User, reference: StoredReference, consent_version: str) -> Reference:
    """Make a stored photo the person's reference, with their consent on record.

    What older references matched ends at once; their objects go.
    """
    _lock(user)
    give_consent(user=user, version=consent_version)
    known_since = _known_since(user, reference.photo)
    _forget_references(user)
    files.keep(reference.image_key)
    return Reference.objects.create(
        id=reference.id,
        user=user,
        image_key=reference.image_key,
        embedding=to_bytes(reference.photo.embedding),
        engine_version=reference.photo.engine_version,
        known_since=known_since,
    )


@transaction.atomic
def withdraw(*, user: User) -> None:
    """End face recognition for a person: references, matches, consent. The account stays."""
    _lock(user)
    withdraw_consent(user=user)
    _forget_references(user)


def renew_references(event: Event, engine: FaceEngine) -> None:
    """Embed anew, from the stored photos, the references that another engine embedded.

    Whose photo is gone, can't be read, or shows no face to this engine gets no photos by it; the
    others must not wait for that.
    """
    outdated = Reference.objects.filter(user__registrations__event=event).exclude(
        engine_version=engine.version
    )
    for reference in outdated:
        try:
            face = reference_face(engine, _stored_image(reference))
        except (UnusableReference, UnreadableImage, ImageTooLarge, FileNotFoundError):
            logger.warning("Reference %s can't be embedded anew.", reference.pk)
            continue
        Reference.objects.filter(pk=reference.pk).update(
            embedding=to_bytes(face.embedding), engine_version=engine.version
        )


def _stored_image(reference: Reference) -> LoadedImage:
    with files.open_stored(reference.image_key) as stored:
        return load_upright(
            stored,
            name="profile photo",
            max_pixels=settings.MAX_PHOTO_PIXELS,
            max_side=ANALYSIS_SIDE,
        )


def _known_since(user: User, photo: ReferencePhoto) -> datetime:
    """When the person first showed this face, going by the references that it replaces."""
    agreeing = [
        reference.known_since
        for reference in user.references.filter(engine_version=photo.engine_version)
        if np.linalg.norm(from_rows([reference.embedding])[0] - photo.embedding)
        < DEFAULT.reference_agreement
    ]
    return min(agreeing, default=timezone.now())


def _lock(user: User) -> None:
    """One change of a person's references at a time."""
    User.objects.select_for_update().get(pk=user.pk)


def _forget_references(user: User) -> None:
    # Waits for a sorting that is just reading these references, and makes the next one wait.
    list(Registration.objects.select_for_update().filter(user=user))
    Match.objects.filter(registration__user=user).delete()
    references = user.references.all()
    files.discard(references.values_list("image_key", flat=True))
    references.delete()
