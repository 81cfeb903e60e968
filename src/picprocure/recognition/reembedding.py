"""Embedding references and anchors again when the engine changed or no key opens them."""

from __future__ import annotations

import io
import logging
from uuid import UUID

from django.conf import settings
from django.db.models import QuerySet

from picprocure.accounts.models import User
from picprocure.events.models import Event
from picprocure.faces.engine import ANALYSIS_SIDE, FaceEngine
from picprocure.faces.enrollment.quality import face_of_accepted
from picprocure.faces.errors import UnusableReference
from picprocure.faces.types import Embedding
from picprocure.imaging.errors import ImageTooLarge, UnreadableImage
from picprocure.imaging.loading import load_upright
from picprocure.recognition.embeddings import (
    embeddings_of,
    is_open,
    openable,
    seal_anchor,
    seal_reference,
)
from picprocure.recognition.models import Anchor, Reference
from picprocure.recognition.stored_images import stored_image
from picprocure.storage.errors import SealedForGood

logger = logging.getLogger(__name__)


def renew_references(event: Event, engine: FaceEngine) -> None:
    """Embed the references and anchors of an event's people again where needed.

    Those are the ones that another engine embedded or that no key opens.
    """
    _renew(Reference.objects.filter(user__registrations__event=event), engine)
    _renew_anchors(Anchor.objects.filter(event=event), engine)


def renew_references_of(user: User, engine: FaceEngine) -> None:
    """Embed a person's references again where needed, so that a new one can be compared."""
    _renew(user.references.all(), engine)


def _renew(references: QuerySet[Reference], engine: FaceEngine) -> None:
    """Embed references again from their stored photos, where needed.

    A reference is skipped if its photo was deleted, can't be read or shows no face to this engine.
    It is not used until that changes. Other references must not wait for it.
    """
    for reference in references:
        if reference.engine_version == engine.version and is_open(reference):
            continue
        embedding = _embed_stored(engine, reference.image_key, reference.pk)
        if embedding is not None:
            Reference.objects.filter(pk=reference.pk).update(
                embedding=seal_reference(embedding, reference.pk),
                engine_version=engine.version,
            )


def _renew_anchors(anchors: QuerySet[Anchor], engine: FaceEngine) -> None:
    """Embed anchors again where needed. Call this after `_renew` for their references.

    If an anchor can't be embedded, no reference agrees with it, so its person gets no photos.
    """
    for anchor in anchors:
        if anchor.engine_version == engine.version and is_open(anchor):
            continue
        references = Reference.objects.filter(pk=anchor.reference_id, engine_version=engine.version)
        embeddings = list(embeddings_of(openable(references)))
        embedding = (
            embeddings[0]
            if embeddings
            else _embed_stored(engine, anchor.image_key, anchor.reference_id)
        )
        if embedding is not None:
            Anchor.objects.filter(pk=anchor.pk).update(
                embedding=seal_anchor(embedding, anchor.pk), engine_version=engine.version
            )


def _embed_stored(engine: FaceEngine, image_key: str, reference_id: UUID) -> Embedding | None:
    """Embed the face in a stored photo. Return None and log it if that fails."""
    try:
        image = load_upright(
            io.BytesIO(stored_image(image_key, reference_id)),
            name="profile photo",
            max_pixels=settings.MAX_PHOTO_PIXELS,
            max_side=ANALYSIS_SIDE,
        )
        return face_of_accepted(engine, image).embedding
    except (UnusableReference, UnreadableImage, ImageTooLarge, OSError, SealedForGood):
        logger.warning("Reference %s can't be embedded again.", reference_id)
        return None
