"""Stored objects: write, read, and let go without ever losing track of one."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.core.files import File
from django.core.files.base import ContentFile
from django.core.files.storage import Storage, storages
from django.db import transaction
from django.utils import timezone

from picprocure.storage import reserve
from picprocure.storage.batches import batched
from picprocure.storage.models import PendingDeletion

logger = logging.getLogger(__name__)

# How long a written object may wait for the row that owns it.
OWNERLESS_FOR = timedelta(hours=1)

# How long a link to an object lives, in seconds: just enough to be followed.
LINK_SECONDS = 60

# How many discarded objects are removed right away.
AT_ONCE = 100


def store(key: str, content: bytes, *, ownerless_for: timedelta = OWNERLESS_FOR) -> None:
    """Write an object. The sweep removes it after ``ownerless_for`` unless `keep` pardons it.

    Call this outside a transaction: the ledger must be written even if a later step fails. Raises
    OSError; the disk may be full then.
    """
    reserve.ensure_room()
    with transaction.atomic(durable=True):
        PendingDeletion.objects.update_or_create(
            key=key, defaults={"due": timezone.now() + ownerless_for}
        )
    _backend().save(key, ContentFile(content))


def keep(*keys: str) -> None:
    """Pardon objects, in the transaction that creates the row that owns them.

    Raises FileNotFoundError when that took so long that the sweep has removed one.
    """
    for some in batched([key for key in keys if key]):
        pardoned, _ = PendingDeletion.objects.filter(key__in=some).delete()
        if pardoned < len(some):
            raise FileNotFoundError("A stored object waited too long for its row.")


def expect_no_owner(folder: str) -> None:
    """Have the next sweep remove what waits for a row in a folder, since that row won't come.

    ``folder`` ends with a slash. Call it in the transaction that deletes what owns the folder.
    """
    pending = PendingDeletion.objects.filter(key__startswith=folder, due__gt=timezone.now())
    pending.update(due=timezone.now())


def pending_owners() -> set[tuple[str, str]]:
    """The first two names in the keys of objects that wait for a row."""
    pending = PendingDeletion.objects.filter(due__gt=timezone.now()).values_list("key", flat=True)
    parts = (key.split("/", 2) for key in pending)
    return {(top, owner) for top, owner, _ in (names for names in parts if names[2:])}


def open_stored(key: str) -> File[bytes]:
    """The object's bytes for reading.

    Raises FileNotFoundError when it is gone.
    """
    return _backend().open(key)


def is_stored(key: str) -> bool:
    return _backend().exists(key)


def every_key(folder: str = "") -> Iterator[str]:
    """The key of each object that is stored in a folder, or anywhere."""
    inner, names = _listed(folder)
    prefix = f"{folder}/" if folder else ""
    for name in names:
        yield f"{prefix}{name}"
    for name in inner:
        yield from every_key(f"{prefix}{name}")


def folders(folder: str) -> list[str]:
    """The names of the folders in one."""
    inner, _names = _listed(folder)
    return inner


def _listed(folder: str) -> tuple[list[str], list[str]]:
    try:
        return _backend().listdir(folder)
    except FileNotFoundError:  # nothing was stored there yet, or all is gone
        return [], []


def link(key: str, *, content_type: str, disposition: str = "inline") -> str | None:
    """An address at the store from which this one object can be read for a minute.

    None where bytes go through the site, as they do unless the settings say otherwise.
    """
    if not settings.SIGNED_LINKS_FROM:
        return None
    address: str = _backend().link(  # type: ignore[attr-defined] # the settings chose one that can
        key, seconds=LINK_SECONDS, content_type=content_type, disposition=disposition
    )
    return address


def discard_folder(folder: str) -> None:
    """Let a folder go after what is in it, where the store keeps it as a thing of its own.

    ``folder`` ends with a slash.
    """
    if _keeps_folders():
        discard([folder])


def lends_folders() -> bool:
    """Whether the store can open a folder to whoever has its link, and close it again."""
    return hasattr(_backend(), "open_folder")


def open_folder(folder: str, *, policy: str, until: datetime) -> None:
    """Let whoever has the link list a folder and read what is in it, until then, or until it is
    let go. Opening it again under the same policy only moves the end.

    ``folder`` ends with a slash.
    """
    _backend().open_folder(folder, policy=policy, until=until)  # type: ignore[attr-defined]


def folder_link(folder: str, *, policy: str) -> str:
    """The link that works while the folder is open under this policy."""
    address: str = _backend().folder_link(folder, policy=policy)  # type: ignore[attr-defined]
    return address


def discard(keys: Iterable[str]) -> None:
    """Let objects go: listed in the caller's transaction, removed once it commits.

    Many are left to the sweep, so that nobody waits for them.
    """
    doomed = [key for key in keys if key]
    for some in batched(doomed):
        PendingDeletion.objects.filter(key__in=some).delete()
        PendingDeletion.objects.bulk_create(
            (PendingDeletion(key=key) for key in some),
            ignore_conflicts=True,  # another process lets it go at the same moment
        )
    if len(doomed) <= AT_ONCE:
        transaction.on_commit(lambda: _remove(doomed), robust=True)


def count_due() -> int:
    """How many objects `remove_due` would remove."""
    return PendingDeletion.objects.filter(due__lte=timezone.now()).count()


def remove_due(now: datetime | None = None) -> int:
    """Remove every listed object whose time has come. Returns how many went."""
    due = PendingDeletion.objects.filter(due__lte=now or timezone.now())
    return sum(_remove(some) for some in batched(list(due.values_list("key", flat=True))))


def _remove(keys: Sequence[str]) -> int:
    gone = [key for key in keys if _removed(key)]
    PendingDeletion.objects.filter(key__in=gone).delete()
    return len(gone)


def _removed(key: str) -> bool:
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
    if _keeps_folders():  # the settings may have named another store when it was listed
        _backend().remove_folder(folder)  # type: ignore[attr-defined]


def _keeps_folders() -> bool:
    return hasattr(_backend(), "remove_folder")


def _backend() -> Storage:
    return storages["photos"]
