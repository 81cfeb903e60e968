"""Which folders may be sorted, and into which."""

from __future__ import annotations

from typing import TYPE_CHECKING

from picprocure.folders.errors import UnusableFolders
from picprocure.folders.names import shown
from picprocure.folders.people import find_people
from picprocure.folders.state_folder import STATE_FOLDER, is_output_folder

if TYPE_CHECKING:
    from pathlib import Path


def check_sources(photos: Path, people: Path) -> None:
    """Raises ``UnusableFolders``, also for what is wrong with the people's names."""
    for folder, role in ((photos, "photos"), (people, "people")):
        if not folder.is_dir():
            what = "is not a folder" if folder.exists() else "does not exist"
            raise UnusableFolders(f"{shown(str(folder))} {what}. Name the folder with the {role}.")
    if photos.resolve().is_relative_to(people.resolve()):
        raise UnusableFolders(
            f"The photos folder {shown(str(photos))} is inside the people folder "
            f"{shown(str(people))}. Name two separate folders."
        )
    find_people(people)


def check_out(out: Path, *, photos: Path, people: Path) -> None:
    """Raises ``UnusableFolders`` when the results can't go there.

    A folder with somebody else's files is refused: what lies in a person's folder must be what
    was delivered to them, so the folder has to be ours from the beginning.
    """
    where = shown(str(out))
    if out.exists() and not out.is_dir():
        raise UnusableFolders(f"{where} is a file. Name a folder for the results.")
    place = out.resolve()
    if photos.resolve().is_relative_to(place) or people.resolve().is_relative_to(place):
        raise UnusableFolders(
            f"{where} contains the photos or the people. Name another folder for the results."
        )
    if place.is_relative_to(people.resolve()):
        raise UnusableFolders(
            f"{where} is inside the people folder {shown(str(people))}, so the next run would "
            "treat it as a person. Name another folder for the results."
        )
    if out.is_dir() and not is_output_folder(out) and _holds_anything(out):
        raise UnusableFolders(
            f"{where} is not empty, and its files don't come from an earlier run. Name a new "
            "folder, so that other files don't get mixed with the results."
        )


def _holds_anything(out: Path) -> bool:
    """But for our corner: a run may have ended before it had written down that it is ours."""
    return any(path.name != STATE_FOLDER for path in out.iterdir())
