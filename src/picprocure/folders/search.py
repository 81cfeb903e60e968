"""Search for the photos of a folder."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from picprocure.folders.state_folder import is_output_folder
from picprocure.imaging.kinds import HEAD_BYTES, PHOTO_SUFFIXES, kind_of

if TYPE_CHECKING:
    from collections.abc import Iterable

Identity: TypeAlias = tuple[int, int]
"""Device and inode of a folder: the same for all paths that lead to it."""


@dataclass(frozen=True, slots=True)
class PhotoFile:
    """A photo file.

    Attributes:
        name: The path below the searched folder, with forward slashes.
    """

    name: str
    path: Path


@dataclass(slots=True)
class FolderScan:
    """The result of a search.

    Attributes:
        other_files: The number of files that are not photos.
        problems: The folders that can't be read, with the reason.
    """

    root: Path
    photos: list[PhotoFile] = field(default_factory=list)
    other_files: int = 0
    problems: dict[str, str] = field(default_factory=dict)


def find_photos(root: Path, *, excluded: Iterable[Path] = ()) -> FolderScan:
    """Return all photos below a folder, sorted by name.

    Hidden files, `excluded` folders and output folders of earlier runs are skipped. Links are
    followed. No folder is searched twice, so circular links are no problem.
    """
    scan = FolderScan(root)
    seen = {_identity(path) for path in excluded if path.is_dir()}
    folders, linked = [root], list[Path]()
    while folders or linked:
        folder = folders.pop() if folders else linked.pop()
        try:
            identity = _identity(folder)
            if identity in seen or (folder != root and is_output_folder(folder)):
                continue
            seen.add(identity)
            _search(folder, root, scan, folders, linked)
        except OSError as error:
            scan.problems[_name(folder, root)] = f"The folder can't be read: {error.strerror}."
    scan.photos.sort(key=lambda photo: photo.name)
    return scan


def _identity(folder: Path) -> Identity:
    status = folder.stat()
    return status.st_dev, status.st_ino


def _search(
    folder: Path, root: Path, scan: FolderScan, folders: list[Path], linked: list[Path]
) -> None:
    """Add the photos of one folder, and queue its subfolders.

    Linked folders are queued separately and searched last. So each photo is found by its real path
    even if links lead to it, too.
    """
    with os.scandir(folder) as entries:
        visible = [entry for entry in entries if not entry.name.startswith(".")]
    for entry in sorted(visible, key=lambda entry: entry.name, reverse=True):
        if _is_folder(entry):
            (linked if entry.is_symlink() else folders).append(Path(entry.path))
        elif _may_be_read(entry):
            path = Path(entry.path)
            if is_photo(path):
                scan.photos.append(PhotoFile(_name(path, root), path))
            else:
                scan.other_files += 1


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link to itself
        return False


def _may_be_read(entry: os.DirEntry[str]) -> bool:
    """Return whether the entry is a regular file.

    Reading a pipe would block. A broken link returns True, so that reading it fails and is
    reported.
    """
    try:
        return stat.S_ISREG(entry.stat().st_mode)
    except OSError:
        return True


def _name(path: Path, root: Path) -> str:
    return path.relative_to(root).as_posix()


def is_photo(path: Path) -> bool:
    """Return whether to read a file as a photo, by its suffix or its first bytes.

    A file with a photo's suffix that can't be read is reported, not skipped.
    """
    return path.suffix.lower() in PHOTO_SUFFIXES or _has_photo_content(path)


def _has_photo_content(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return kind_of(file.read(HEAD_BYTES)) is not None
    except OSError:
        return False
