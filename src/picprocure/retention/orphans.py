"""Orphans: stored objects without a row, and rows whose object is missing.

There should be none: a row owns each object, or its deletion is pending (`storage/files.py`). This
check is for stores that were restored from a backup or changed by hand.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from picprocure.events.models import Event
from picprocure.galleries.models import PublishedGallery
from picprocure.photos.models import Photo
from picprocure.recognition.models import Anchor, Reference
from picprocure.storage import files, keys
from picprocure.storage.batches import batched
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

    Args:
        dry_run: Whether to count them only.
    """
    objects = 0
    for batch in batched(list(files.every_key())):
        orphans = _unowned(batch)
        objects += len(orphans)
        if not dry_run:
            files.discard(orphans)
    if not dry_run:
        _discard_unowned_folders()
    missing = {name: count for name, count in _missing() if count}
    if objects or missing:
        logger.warning("Orphans: %d objects; rows whose object is gone: %s.", objects, missing)
    return Orphans(objects, missing)


def _unowned(stored_keys: Sequence[str]) -> list[str]:
    """Return the keys of objects that no row owns and whose deletion isn't pending.

    Read pending deletions before owners: an object that just left the first list already has its
    row.
    """
    pending = set(PendingDeletion.objects.filter(key__in=stored_keys).values_list("key", flat=True))
    candidates = [key for key in stored_keys if key not in pending]
    owned: set[str] = set()
    for model, field in OWNERS:
        rows = model.objects.filter(**{f"{field}__in": candidates})
        owned.update(rows.values_list(field, flat=True))
    return [key for key in candidates if key not in owned and not _is_published(key)]


def _is_published(key: str) -> bool:
    top, _, rest = key.partition("/")
    return top == keys.PUBLISHED and _is_known(PublishedGallery, rest.partition("/")[0])


def _missing() -> Iterator[tuple[str, int]]:
    """Yield each field with a storage key, and how many rows miss their object."""
    for model, field in OWNERS:
        # Make a list, since an open cursor keeps deleted rows in SQLite's log.
        owned = list(model.objects.exclude(**{field: ""}).values_list(field, flat=True))
        missing = (key for key in owned if not files.is_stored(key))
        yield f"{model.__name__}.{field}", sum(1 for _ in missing)


def _discard_unowned_folders() -> None:
    """Delete folders without an owner, where stores have empty folders, as Azure has containers."""
    for top, owner in ((keys.EVENTS, Event), (keys.PUBLISHED, PublishedGallery)):
        for name in files.folders(top):
            folder = f"{top}/{name}/"
            is_pending = PendingDeletion.objects.filter(key__startswith=folder).exists()
            if not is_pending and not _is_known(owner, name):
                files.discard_folder(folder)


def _is_known(model: type[Event | PublishedGallery], name: str) -> bool:
    try:
        return model.objects.filter(pk=UUID(name)).exists()
    except ValueError:
        return False
