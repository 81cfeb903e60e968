"""The sealed values in the database: counting them, and discarding those that no key opens."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any, Final

from django.db import connection, transaction
from django.db.models import BinaryField, QuerySet
from django.db.models.functions import Length, Substr

from picprocure.events.models import Event
from picprocure.faces.types import EMBEDDING_SIZE
from picprocure.photos.models import Photo
from picprocure.photos.usage import count_again
from picprocure.recognition.anchors import delete_with_images
from picprocure.recognition.embeddings import face_is_open
from picprocure.recognition.models import Anchor, Face, Reference
from picprocure.recognition.references import delete_reference, is_lost
from picprocure.recognition.sorting import request_sorting
from picprocure.storage.batches import batched
from picprocure.storage.sealing import HEAD_BYTES, OVERHEAD_BYTES, head_of

_SEALED_BYTES: Final = 4 * EMBEDDING_SIZE + OVERHEAD_BYTES


@dataclass(frozen=True, slots=True)
class DiscardedValues:
    """How many face photos were deleted, and how many event photos will be analyzed again."""

    references: int
    photos: int


def count_heads() -> Counter[bytes]:
    """Count the embeddings sealed with each key. Safe while migrations run."""
    tables = set(connection.introspection.table_names())
    counts: Counter[bytes] = Counter()
    for rows in _sealed_rows():
        if rows.model._meta.db_table in tables:
            counts.update(_count(rows))
    return counts


def _sealed_rows() -> tuple[QuerySet[Any], ...]:
    """Return the rows that have a sealed `embedding`."""
    return Reference.objects.order_by(), Anchor.objects.all(), Face.objects.all()


def _count(rows: QuerySet[Any]) -> Counter[bytes]:
    heads = (
        rows.annotate(size=Length("embedding"))
        .filter(size=_SEALED_BYTES)  # leave out faces that wait for their analysis
        .annotate(head=Substr("embedding", 1, HEAD_BYTES, output_field=BinaryField()))
        .values_list("head", flat=True)
    )
    return Counter(head for head in map(head_of, heads) if head)


def discard_unopenable() -> DiscardedValues:
    """Delete references whose keys are lost, and queue photos with faces that no key opens."""
    lost = [reference for reference in Reference.objects.all() if is_lost(reference)]
    for reference in lost:
        delete_reference(user=reference.user, reference=reference)
    # The host has to admit these people again, which fixes a new anchor.
    lost_anchors = [anchor.pk for anchor in Anchor.objects.all() if is_lost(anchor)]
    for anchors in batched(lost_anchors):
        delete_with_images(Anchor.objects.filter(pk__in=anchors))
    faces = Face.objects.current().filter(embedding__isnull=False)
    unopened = [face for face in faces.iterator(chunk_size=2_000) if not face_is_open(face)]
    photo_ids = {face.photo_id for face in unopened}
    for face_ids in batched([face.pk for face in unopened]):
        # Keep the rows: the analysis copies from them whom the faces were matched with.
        Face.objects.filter(pk__in=face_ids).update(embedding=b"")
    for photo_batch in batched(sorted(photo_ids)):
        photos = Photo.objects.filter(pk__in=photo_batch)
        with transaction.atomic():
            photos.await_analysis()
            count_again(photos.order_by().values_list("event", flat=True))
    for event in Event.objects.all():
        request_sorting(event.pk)
    return DiscardedValues(references=len(lost), photos=len(photo_ids))
