"""Key rotation: seal with the first key what another key has sealed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import QuerySet

from picprocure.faces.types import Box
from picprocure.recognition.embeddings import (
    anchor_context,
    face_context,
    image_context,
    reference_context,
)
from picprocure.recognition.models import Anchor, Face, Reference
from picprocure.storage import files, keys
from picprocure.storage.batches import batched
from picprocure.storage.sealing import reseal


@dataclass(frozen=True, slots=True)
class Resealed:
    """How many references and faces were sealed again."""

    references: int
    faces: int


def reseal_all() -> Resealed:
    """Seal every reference, anchor and face with the first key, unless it already is.

    Rows are sealed one by one, so a rotation that was interrupted continues where it stopped.
    Values that no key opens stay as they are.

    Raises:
        SealingError: There are no usable keys.
    """
    for anchor_id in list(Anchor.objects.values_list("pk", flat=True)):
        _reseal_anchor(anchor_id)
    return Resealed(
        references=sum(
            map(_reseal_reference, list(Reference.objects.values_list("pk", flat=True)))
        ),
        faces=sum(map(_reseal_faces, _batches_of_faces())),
    )


def _reseal_reference(pk: UUID) -> bool:
    reference = Reference.objects.filter(pk=pk).first()
    if reference is None:
        return False
    changed = _reseal_embedding(Reference.objects.filter(pk=pk), reference_context(pk))
    return _reseal_image(reference.image_key, pk) or changed


def _reseal_anchor(pk: UUID) -> None:
    anchor = Anchor.objects.filter(pk=pk).first()
    if anchor is not None:
        _reseal_embedding(Anchor.objects.filter(pk=pk), anchor_context(pk))
        _reseal_image(anchor.image_key, anchor.reference_id)


def _reseal_embedding(row: QuerySet[Reference] | QuerySet[Anchor], context: str) -> bool:
    """Seal the embedding of a single row, which may be deleted at any moment.

    Args:
        row: A queryset of that row alone.
        context: What the embedding is bound to.

    Returns:
        Whether it was sealed with another key.
    """
    sealed = row.values_list("embedding", flat=True).first()
    embedding = None if sealed is None else reseal(sealed, context=context)
    if embedding is None:
        return False
    row.filter(embedding=sealed).update(embedding=embedding)
    return True


def _reseal_image(image_key: str, reference_id: UUID) -> bool:
    """Seal an image into a new object for all its owners, since objects are written once."""
    try:
        with files.open_stored(image_key) as stored:
            image: bytes = stored.read()
    except FileNotFoundError:
        return False
    resealed = reseal(image, context=image_context(reference_id))
    if resealed is None:
        return False
    new_key = keys.reference_image(uuid4())
    files.store(new_key, resealed)
    with transaction.atomic():
        # Update references first: an anchor that is just being created waits for its reference.
        owners = Reference.objects.filter(image_key=image_key).update(image_key=new_key)
        owners += Anchor.objects.filter(image_key=image_key).update(image_key=new_key)
        if owners:
            files.keep(new_key)
            files.discard([image_key])
    return True


def _batches_of_faces() -> Iterator[list[Face]]:
    pks = list(Face.objects.filter(embedding__isnull=False).values_list("pk", flat=True))
    for batch in batched(pks):
        yield list(Face.objects.filter(pk__in=batch))


@transaction.atomic
def _reseal_faces(faces: list[Face]) -> int:
    count = 0
    for face in faces:
        context = face_context(face.photo_id, Box(face.left, face.top, face.right, face.bottom))
        embedding = reseal(face.embedding, context=context) if face.embedding else None
        if embedding:
            # Skip a face whose embedding was deleted after it was read.
            unchanged = Face.objects.filter(pk=face.pk, embedding=face.embedding)
            count += unchanged.update(embedding=embedding)
    return count
