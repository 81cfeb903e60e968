"""Keep the embeddings of an event's faces unsealed in memory, between two sortings."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from functools import cache
from typing import Final, NamedTuple
from uuid import UUID

from django.db.models import BinaryField
from django.db.models.functions import Substr

from picprocure.faces.types import Box
from picprocure.recognition.embeddings import face_context
from picprocure.recognition.models import FaceQuerySet
from picprocure.storage.batches import batched
from picprocure.storage.sealing import STAMP_BYTES, head_of, is_key_known, try_unseal

_READ_ALL_FROM: Final = 1_000
"""Of more faces that aren't known, the embeddings are read with one query."""

_BYTES_PER_FACE: Final = 900


class FaceRow(NamedTuple):
    """A face, without its embedding.

    Attributes:
        key: Its primary key.
        photo_id: The primary key of its photo.
        cluster: The cluster number of the last sorting, or None.
        box: Its box.
    """

    key: int
    photo_id: UUID
    cluster: int | None
    box: Box

    @property
    def context(self) -> str:
        return face_context(self.photo_id, self.box)


class _Opened(NamedTuple):
    """An embedding with what it was unsealed from: the stamp and the context of the sealed value.

    Every sealed value has another stamp. So an embedding that was sealed again, for another row or
    with another key, is opened again.
    """

    stamp: bytes
    context: str
    embedding: bytes


class KeptFaces:
    """The embeddings of the faces that an event had when it was last sorted."""

    def __init__(self) -> None:
        self._opened: dict[int, _Opened] = {}

    @property
    def nbytes(self) -> int:
        return _BYTES_PER_FACE * len(self._opened)

    def opened(self, faces: FaceQuerySet) -> Iterator[tuple[FaceRow, bytes | None]]:
        """Yield faces with their embeddings, photo after photo, or None if no key opens them.

        Only embeddings that are not known are read and opened. Those of other faces are forgotten.
        """
        known, self._opened = self._opened, {}
        rows: dict[int, FaceRow] = {}
        has_key = cache(is_key_known)
        for row, stamp in _rows(faces):
            rows[row.key] = row
            earlier = known.get(row.key)
            if earlier and earlier[:2] == (stamp, row.context) and has_key(head_of(stamp)):
                self._opened[row.key] = earlier
        missing = {key for key in rows if key not in self._opened}
        closed = set()
        for key, sealed in _sealed(faces, missing):
            if key in missing:
                embedding = try_unseal(sealed, context=rows[key].context)
                if embedding is None:
                    closed.add(key)
                else:
                    stamp = sealed[:STAMP_BYTES]
                    self._opened[key] = _Opened(stamp, rows[key].context, embedding)
        for key, row in rows.items():  # without those that were changed between the two queries
            if key in self._opened:
                yield row, self._opened[key].embedding
            elif key in closed:
                yield row, None


def _rows(faces: FaceQuerySet) -> Iterator[tuple[FaceRow, bytes]]:
    """Yield faces with their stamps, photo after photo."""
    stamp = Substr("embedding", 1, STAMP_BYTES, output_field=BinaryField())
    ordered = faces.order_by("photo_id", "left", "top", "pk").annotate(stamp=stamp)
    columns = ("pk", "photo_id", "cluster", "stamp", "left", "top", "right", "bottom")
    for key, photo_id, cluster, stamp, *sides in ordered.values_list(*columns).iterator(
        chunk_size=5_000
    ):
        # SQLite returns no bytes, not an empty value, for the start of an empty one.
        yield FaceRow(key, photo_id, cluster, Box(*sides)), bytes(stamp or b"")


def _sealed(faces: FaceQuerySet, keys: Collection[int]) -> Iterator[tuple[int, bytes]]:
    """Yield sealed embeddings of faces: at least those with these keys."""
    columns = faces.order_by().values_list("pk", "embedding")
    queries = (
        [columns.iterator(chunk_size=5_000)]
        if len(keys) >= _READ_ALL_FROM
        else [columns.filter(pk__in=batch) for batch in batched(sorted(keys))]
    )
    for query in queries:
        for key, sealed in query:
            yield key, bytes(sealed or b"")  # some databases return a view
