"""Sealing anew, with the first key, what another one sealed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID, uuid4

from django.db import transaction

from picprocure.faces.types import Box
from picprocure.recognition.embeddings import face_context, image_context, reference_context
from picprocure.recognition.models import Face, Reference
from picprocure.storage import files, keys
from picprocure.storage.sealing import is_sealed_with_first_key, seal, unseal

_BATCH = 500


@dataclass(frozen=True, slots=True)
class Resealed:
    references: int
    faces: int


def reseal_all() -> Resealed:
    """Seal every reference and face with the first key; those that are already are left alone.

    Each row by itself: what was interrupted goes on where it was. Raises SealingError.
    """
    return Resealed(
        references=sum(_reseal_reference(pk) for pk in _keys_of_references()),
        faces=sum(_reseal_faces(some) for some in _batches_of_faces()),
    )


def _keys_of_references() -> list[UUID]:
    return list(Reference.objects.values_list("pk", flat=True))


def _reseal_reference(pk: UUID) -> bool:
    """The image gets a new object, since an object is written once."""
    reference = Reference.objects.filter(pk=pk).first()
    if reference is None:
        return False
    changed = False
    if not is_sealed_with_first_key(reference.embedding):
        context = reference_context(reference.pk)
        embedding = seal(unseal(reference.embedding, context=context), context=context)
        Reference.objects.filter(pk=pk, embedding=reference.embedding).update(embedding=embedding)
        changed = True
    try:
        with files.open_stored(reference.image_key) as stored:
            image: bytes = stored.read()
    except FileNotFoundError:
        return changed
    if is_sealed_with_first_key(image):
        return changed
    context = image_context(reference.pk)
    new_key = keys.reference_image(uuid4())
    files.store(new_key, seal(unseal(image, context=context), context=context))
    with transaction.atomic():
        mine = Reference.objects.filter(pk=pk, image_key=reference.image_key)
        if mine.update(image_key=new_key):
            files.keep(new_key)
            files.discard([reference.image_key])
    return True


def _batches_of_faces() -> Iterator[list[Face]]:
    pks = list(Face.objects.filter(embedding__isnull=False).values_list("pk", flat=True))
    for start in range(0, len(pks), _BATCH):
        yield list(Face.objects.filter(pk__in=pks[start : start + _BATCH]))


@transaction.atomic
def _reseal_faces(faces: list[Face]) -> int:
    count = 0
    for face in faces:
        sealed = face.embedding
        if sealed is None or is_sealed_with_first_key(sealed):
            continue
        context = face_context(face.photo_id, Box(face.left, face.top, face.right, face.bottom))
        embedding = seal(unseal(sealed, context=context), context=context)
        # Not of a face that was forgotten meanwhile.
        count += Face.objects.filter(pk=face.pk, embedding=sealed).update(embedding=embedding)
    return count
