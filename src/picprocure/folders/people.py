"""The people to search for: each is a photo or a folder of photos, named after the person."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from picprocure.folders.errors import UnusableFolders
from picprocure.folders.names import printable
from picprocure.folders.search import PhotoFile, find_photos, is_photo
from picprocure.system.file_names import folded

if TYPE_CHECKING:
    from collections.abc import Iterable

RESERVED: Final = ("_review", "index.html", "decisions.json")
"""Names in the output folder that no person can have."""


@dataclass(frozen=True, slots=True)
class PersonFiles:
    """A person's name and reference photos."""

    name: str
    references: tuple[PhotoFile, ...]


def find_people(root: Path) -> list[PersonFiles]:
    """Return the people of a folder, sorted by name.

    `Ada.jpg` and the photos in the folder `Ada/` belong to the same person.

    Raises:
        UnusableFolders: The folder contains no person, or a name that can't be used for a folder.
    """
    files: dict[str, list[PhotoFile]] = {}
    for entry in sorted(root.iterdir()):
        if entry.name.startswith("."):
            continue
        if entry.is_dir():
            inside = find_photos(entry).photos
            named = [PhotoFile(f"{entry.name}/{file.name}", file.path) for file in inside]
            files.setdefault(entry.name, []).extend(named)
        elif (entry.is_file() or not entry.exists()) and is_photo(entry):  # or a broken link
            files.setdefault(entry.stem, []).append(PhotoFile(entry.name, entry))
    _require_people(root, files)
    _require_clear_names(files)
    return [PersonFiles(name, tuple(references)) for name, references in sorted(files.items())]


def _require_people(root: Path, names: Iterable[str]) -> None:
    if not any(True for _ in names):
        raise UnusableFolders(
            f"There are no people in {printable(str(root))}. For each person, add a photo "
            "NAME.jpg, or a folder NAME with several photos."
        )


def _require_clear_names(names: Iterable[str]) -> None:
    """Refuse names that would share a folder with another person or with the run's own files.

    This must hold on every file system that the results may be written or copied to.
    """
    known: dict[str, str] = {}
    for name in names:
        if folded(name) in RESERVED or not folded(name):
            raise UnusableFolders(
                f"A person can't be called {printable(name)!r}, because the results use that name. "
                "Rename the person's photo or folder."
            )
        other = known.setdefault(folded(name), name)
        if other != name:
            raise UnusableFolders(
                f"{printable(other)!r} and {printable(name)!r} would share one folder on some "
                "disks. Rename one of them. If they're the same person, give both photos the same "
                "name."
            )
