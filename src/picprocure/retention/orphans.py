"""Objects that no row knows, and rows whose object is gone.

There should be none: each object is owned by a row or doomed (`storage/files.py`). This looks
whether it is so, for a store that was restored from a backup or touched by hand.
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
    """How many objects nobody owned, and how many rows, by their model, miss an object."""

    objects: int
    missing: dict[str, int]


def sweep_orphans(*, dry_run: bool = False) -> Orphans:
    """Let go of what no row knows; with ``dry_run`` only count it."""
    objects = 0
    for some in batched(list(files.every_key())):
        orphans = _unowned(some)
        objects += len(orphans)
        if not dry_run:
            files.discard(orphans)
    if not dry_run:
        _discard_folders_of_nobody()
    missing = {name: count for name, count in _missing() if count}
    if objects or missing:
        logger.warning("Orphans: %d objects; rows whose object is gone: %s.", objects, missing)
    return Orphans(objects, missing)


def _unowned(found: Sequence[str]) -> list[str]:
    """In this order: who is not doomed any more when asked has its row by then."""
    doomed = set(PendingDeletion.objects.filter(key__in=found).values_list("key", flat=True))
    left = [key for key in found if key not in doomed]
    owned: set[str] = set()
    for model, field in OWNERS:
        rows = model.objects.filter(**{f"{field}__in": left})
        owned.update(rows.values_list(field, flat=True))
    return [key for key in left if key not in owned and not _is_published(key)]


def _is_published(key: str) -> bool:
    top, _, rest = key.partition("/")
    return top == keys.PUBLISHED and _is_known(PublishedGallery, rest.partition("/")[0])


def _missing() -> Iterator[tuple[str, int]]:
    for model, field in OWNERS:
        # A list: a cursor that stays open keeps deleted rows in SQLite's log.
        owned = list(model.objects.exclude(**{field: ""}).values_list(field, flat=True))
        gone = (key for key in owned if not files.is_stored(key))
        yield f"{model.__name__}.{field}", sum(1 for _ in gone)


def _discard_folders_of_nobody() -> None:
    """Where the store keeps a folder though nothing is in it, as Azure does a container."""
    for top, owner in ((keys.EVENTS, Event), (keys.PUBLISHED, PublishedGallery)):
        for name in files.folders(top):
            folder = f"{top}/{name}/"
            is_awaited = PendingDeletion.objects.filter(key__startswith=folder).exists()
            if not is_awaited and not _is_known(owner, name):
                files.discard_folder(folder)


def _is_known(model: type[Event | PublishedGallery], name: str) -> bool:
    try:
        return model.objects.filter(pk=UUID(name)).exists()
    except ValueError:
        return False
