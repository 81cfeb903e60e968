"""Orphans: stored objects without a row, and rows whose object is missing.

There should be none: a row owns each object, or its deletion is pending (`storage/files.py`). This
check is for stores that were restored from a backup or changed by hand.
"""

from __future__ import annotations

import contextlib
import logging
from array import array
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any
from uuid import UUID

import numpy as np
from django.db import models
from numpy.typing import NDArray

from picprocure.events.models import Event
from picprocure.galleries.models import PublishedGallery
from picprocure.photos.models import Photo
from picprocure.recognition.models import Anchor, Reference
from picprocure.storage import files, keys
from picprocure.storage.batches import CHUNK, batched
from picprocure.storage.models import PendingDeletion

logger = logging.getLogger(__name__)

# Every field that holds a storage key.
OWNERS: tuple[tuple[type[Event | Photo | Reference | Anchor], str], ...] = (
    (Event, "cover_key"),
    (Photo, "original_key"),
    (Photo, "web_key"),
    (Photo, "thumbnail_key"),
    (Reference, "image_key"),
    (Anchor, "image_key"),
)


@dataclass(frozen=True, slots=True)
class Orphans:
    """How many objects had no owner, and how many rows miss an object.

    Attributes:
        objects: Objects without an owner.
        missing: Rows without their object, by `Model.field`.
    """

    objects: int
    missing: dict[str, int]


def sweep_orphans(*, dry_run: bool = False) -> Orphans:
    """Delete objects that no row owns.

    The store is listed in pages. For each object, only eight bytes are kept.

    Args:
        dry_run: Whether to count them only.
    """
    objects, stored = 0, array("Q")
    for batch in files.key_batches():
        stored.extend(map(_fingerprint, batch))
        orphans = _unowned(batch)
        objects += len(orphans)
        if not dry_run:
            files.discard(orphans)
    if not dry_run:
        _discard_unowned_folders()
    missing = _missing(np.unique(np.array(stored, dtype=np.uint64)))
    if objects or missing:
        logger.warning("Orphans: %d objects; rows whose object is gone: %s.", objects, missing)
    return Orphans(objects, missing)


def _fingerprint(key: str) -> int:
    """Return 64 bits of a key's digest."""
    return int.from_bytes(blake2b(key.encode(), digest_size=8).digest(), "little")


def _unowned(stored_keys: Sequence[str]) -> list[str]:
    """Return the keys of objects that no row owns and whose deletion isn't pending.

    Read pending deletions before owners: an object that just left the first list already has its
    row.
    """
    pending = set(PendingDeletion.objects.filter(key__in=stored_keys).values_list("key", flat=True))
    candidates = [key for key in stored_keys if key not in pending]
    owned = _owned_by_named_rows(candidates)
    unexpected = [key for key in candidates if key not in owned]
    if unexpected:
        # A row may own a key that names another one. This reads whole tables, but is rare.
        for model, field in OWNERS:
            rows = model.objects.filter(**{f"{field}__in": unexpected})
            owned.update(rows.values_list(field, flat=True))
    return [key for key in unexpected if key not in owned]


def _owned_by_named_rows(stored_keys: Sequence[str]) -> set[str]:
    """Return the keys that belong to the row whose id they have, which is found by an index."""
    named: dict[str, set[UUID]] = defaultdict(set)
    published: dict[str, UUID] = {}
    for key in stored_keys:
        top, *parts = key.split("/")
        if top == keys.PUBLISHED and (gallery := _uuid(parts[0])):
            published[key] = gallery
        for part in parts:
            if row_id := _uuid(part.removesuffix(".sealed")):
                named[top].add(row_id)
    owned: set[str] = set()
    for model, fields in _fields_of_owners().items():
        rows = model._default_manager.filter(pk__in=named[keys.REFERENCES])
        if model in {Event, Photo}:
            rows = model._default_manager.filter(pk__in=named[keys.EVENTS])
        if model is Anchor:  # the key has the id of its reference, which may be deleted
            rows = model._default_manager.filter(image_key__in=stored_keys)
        for values in rows.values_list(*fields):
            owned.update(values)
    galleries = PublishedGallery.objects.filter(pk__in=set(published.values()))
    existing = set(galleries.values_list("pk", flat=True))
    owned.update(key for key, gallery in published.items() if gallery in existing)
    return owned


def _missing(stored: NDArray[np.uint64]) -> dict[str, int]:
    """Return how many rows miss their object, by field.

    Args:
        stored: Fingerprints of all stored keys, sorted. Objects stored since then are looked up.
    """
    missing: Counter[str] = Counter()
    for model, fields in _fields_of_owners().items():
        last: Any = None
        # Read batches, since an open cursor keeps deleted rows in SQLite's log.
        while rows := list(_after(model, last).values_list("pk", *fields)[:CHUNK]):
            last = rows[-1][0]
            for field, owned in zip(
                fields, zip(*(row[1:] for row in rows), strict=True), strict=True
            ):
                sought = [key for key in owned if key]
                prints = np.array([_fingerprint(key) for key in sought], dtype=np.uint64)
                is_listed = np.isin(prints, stored)
                unlisted = [key for key, found in zip(sought, is_listed, strict=True) if not found]
                missing[f"{model.__name__}.{field}"] += sum(
                    not files.is_stored(key) for key in unlisted
                )
    return {name: count for name, count in missing.items() if count}


def _after(model: type[models.Model], last: Any) -> models.QuerySet[Any]:
    """Return the rows after one with this primary key, in the order of their keys."""
    rows = model._default_manager.order_by("pk")
    return rows if last is None else rows.filter(pk__gt=last)


def _fields_of_owners() -> dict[type[Event | Photo | Reference | Anchor], list[str]]:
    fields: dict[type[Event | Photo | Reference | Anchor], list[str]] = defaultdict(list)
    for model, field in OWNERS:
        fields[model].append(field)
    return fields


def _discard_unowned_folders() -> None:
    """Delete folders without an owner, where stores have empty folders, as Azure has containers."""
    if not files.has_folders():
        return
    for top, owner in ((keys.EVENTS, Event), (keys.PUBLISHED, PublishedGallery)):
        for names in batched(files.folders(top)):
            # Pending deletions are read before owners, as in `_unowned`.
            pending = {
                name
                for name in names
                if PendingDeletion.objects.filter(key__startswith=f"{top}/{name}/").exists()
            }
            ids = {name: _uuid(name) for name in names}
            rows = owner._default_manager.filter(pk__in=filter(None, ids.values()))
            known = set(rows.values_list("pk", flat=True))
            for name in names:
                if name not in pending and ids[name] not in known:
                    files.discard_folder(f"{top}/{name}/")


def _uuid(text: str) -> UUID | None:
    with contextlib.suppress(ValueError):
        return UUID(text)
    return None
