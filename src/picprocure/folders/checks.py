"""Checks of the input and output folders before a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from picprocure.folders.errors import UnusableFolders
from picprocure.folders.names import printable
from picprocure.folders.people import find_people
from picprocure.folders.state_folder import STATE_FOLDER, is_output_folder

if TYPE_CHECKING:
    from pathlib import Path


def check_sources(photos: Path, people: Path) -> None:
    """Check the two input folders before a run.

    Raises:
        UnusableFolders: A folder is missing, the photos lie inside the people's folder, or a
            person's name can't be used (see `find_people`).
    """
    for folder, role in ((photos, "photos"), (people, "people")):
        if not folder.is_dir():
            problem = "is not a folder" if folder.exists() else "does not exist"
            raise UnusableFolders(f"{printable(str(folder))} {problem}; it should hold the {role}.")
    if photos.resolve().is_relative_to(people.resolve()):
        raise UnusableFolders(
            f"The photos in {printable(str(photos))} lie among the people in "
            f"{printable(str(people))}, so nobody could tell photos from references. Name two "
            "separate folders."
        )
    find_people(people)


def check_out(out: Path, *, photos: Path, people: Path) -> None:
    """Check that a run may write its results into this folder.

    A person's folder must contain only photos that were delivered to this person. So the output
    folder must be new, empty, or from an earlier run.

    Raises:
        UnusableFolders: The results can't be written there.
    """
    name = printable(str(out))
    if out.exists() and not out.is_dir():
        raise UnusableFolders(f"{name} is a file. Name a folder for the results.")
    resolved = out.resolve()
    if photos.resolve().is_relative_to(resolved) or people.resolve().is_relative_to(resolved):
        raise UnusableFolders(
            f"{name} holds the photos or the people themselves. Name another folder for the "
            "results."
        )
    if resolved.is_relative_to(people.resolve()):
        raise UnusableFolders(
            f"{name} lies among the people in {printable(str(people))}, so the next run would take "
            "it for a person. Name another folder for the results."
        )
    if out.is_dir() and not is_output_folder(out) and _has_files(out):
        raise UnusableFolders(
            f"{name} is not empty, and what is in it does not come from an earlier run. Name a "
            "new folder, so that nobody's files are mixed with what is delivered."
        )


def _has_files(out: Path) -> bool:
    """Return whether the folder contains anything other than the state folder.

    A run that ended before it wrote its manifest leaves only the state folder.
    """
    return any(path.name != STATE_FOLDER for path in out.iterdir())
