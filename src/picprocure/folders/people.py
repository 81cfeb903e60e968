"""Who is looked for: a photo or a folder of photos with somebody's name."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from picprocure.folders.errors import UnusableFolders
from picprocure.folders.names import shown
from picprocure.folders.search import PhotoFile, find_photos, is_photo
from picprocure.system.file_names import folded

if TYPE_CHECKING:
    from collections.abc import Iterable

RESERVED: Final = ("_review", "index.html")
"""Names that the output folder needs for itself."""


@dataclass(frozen=True, slots=True)
class PersonFiles:
    name: str
    references: tuple[PhotoFile, ...]


def find_people(root: Path) -> list[PersonFiles]:
    """The people of a folder, by name. ``Ada.jpg`` and the photos in ``Ada/`` are one person's.

    Raises ``UnusableFolders`` when there is nobody, or a name that can't have a folder of its own.
    """
    files: dict[str, list[PhotoFile]] = {}
    for entry in sorted(root.iterdir()):
        if entry.name.startswith("."):
            continue
        if entry.is_dir():
            inside = find_photos(entry).photos
            named = [PhotoFile(f"{entry.name}/{file.name}", file.path) for file in inside]
            files.setdefault(entry.name, []).extend(named)
        elif (entry.is_file() or not entry.exists()) and is_photo(entry):  # or a link to nothing
            files.setdefault(entry.stem, []).append(PhotoFile(entry.name, entry))
    _require_people(root, files)
    _require_clear_names(files)
    return [PersonFiles(name, tuple(references)) for name, references in sorted(files.items())]


def _require_people(root: Path, names: Iterable[str]) -> None:
    if not any(True for _ in names):
        raise UnusableFolders(
            f"There are no people in {shown(str(root))}. For each person, add a photo NAME.jpg, or "
            "a folder NAME with several photos."
        )


def _require_clear_names(names: Iterable[str]) -> None:
    """Two people must never share a folder, on whatever disk it is made or copied to."""
    known: dict[str, str] = {}
    for name in names:
        if folded(name) in RESERVED or not folded(name):
            raise UnusableFolders(
                f"A person can't be called {shown(name)!r}, because the results use that name. "
                "Rename the person's photo or folder."
            )
        other = known.setdefault(folded(name), name)
        if other != name:
            raise UnusableFolders(
                f"{shown(other)!r} and {shown(name)!r} would share one folder on some disks. "
                "Rename one of them. If they're the same person, give both photos the same name."
            )
