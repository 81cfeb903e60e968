"""What the user changed in the output folder since the last run.

A file is known by its content, so it may have any name. Links are known by what they lead to, or by
their text if they were moved to a place from which they lead nowhere.
"""

from __future__ import annotations

import os
import stat
from collections import defaultdict
from hashlib import file_digest
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Final

from picprocure.folders.corrections.types import FolderChanges, FoundFile, LostFile
from picprocure.folders.search import is_photo
from picprocure.imaging.limits import MAX_FILE_BYTES
from picprocure.system.file_names import folded

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from picprocure.folders.output.manifest import Manifest

REVIEW: Final = "_review"

_SEVERAL: Final = 2
"""A folder that lost this many files and has none left was emptied, not corrected, unless one of
them is in another folder now."""


def changes_by_hand(out: Path, manifest: Manifest, people: Iterable[str]) -> FolderChanges:
    """Compare an output folder with what the last run wrote into it.

    Args:
        out: The output folder.
        manifest: What the last run wrote.
        people: The names of the people who are searched for.
    """
    names = {folded(name): name for name in people}
    present = {name for name, file in manifest.files.items() if file.is_unchanged_at(out / name)}
    found = tuple(_found_files(out, manifest, names, present))
    lost = tuple(_lost_files(out, manifest, present))
    kept = frozenset(
        (_owner(name), manifest.files[name].digest or "")
        for name in present
        if not _is_review(name)
    )
    return FolderChanges(
        found=found,
        lost=lost,
        kept=kept,
        cleared=_cleared(out, lost, found),
        unknown_folders=tuple(_unknown_folders(out, manifest, names)),
        written=frozenset(file.digest for file in manifest.files.values() if file.digest),
    )


def _owner(name: str) -> str:
    parts = PurePosixPath(name).parts
    return parts[1] if _is_review(name) else parts[0]


def _is_review(name: str) -> bool:
    return PurePosixPath(name).parts[0] == REVIEW


def _folder(name: str) -> str:
    return f"{REVIEW}/{_owner(name)}" if _is_review(name) else _owner(name)


def _lost_files(out: Path, manifest: Manifest, present: set[str]) -> Iterator[LostFile]:
    for name, file in sorted(manifest.files.items()):
        if name in present or name in manifest.pending or file.digest is None:
            continue
        is_replaced = os.path.lexists(out / name)
        yield LostFile(name, _owner(name), file.digest, _is_review(name), is_replaced)


def _cleared(out: Path, lost: Iterable[LostFile], found: Iterable[FoundFile]) -> frozenset[str]:
    """Return the folders that were deleted, or emptied of several photos.

    A folder whose photos are all in another person's folder now was renamed, so it isn't one of
    them. Nor is a folder that was emptied by moving at least one of its photos.
    """
    digests: dict[str, set[str]] = defaultdict(set)
    for file in lost:
        digests[_folder(file.path)].add(file.digest)
    by_person: dict[str, set[str]] = defaultdict(set)
    for added in found:
        by_person[added.person].update(added.digests)
    elsewhere = {digest for own in by_person.values() for digest in own}
    return frozenset(
        folder
        for folder, own in digests.items()
        if not any(own <= others for others in by_person.values())
        and (
            not (out / folder).is_dir()
            or (
                len(own) >= _SEVERAL
                and elsewhere.isdisjoint(own)
                and not any(True for _ in _files_below(out / folder))
            )
        )
    )


def _found_files(
    out: Path, manifest: Manifest, names: dict[str, str], present: set[str]
) -> Iterator[FoundFile]:
    """Yield the files in people's folders that no run wrote."""
    texts = _digests_by_link_text(manifest)
    written = _present_files(out, present)
    for folder in _folders(out):
        person = names.get(folded(folder.name))
        if person is None:
            continue
        own = out / person
        is_in_another_case = _identity(own) == _identity(folder)
        for path in _files_below(own if is_in_another_case else folder):
            name = path.relative_to(out).as_posix()
            if written.get(_folded_path(name), ()) != _identity(path):
                digests = tuple(_possible_digests(path, texts))
                yield FoundFile(name, person, digests, is_photo(path), stamp_of(path))


def _unknown_folders(out: Path, manifest: Manifest, names: dict[str, str]) -> Iterator[str]:
    """Yield the folders with photos that belong to no person and were made by no run."""
    for folder in _folders(out):
        is_known = folded(folder.name) in names or folder.name in {REVIEW, *manifest.folders}
        if not is_known and any(is_photo(path) for path in _files_below(folder)):
            yield folder.name


def _folders(out: Path) -> list[Path]:
    return sorted(
        path
        for path in out.iterdir()
        if path.is_dir() and not path.is_symlink() and not path.name.startswith(".")
    )


def _files_below(folder: Path) -> Iterator[Path]:
    """Yield the visible files of a folder and its subfolders, sorted, without linked folders."""
    try:
        entries = sorted(folder.iterdir())
    except OSError:
        return
    for path in entries:
        if path.name.startswith("."):
            continue
        if path.is_symlink() or not path.is_dir():
            yield path
        else:
            yield from _files_below(path)


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        status = path.lstat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


def _present_files(out: Path, present: Iterable[str]) -> dict[str, tuple[int, int] | None]:
    """Return the files that are still there. A disk may show them under names in another case."""
    return {_folded_path(name): _identity(out / name) for name in present}


def stamp_of(path: Path) -> tuple[int, ...] | None:
    """Return what changes when a file is changed or replaced."""
    try:
        status = path.lstat()
    except OSError:
        return None
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns


def _folded_path(name: str) -> str:
    return "/".join(map(folded, name.split("/")))


def _digests_by_link_text(manifest: Manifest) -> dict[str, set[str]]:
    texts: dict[str, set[str]] = defaultdict(set)
    for file in manifest.files.values():
        if file.target is not None and file.digest is not None:
            texts[file.target].add(file.digest)
    return texts


def _possible_digests(path: Path, texts: dict[str, set[str]]) -> Iterator[str]:
    content = _digest(path)
    if content is not None:
        yield content
    if path.is_symlink():
        known = texts.get(str(path.readlink()), set())
        if len(known) == 1:
            yield from known - {content}


def _digest(path: Path) -> str | None:
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode) or status.st_size > MAX_FILE_BYTES:
            return None
        with path.open("rb") as file:
            return file_digest(file, "sha256").hexdigest()
    except OSError:
        return None
