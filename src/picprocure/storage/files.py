"""Stored objects: writing, reading and deleting them, without losing track of any object.

`PendingDeletion` lists all objects that no row owns. An object is listed before it is written.
`keep` removes it from the list, in the transaction that creates its owner.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.files import File
from django.core.files.base import ContentFile
from django.core.files.storage import Storage, storages
from django.db import transaction
from django.utils import timezone

from picprocure.storage import reserve
from picprocure.storage.batches import CHUNK, batched
from picprocure.storage.models import PendingDeletion

logger = logging.getLogger(__name__)

# How long a written object waits for its owner before the sweep deletes it.
OWNER_TIMEOUT = timedelta(hours=1)

# How long an object stays that was replaced, for downloads that began before.
DOWNLOAD_TIMEOUT = timedelta(hours=6)

# How long a link to an object is valid, in seconds. Links are followed immediately.
LINK_SECONDS = 60

# If more objects are discarded, the sweep deletes them.
MAX_IMMEDIATE = 100


def store(key: str, content: bytes, *, owner_timeout: timedelta = OWNER_TIMEOUT) -> None:
    """Write an object, which is deleted automatically unless `keep` is called in time.

    Call this outside a transaction: the object must be listed even if a later step fails.

    Args:
        key: The object's key.
        content: The object's bytes.
        owner_timeout: How long the object waits for its owner.

    Raises:
        OSError: The disk is full, or the store failed.
    """
    store_all({key: content}, owner_timeout=owner_timeout)


def store_all(objects: Mapping[str, bytes], *, owner_timeout: timedelta = OWNER_TIMEOUT) -> None:
    """Write a few objects, as `store` does, and list them in one statement.

    Args:
        objects: The objects' bytes by their keys.
        owner_timeout: How long the objects wait for their owner.

    Raises:
        OSError: The disk is full, or the store failed.
    """
    reserve.ensure_room()
    due = timezone.now() + owner_timeout
    with transaction.atomic(durable=True):
        PendingDeletion.objects.bulk_create(
            (PendingDeletion(key=key, due=due) for key in objects),
            update_conflicts=True,
            unique_fields=["key"],
            update_fields=["due"],
        )
    for key, content in objects.items():
        _backend().save(key, ContentFile(content))


def keep(*keys: str) -> None:
    """Keep objects, in the transaction that creates their owner.

    Raises:
        FileNotFoundError: The sweep has deleted an object, since this took too long.
    """
    for batch in batched([key for key in keys if key]):
        kept, _ = PendingDeletion.objects.filter(key__in=batch).delete()
        if kept < len(batch):
            raise FileNotFoundError("A stored object waited too long for its row.")


def expect_no_owner(folder: str) -> None:
    """Make objects in a folder due for deletion that still wait for their owner.

    Call this in the transaction that deletes the owner of the folder.

    Args:
        folder: The folder's key, with a slash at its end.
    """
    pending = PendingDeletion.objects.filter(key__startswith=folder, due__gt=timezone.now())
    pending.update(due=timezone.now())


def pending_owners() -> set[tuple[str, str]]:
    """Return the first two parts of the keys of objects that wait for their owner."""
    pending = PendingDeletion.objects.filter(due__gt=timezone.now()).values_list("key", flat=True)
    split_keys = (key.split("/", 2) for key in pending)
    return {(top, owner) for top, owner, _ in (parts for parts in split_keys if parts[2:])}


def open_stored(key: str) -> File[bytes]:
    """Open an object for reading.

    Raises:
        FileNotFoundError: The object was deleted.
    """
    return _backend().open(key)


def is_stored(key: str) -> bool:
    return _backend().exists(key)


def every_key(folder: str = "") -> Iterator[str]:
    """Yield the keys of all objects in a folder and its subfolders, or of all objects."""
    subfolders, names = _list(folder)
    prefix = f"{folder}/" if folder else ""
    for name in names:
        yield f"{prefix}{name}"
    for name in subfolders:
        yield from every_key(f"{prefix}{name}")


def key_batches() -> Iterator[Sequence[str]]:
    """Yield the keys of all objects in batches.

    The store is asked for whole pages, which takes few requests however many folders there are.
    """
    backend: Any = _backend()
    pages = backend.key_pages() if hasattr(backend, "key_pages") else ([key] for key in every_key())
    keys: list[str] = []
    for page in pages:
        keys += page
        if len(keys) >= CHUNK:
            yield from batched(keys)
            keys = []
    yield from batched(keys)


def folders(folder: str) -> list[str]:
    """Return the names of the subfolders of a folder."""
    subfolders, _names = _list(folder)
    return subfolders


def _list(folder: str) -> tuple[list[str], list[str]]:
    """Return the names of the subfolders and objects in a folder."""
    try:
        return _backend().listdir(folder)
    except FileNotFoundError:  # a folder exists only while it has objects
        return [], []


def link(key: str, *, content_type: str, disposition: str = "inline") -> str | None:
    """Return an address at the store from which only this object can be read, for a minute.

    Returns:
        None if the settings don't allow links, so that the site must send the bytes.
    """
    if not settings.SIGNED_LINKS_FROM:
        return None
    address: str = _backend().link(  # type: ignore[attr-defined] # the settings ensure this
        key, seconds=LINK_SECONDS, content_type=content_type, disposition=disposition
    )
    return address


def has_folders() -> bool:
    """Return whether folders of the store must be deleted after their objects."""
    return hasattr(_backend(), "remove_folder")


def discard_folder(folder: str) -> None:
    """Delete a folder after its objects, if the store has folders that must be deleted.

    Args:
        folder: The folder's key, with a slash at its end.
    """
    if has_folders():
        discard([folder])


def supports_folder_links() -> bool:
    """Return whether the store can open a folder to people who have its link."""
    return hasattr(_backend(), "open_folder")


def open_folder(folder: str, *, policy: str, until: datetime) -> None:
    """Let people with the link list a folder and read its objects.

    Opening it again under the same policy only changes the end.

    Args:
        folder: The folder's key, with a slash at its end.
        policy: The name of the access policy that the link refers to.
        until: When the link ends. It ends earlier if the folder is discarded.
    """
    _backend().open_folder(folder, policy=policy, until=until)  # type: ignore[attr-defined]


def folder_link(folder: str, *, policy: str) -> str:
    """Return the link that works while the folder is open under this policy."""
    address: str = _backend().folder_link(folder, policy=policy)  # type: ignore[attr-defined]
    return address


def discard(keys: Iterable[str]) -> None:
    """Delete objects: list them in the caller's transaction, and delete them after its commit.

    If there are more than `MAX_IMMEDIATE`, the sweep deletes them, so that the caller doesn't wait.
    """
    discarded = [key for key in keys if key]
    if not discarded:
        return
    for batch in batched(discarded):
        PendingDeletion.objects.filter(key__in=batch).delete()
        PendingDeletion.objects.bulk_create(
            (PendingDeletion(key=key) for key in batch),
            ignore_conflicts=True,  # another process may discard the same object now
        )
    if len(discarded) <= MAX_IMMEDIATE:
        transaction.on_commit(lambda: _remove_all(discarded), robust=True)


def discard_later(keys: Iterable[str]) -> None:
    """Delete objects after `DOWNLOAD_TIMEOUT`, by the sweep. Call this in a transaction.

    Their row has other objects now. Downloads that began before still read these.
    """
    due = timezone.now() + DOWNLOAD_TIMEOUT
    for batch in batched([key for key in keys if key]):
        PendingDeletion.objects.filter(key__in=batch).delete()
        PendingDeletion.objects.bulk_create(PendingDeletion(key=key, due=due) for key in batch)


def count_due() -> int:
    """Return how many objects `remove_due` would delete."""
    return PendingDeletion.objects.filter(due__lte=timezone.now()).count()


def remove_due(now: datetime | None = None) -> int:
    """Delete all objects that are due for deletion.

    Returns:
        The number of deleted objects.
    """
    due = PendingDeletion.objects.filter(due__lte=now or timezone.now())
    return sum(_remove_all(batch) for batch in batched(list(due.values_list("key", flat=True))))


def _remove_all(keys: Sequence[str]) -> int:
    removed = [key for key in keys if _remove(key)]
    PendingDeletion.objects.filter(key__in=removed).delete()
    return len(removed)


def _remove(key: str) -> bool:
    """Delete an object or folder. Return whether it doesn't exist any more."""
    try:
        if key.endswith("/"):
            _remove_folder(key)
        else:
            _backend().delete(key)
    except FileNotFoundError:
        return True
    except OSError:
        logger.exception("An object could not be removed; the next sweep tries again.")
        return False
    return True


def _remove_folder(folder: str) -> None:
    if has_folders():  # the settings may have named another store when it was listed
        _backend().remove_folder(folder)  # type: ignore[attr-defined]


def _backend() -> Storage:
    return storages["photos"]
