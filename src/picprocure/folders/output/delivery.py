"""Delivery of each person's photos into a folder, as links or copies.

The manifest names every delivered file at all times: files that are no longer delivered are removed
before it is written, and new files are written after that. So a run that is interrupted leaves no
file that the next run doesn't know. Each file is written completely or not at all.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Final

from picprocure.folders.corrections.types import FolderChanges
from picprocure.folders.errors import FoldersError, SourceChanged, UnusableFolders
from picprocure.folders.names import printable
from picprocure.folders.output.hand_changes import REVIEW, changes_by_hand, stamp_of
from picprocure.folders.output.manifest import DeliveredFile, Manifest
from picprocure.folders.output.output_names import unique_file_names
from picprocure.folders.state_folder import STATE_FOLDER
from picprocure.system.file_names import folded

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from picprocure.folders.outcome import Outcome, SortedPhoto

_CHUNK_BYTES: Final = 1024 * 1024


@dataclass(slots=True)
class Delivery:
    """The paths of the delivered photos in the output folder, by person and photo name."""

    has_links: bool
    photos: dict[str, dict[str, str]] = field(default_factory=dict)
    review: dict[str, dict[str, str]] = field(default_factory=dict)


@contextmanager
def output_folder(out: Path) -> Iterator[OutputFolder]:
    """Create the output folder if it is missing, and lock it for one run at a time.

    Raises:
        UnusableFolders: Another run uses the folder, or its manifest can't be read.
    """
    out.mkdir(mode=0o700, parents=True, exist_ok=True)
    state_folder = out / STATE_FOLDER
    state_folder.mkdir(mode=0o700, exist_ok=True)
    with (state_folder / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise UnusableFolders(
                f"Another run is sorting into {printable(str(out))}. Wait for it, or name another "
                "folder."
            ) from error
        folder = OutputFolder(out)
        folder.begin()
        yield folder


class OutputFolder:
    """An output folder that is locked for this run."""

    def __init__(self, out: Path) -> None:
        self._out = out
        self._previous = Manifest.of(out)
        self._changes = FolderChanges()

    @property
    def thumbnail_folder(self) -> Path:
        return self._out / STATE_FOLDER / "pictures"

    @property
    def _unfinished_folder(self) -> Path:
        return self._out / STATE_FOLDER / "unfinished"

    def changes_by_hand(self, people: Iterable[str]) -> FolderChanges:
        """Return what the user changed since the last run in the folders of these people."""
        self._changes = changes_by_hand(self._out, self._previous, people)
        return self._changes

    def begin(self) -> None:
        """Write the manifest, which marks the folder as ours, before any other file."""
        self._previous.write(self._out)
        self.thumbnail_folder.mkdir(mode=0o700, exist_ok=True)
        shutil.rmtree(self._unfinished_folder, ignore_errors=True)
        self._unfinished_folder.mkdir(mode=0o700)

    def deliver(self, outcome: Outcome, *, copy: bool) -> Delivery:
        """Write the missing files, and remove files of earlier runs that are no longer delivered.

        Raises:
            FoldersError: A photo changed after its analysis, or a link or folder can't be created.
            OSError: A file can't be written.
        """
        delivery, sources = self._plan(outcome, Delivery(has_links=not copy))
        kept = {*self._kept_paths(outcome)}
        after = Manifest(
            {
                name: self._delivered_file(name, photo, copy=copy, is_named=name in kept)
                for name, photo in sources.items()
            },
            {*delivery.photos, *(f"{REVIEW}/{name}" for name in delivery.review)},
        )
        if delivery.review:
            after.folders.add(REVIEW)
        self._remove_stale(after, kept)
        changed = {
            name for name, file in after.files.items() if not file.is_unchanged_at(self._out / name)
        }
        after.pending = changed
        after.write(self._out)
        self._make_folders(after)
        for name in changed:
            self._write_photo(name, sources[name], after.files[name])
        after.pending = set()
        after.write(self._out)
        return delivery

    def _plan(
        self, outcome: Outcome, delivery: Delivery
    ) -> tuple[Delivery, dict[str, SortedPhoto]]:
        """Assign a path in the output folder to each photo, and return the photos by path."""
        sources: dict[str, SortedPhoto] = {}
        kept, held = self._kept_paths(outcome), self._held()
        for person in outcome.people:
            own = {
                path: digest
                for path, (name, digest) in kept.items()
                if name == person.name == PurePosixPath(path).parts[0]
            }
            photos = {name: outcome.photos[name] for name in person.photos}
            renamed = {
                path: digest for path, digest in own.items() if (person.name, digest) not in held
            }
            delivery.photos[person.name] = self._assign_paths(person.name, photos, renamed)
            by_digest = {photo.digest: photo for photo in photos.values()}
            for path, digest in own.items():  # several files of one content, too
                if digest in by_digest:
                    sources[path] = by_digest[digest]
            if person.review:
                folder = f"{REVIEW}/{person.name}"
                doubtful = {name: outcome.photos[name] for name in person.review}
                delivery.review[person.name] = self._assign_paths(folder, doubtful, {})
            for paths in (delivery.photos, delivery.review):
                for photo, path in paths.get(person.name, {}).items():
                    sources[path] = outcome.photos[photo]
        return delivery, sources

    def _kept_paths(self, outcome: Outcome) -> dict[str, tuple[str, str]]:
        """Return the paths that the user chose, each with the person and the photo's digest."""
        digests = {photo.digest for photo in outcome.photos.values() if photo.digest}
        kept = {}
        for file in self._changes.found:
            digest = file.digest_among(digests)
            if digest is not None and stamp_of(self._out / file.path) == file.stamp:
                kept[file.path] = file.person, digest
        for path, written in self._previous.files.items():
            is_ours = written.is_named and written.is_unchanged_at(self._out / path)
            if is_ours and written.digest in digests:
                kept[path] = PurePosixPath(path).parts[0], written.digest
        return kept

    def _held(self) -> set[tuple[str, str | None]]:
        """Return the folders and digests of files that are still where a run put them.

        A file of the same content that the user added is a second one. Otherwise it is the first
        one, which was renamed.
        """
        return {
            (PurePosixPath(path).parts[0], file.digest)
            for path, file in self._previous.files.items()
            if not file.is_named and file.is_unchanged_at(self._out / path)
        }

    def _assign_paths(
        self, folder: str, photos: Mapping[str, SortedPhoto], kept: Mapping[str, str]
    ) -> dict[str, str]:
        """Return a path for each photo: one that the user chose, or a new one."""
        chosen: dict[str, str] = {}
        free = sorted(kept)
        for name, photo in sorted(photos.items()):
            path = next((path for path in free if kept[path] == photo.digest), None)
            if path is not None:
                chosen[name] = path
                free.remove(path)
        taken = {folded(path) for path in kept}

        def is_free(name: str) -> bool:
            path = f"{folder}/{name}"
            return folded(path) not in taken and self._is_free(path)

        names = unique_file_names(photos.keys() - chosen.keys(), is_free=is_free)
        return {**chosen, **{photo: f"{folder}/{name}" for photo, name in names.items()}}

    def _is_free(self, name: str) -> bool:
        """Return whether the path is free of the user's own files."""
        path = self._out / name
        if not os.path.lexists(path):
            return True
        previous = self._previous.files.get(name)
        return previous is not None and previous.is_unchanged_at(path)

    def _delivered_file(
        self, name: str, photo: SortedPhoto, *, copy: bool, is_named: bool
    ) -> DeliveredFile:
        source = photo.path.resolve()
        if not copy:
            # Relative, so that photos and results can move together.
            folder = (self._out / name).parent.resolve()
            target = os.path.relpath(source, folder)
            return DeliveredFile(target, photo.digest, is_named=is_named)
        status = source.stat()
        return DeliveredFile(None, photo.digest, status.st_size, status.st_mtime_ns, is_named)

    def _remove_stale(self, after: Manifest, kept: Iterable[str]) -> None:
        """Remove what is no longer delivered.

        That includes photos that the user put into the folder of a person who doesn't get them:
        they are in the photos folder, so nothing is lost.
        """
        stale = [
            name
            for name, file in self._previous.files.items()
            if _differ(file, after.files.get(name)) and file.is_unchanged_at(self._out / name)
        ]
        stale += [name for name in kept if name not in after.files and name not in stale]
        self._previous.pending.update(stale)
        self._previous.write(self._out)
        for name in stale:
            (self._out / name).unlink()
        unused = self._previous.folders - after.folders
        for name in sorted(unused, key=len, reverse=True):  # subfolders first
            with contextlib.suppress(OSError):  # the user may have added files
                (self._out / name).rmdir()

    def _make_folders(self, after: Manifest) -> None:
        for name in sorted(after.folders, key=len):
            path = self._out / name
            try:
                path.mkdir(exist_ok=True)
            except FileExistsError as error:
                raise FoldersError(
                    f"{printable(str(path))} is a file, but a folder is needed there. Move it away."
                ) from error

    def _write_photo(self, name: str, photo: SortedPhoto, file: DeliveredFile) -> None:
        path = self._out / name
        unfinished = self._unfinished_folder / "file"
        unfinished.unlink(missing_ok=True)
        if file.target is None:
            _copy(photo, unfinished, file)
        else:
            _link(unfinished, file.target)
        unfinished.replace(path)


def _differ(file: DeliveredFile, other: DeliveredFile | None) -> bool:
    """Return whether a file has to be written again, or is not delivered any more."""
    if other is None:
        return True
    if file.target is not None:
        return file.target != other.target
    return replace(file, is_named=other.is_named) != other


def _link(path: Path, target: str) -> None:
    try:
        path.symlink_to(target)
    except OSError as error:
        raise FoldersError(
            f"No links can be made in {printable(str(path.parent))} ({error.strerror}). "
            "Run the command again with --copy."
        ) from error


def _copy(photo: SortedPhoto, path: Path, file: DeliveredFile) -> None:
    """Copy content and modification time.

    Raises:
        SourceChanged: The photo changed after its analysis.
    """
    digest = sha256()
    with photo.path.open("rb") as source, path.open("wb") as target:
        while chunk := source.read(_CHUNK_BYTES):
            digest.update(chunk)
            target.write(chunk)
    if digest.hexdigest() != photo.digest:
        raise SourceChanged(photo.name)
    os.utime(path, ns=(file.mtime_ns, file.mtime_ns))
