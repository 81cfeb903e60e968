"""Everybody's photos in folders of their own, as links or copies.

At every moment the manifest names every file that was put: what no longer holds is removed before
it is written anew, what is missing is put only then. So a run that ends in the middle leaves
nothing that the next one doesn't know. Every file appears as a whole.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Final

from picprocure.folders.errors import FoldersError, SourceChanged, UnusableFolders
from picprocure.folders.names import shown
from picprocure.folders.output.manifest import Manifest, Placed
from picprocure.folders.output.output_names import readable_names
from picprocure.folders.state_folder import STATE_FOLDER

if TYPE_CHECKING:
    from collections.abc import Iterable

    from picprocure.folders.outcome import Outcome, SortedPhoto

REVIEW: Final = "_review"

_CHUNK_BYTES: Final = 1024 * 1024


@dataclass(slots=True)
class Delivered:
    """Where a person's photos lie, below the output folder, by the photos' names."""

    has_links: bool
    photos: dict[str, dict[str, str]] = field(default_factory=dict)
    review: dict[str, dict[str, str]] = field(default_factory=dict)


@contextmanager
def output_folder(out: Path) -> Iterator[OutputFolder]:
    """The folder, made if it is missing, for one run at a time. Raises ``UnusableFolders``."""
    out.mkdir(mode=0o700, parents=True, exist_ok=True)
    corner = out / STATE_FOLDER
    corner.mkdir(mode=0o700, exist_ok=True)
    with (corner / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise UnusableFolders(
                f"Another run is sorting into {shown(str(out))}. Wait for it, or name another "
                "folder."
            ) from error
        folder = OutputFolder(out)
        folder.begin()
        yield folder


class OutputFolder:
    def __init__(self, out: Path) -> None:
        self._out = out
        self._before = Manifest.of(out)

    @property
    def pictures(self) -> Path:
        return self._out / STATE_FOLDER / "pictures"

    @property
    def _unfinished(self) -> Path:
        return self._out / STATE_FOLDER / "unfinished"

    def begin(self) -> None:
        """Make it ours before anything else is put there."""
        self._before.write(self._out)
        self.pictures.mkdir(mode=0o700, exist_ok=True)
        shutil.rmtree(self._unfinished, ignore_errors=True)
        self._unfinished.mkdir(mode=0o700)

    def deliver(self, outcome: Outcome, *, copy: bool) -> Delivered:
        """Put what is missing, remove what an earlier run put and no longer holds.

        Raises ``FoldersError`` and ``OSError``.
        """
        delivered, sources = self._plan(outcome, Delivered(has_links=not copy))
        after = Manifest(
            {name: self._placed(name, photo, copy=copy) for name, photo in sources.items()},
            {*delivered.photos, *(f"{REVIEW}/{name}" for name in delivered.review)},
        )
        if delivered.review:
            after.folders.add(REVIEW)
        self._remove_stale(after)
        after.write(self._out)
        self._make_folders(after)
        for name, photo in sources.items():
            self._put(name, photo, after.files[name])
        return delivered

    def _plan(
        self, outcome: Outcome, delivered: Delivered
    ) -> tuple[Delivered, dict[str, SortedPhoto]]:
        """What goes where, by its path below this folder."""
        sources: dict[str, SortedPhoto] = {}
        for person in outcome.people:
            delivered.photos[person.name] = self._names(person.name, person.photos)
            if person.review:
                folder = f"{REVIEW}/{person.name}"
                delivered.review[person.name] = self._names(folder, person.review)
            for places in (delivered.photos, delivered.review):
                for photo, place in places.get(person.name, {}).items():
                    sources[place] = outcome.photos[photo]
        return delivered, sources

    def _names(self, folder: str, photos: Iterable[str]) -> dict[str, str]:
        def is_free(name: str) -> bool:
            return self._is_free(f"{folder}/{name}")

        names = readable_names(photos, is_free=is_free)
        return {photo: f"{folder}/{name}" for photo, name in names.items()}

    def _is_free(self, name: str) -> bool:
        """Whether no file of the user's is there."""
        path = self._out / name
        if not os.path.lexists(path):
            return True
        before = self._before.files.get(name)
        return before is not None and before.is_still_at(path)

    def _placed(self, name: str, photo: SortedPhoto, *, copy: bool) -> Placed:
        source = photo.path.resolve()
        if not copy:
            # Relative, so that photos and results can move together.
            folder = (self._out / name).parent.resolve()
            return Placed(target=os.path.relpath(source, folder))
        status = source.stat()
        return Placed(None, photo.digest, status.st_size, status.st_mtime_ns)

    def _remove_stale(self, after: Manifest) -> None:
        for name, placed in self._before.files.items():
            path = self._out / name
            if after.files.get(name) != placed and placed.is_still_at(path):
                path.unlink()
        gone = self._before.folders - after.folders
        for name in sorted(gone, key=len, reverse=True):  # what is inside goes first
            with contextlib.suppress(OSError):  # something of the user's is in it
                (self._out / name).rmdir()

    def _make_folders(self, after: Manifest) -> None:
        for name in sorted(after.folders, key=len):
            path = self._out / name
            try:
                path.mkdir(exist_ok=True)
            except FileExistsError as error:
                raise FoldersError(
                    f"{shown(str(path))} is a file, but a folder is needed there. Move it away."
                ) from error

    def _put(self, name: str, photo: SortedPhoto, placed: Placed) -> None:
        path = self._out / name
        if placed.is_still_at(path):
            return
        unfinished = self._unfinished / "file"
        unfinished.unlink(missing_ok=True)
        if placed.target is None:
            _copy(photo, unfinished, placed)
        else:
            _link(unfinished, placed.target)
        unfinished.replace(path)


def _link(path: Path, target: str) -> None:
    try:
        path.symlink_to(target)
    except OSError as error:
        raise FoldersError(
            f"No links can be made in {shown(str(path.parent))} ({error.strerror}). "
            "Run the command again with --copy."
        ) from error


def _copy(photo: SortedPhoto, path: Path, placed: Placed) -> None:
    """The bytes and the time as they are; raises ``SourceChanged`` when it is another photo now."""
    digest = sha256()
    with photo.path.open("rb") as source, path.open("wb") as target:
        while chunk := source.read(_CHUNK_BYTES):
            digest.update(chunk)
            target.write(chunk)
    if digest.hexdigest() != photo.digest:
        raise SourceChanged(photo.name)
    os.utime(path, ns=(placed.mtime_ns, placed.mtime_ns))
