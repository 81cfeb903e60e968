"""All photos of an event as ZIP archives for its hosts, made while they are sent."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from picprocure.accounts.models import User
from picprocure.accounts.names import UNNAMED
from picprocure.events.models import Event, Registration
from picprocure.galleries.access import (
    Visitor,
    galleries_of,
    photos_managed_by,
    results_shown_in,
)
from picprocure.galleries.archives import AccessEnded, Archive, file_time
from picprocure.galleries.dated_zip import DatedZip
from picprocure.photos.models import Photo
from picprocure.photos.names import unique_names
from picprocure.storage import files
from picprocure.storage.connections import release_connection

OTHER_PHOTOS: Final = "Other photos"
"""The folder of photos that are in no person's folder. Those of people whom a co-host may not see
are here, too, so that the folder says nothing about them."""

_CHUNK_BYTES: Final = 256 * 1024
_CHECKED_AT_ONCE: Final = 200
_CHECKED_FOR_SECONDS: Final = 10
_READ: Final = ("name", "original_key", "size_bytes", "taken_at", "uploaded_at", "event_id")


@dataclass(frozen=True, slots=True)
class _Entry:
    """A photo in a folder: of the person with this registration, or of no person."""

    photo: Photo
    registration: int | None


def event_archive(*, host: Visitor, event: Event) -> Archive:
    """Return the originals of all photos of an event as an archive.

    Args:
        host: A host of the event. For others, the archive is empty.
        event: The event.

    Raises:
        AccessEnded: A photo may no longer be seen; while the archive is read.
    """
    photos = _photos(host, event)
    return _archive(host, event, photos, [(_Entry(photo, None), "") for photo in photos])


def people_archive(*, host: Visitor, event: Event) -> Archive:
    """Return the originals of all photos of an event in folders, as an archive.

    Each person whose results the host may see has a folder of the photos that the person sees now.
    A photo may be in several folders, under the same name. All others are in `OTHER_PHOTOS`.

    Args:
        host: A host of the event. For others, the archive is empty.
        event: The event.

    Raises:
        AccessEnded: A photo is no longer in a folder; while the archive is read.
    """
    photos = {photo.pk: photo for photo in _photos(host, event)}
    positions = {key: position for position, key in enumerate(photos)}
    galleries = galleries_of(event)
    shown = _people(host, event, galleries)
    other, *folders = unique_names([OTHER_PHOTOS, *map(_folder_name, shown)])
    placed = []
    for person, folder in zip(shown, folders, strict=True):
        keys = sorted(galleries[person.pk] & photos.keys(), key=positions.__getitem__)
        placed += [(_Entry(photos[key], person.pk), f"{folder}/") for key in keys]
    in_folders = {entry.photo.pk for entry, _ in placed}
    rest = [photo for key, photo in photos.items() if key not in in_folders]
    placed += [(_Entry(photo, None), f"{other}/") for photo in rest]
    return _archive(host, event, list(photos.values()), placed)


def _people(host: Visitor, event: Event, registrations: Iterable[int]) -> list[Registration]:
    """Return those of some people who have a folder, by name."""
    rows = results_shown_in(event, host).select_related("user")
    shown = rows.filter(pk__in=list(registrations))
    return sorted(shown, key=lambda row: (row.user.name.casefold(), row.pk))


def _folder_name(registration: Registration) -> str:
    name = registration.user.name.replace("/", "-").replace("\\", "-")
    return name if name.strip(" .") else UNNAMED


def _photos(host: Visitor, event: Event) -> list[Photo]:
    """Return the photos of an event in the order of their capture, with what an archive needs."""
    photos = list(photos_managed_by(host).filter(event=event).only(*_READ))
    for photo in photos:
        photo.event = event
    return photos


def _archive(
    host: Visitor, event: Event, photos: Sequence[Photo], placed: Sequence[tuple[_Entry, str]]
) -> Archive:
    """Return an archive.

    Args:
        host: The host who downloads it.
        event: The event.
        photos: All photos, in the order of their capture.
        placed: The entries in their order, each with its folder, which ends with a slash.
    """
    unique = unique_names([photo.name for photo in photos])
    names = dict(zip((photo.pk for photo in photos), unique, strict=True))
    rule = _Rule(host, event, [entry for entry, _ in placed])
    archive = DatedZip()
    for position, (entry, folder) in enumerate(placed):
        archive.add_dated(
            _original_of(rule, position),
            f"{folder}{names[entry.photo.pk]}",
            size=entry.photo.size_bytes,
            modified=file_time(entry.photo),
        )
    return Archive(chunks=iter(archive), size_bytes=len(archive))


class _Rule:
    """Asks the rule again while an archive is sent, for many of its entries at once."""

    def __init__(self, host: Visitor, event: Event, entries: Sequence[_Entry]) -> None:
        self.entries = entries
        self._host, self._event = host, event
        self._checked_to, self._checked_at = 0, 0.0

    def ensure(self, position: int) -> None:
        """Make sure that an entry may be sent.

        The last answer counts for ten seconds.

        Raises:
            AccessEnded: It may not.
        """
        is_fresh = time.monotonic() - self._checked_at < _CHECKED_FOR_SECONDS
        if position < self._checked_to and is_fresh:
            return
        entries = self.entries[position : position + _CHECKED_AT_ONCE]
        if not self._allows(entries):
            raise AccessEnded("A photo of this archive was withdrawn during the download.")
        self._checked_to, self._checked_at = position + len(entries), time.monotonic()

    def _allows(self, entries: Sequence[_Entry]) -> bool:
        # The visitor's own row was read when the download began.
        if not User.objects.filter(pk=self._host.pk or 0, is_active=True).exists():
            return False
        photos = {entry.photo.pk for entry in entries}
        there = photos_managed_by(self._host).filter(event=self._event, pk__in=photos)
        if there.count() < len(photos):
            return False
        by_person: dict[int, set[UUID]] = defaultdict(set)
        for entry in entries:
            if entry.registration is not None:
                by_person[entry.registration].add(entry.photo.pk)
        if not by_person:
            return True
        shown = results_shown_in(self._event, self._host).filter(pk__in=by_person)
        if shown.count() < len(by_person):
            return False
        galleries = galleries_of(self._event, people=by_person)
        return all(found <= galleries.get(key, set()) for key, found in by_person.items())


def _original_of(rule: _Rule, position: int) -> Iterator[bytes]:
    """Yield a photo's bytes, those from when the download began.

    Raises:
        AccessEnded: The photo may no longer be seen.
    """
    rule.ensure(position)
    release_connection()
    with files.open_stored(rule.entries[position].photo.original_key) as original:
        yield from original.chunks(_CHUNK_BYTES)
