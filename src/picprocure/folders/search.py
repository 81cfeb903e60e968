"""Finding the photos of a folder."""

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
"""Device and number of a folder: the same for all paths that lead to it."""


@dataclass(frozen=True, slots=True)
class PhotoFile:
    """``name`` is the path below the folder that was searched, with forward slashes."""

    name: str
    path: Path


@dataclass(slots=True)
class Found:
    """``others`` counts files that are no photos; ``problems`` are folders that can't be read."""

    root: Path
    photos: list[PhotoFile] = field(default_factory=list)
    others: int = 0
    problems: dict[str, str] = field(default_factory=dict)


def find_photos(root: Path, *, leave_out: Iterable[Path] = ()) -> Found:
    """All photos below a folder, by name.

    Hidden files, ``leave_out`` and folders that an earlier run delivered into are passed over.
    Links are followed; no folder is searched twice, so a circle of links ends.
    """
    found = Found(root)
    seen = {_identity(path) for path in leave_out if path.is_dir()}
    folders, linked = [root], list[Path]()
    while folders or linked:
        folder = folders.pop() if folders else linked.pop()
        try:
            identity = _identity(folder)
            if identity in seen or (folder != root and is_output_folder(folder)):
                continue
            seen.add(identity)
            _search(folder, root, found, folders, linked)
        except OSError as error:
            found.problems[_name(folder, root)] = f"The folder can't be read: {error.strerror}."
    found.photos.sort(key=lambda photo: photo.name)
    return found


def _identity(folder: Path) -> Identity:
    status = folder.stat()
    return status.st_dev, status.st_ino


def _search(
    folder: Path, root: Path, found: Found, folders: list[Path], linked: list[Path]
) -> None:
    """One folder's own files; its folders are put aside, those behind links for the very last.

    So a photo is known by its own place, whatever links lead to it.
    """
    with os.scandir(folder) as entries:
        visible = [entry for entry in entries if not entry.name.startswith(".")]
    for entry in sorted(visible, key=lambda entry: entry.name, reverse=True):
        if _is_folder(entry):
            (linked if entry.is_symlink() else folders).append(Path(entry.path))
        elif _may_be_read(entry):
            path = Path(entry.path)
            if is_photo(path):
                found.photos.append(PhotoFile(_name(path, root), path))
            else:
                found.others += 1


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link to itself
        return False


def _may_be_read(entry: os.DirEntry[str]) -> bool:
    """Whether it is a file; a pipe would be waited for. A link to nothing is a file that fails."""
    try:
        return stat.S_ISREG(entry.stat().st_mode)
    except OSError:
        return True


def _name(path: Path, root: Path) -> str:
    return path.relative_to(root).as_posix()


def is_photo(path: Path) -> bool:
    """Return whether a file is to be read as a photo, by its suffix or its first bytes.

    A file with a photo's suffix that can't be read is reported, not skipped.
    """
    return path.suffix.lower() in PHOTO_SUFFIXES or _begins_like_a_photo(path)


def _begins_like_a_photo(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return kind_of(file.read(HEAD_BYTES)) is not None
    except OSError:
        return False
