"""Checks of the input and output folders before a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from picprocure.folders.corrections.files import is_decisions_file
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
            raise UnusableFolders(
                f"{printable(str(folder))} {problem}. Name the folder with the {role}."
            )
    if photos.resolve().is_relative_to(people.resolve()):
        raise UnusableFolders(
            f"The photos folder {printable(str(photos))} is inside the people folder "
            f"{printable(str(people))}. Name two separate folders."
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
            f"{name} contains the photos or the people. Name another folder for the results."
        )
    if resolved.is_relative_to(people.resolve()):
        raise UnusableFolders(
            f"{name} is inside the people folder {printable(str(people))}, so the next run would "
            "treat it as a person. Name another folder for the results."
        )
    if out.is_dir() and not is_output_folder(out) and _has_files(out):
        raise UnusableFolders(
            f"{name} is not empty, and its files don't come from an earlier run. Name a new "
            "folder, so that other files don't get mixed with the results."
        )


def _has_files(out: Path) -> bool:
    """Return whether the folder contains anything other than the state folder.

    A run that ended before it wrote its manifest leaves only the state folder. Decisions may be
    there before the first run.
    """
    return any(
        path.name != STATE_FOLDER and not is_decisions_file(path.name) for path in out.iterdir()
    )
