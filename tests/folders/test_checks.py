from __future__ import annotations

from pathlib import Path

import pytest

from picprocure.folders.checks import check_out, check_sources
from picprocure.folders.errors import UnusableFolders
from picprocure.folders.output.delivery import output_folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("photos/deep", "people"):
        (tmp_path / name).mkdir(parents=True)
    return tmp_path


def check(root: Path, out: str) -> None:
    check_out(root / out, photos=root / "photos", people=root / "people")


@pytest.mark.parametrize("out", ["new", "new/deep", "photos/sorted", "empty", "link"])
def test_new_or_empty_folder_is_accepted(out: str, folder: Path) -> None:
    (folder / "empty").mkdir()
    (folder / "link").symlink_to(folder / "empty")
    check(folder, out)


@pytest.mark.parametrize(
    ("out", "problem"),
    [
        ("photos", "contains the photos or the people"),
        (".", "contains the photos or the people"),
        ("people", "contains the photos or the people"),
        ("people/sorted", "is inside the people folder"),
        ("file", "is a file"),
        ("others", "is not empty"),
    ],
)
def test_unsafe_output_folder_is_refused(out: str, problem: str, folder: Path) -> None:
    (folder / "file").touch()
    (folder / "others").mkdir()
    (folder / "others/thesis.txt").touch()
    with pytest.raises(UnusableFolders, match=problem):
        check(folder, out)


def test_output_folder_of_an_earlier_run_is_accepted_with_user_files(folder: Path) -> None:
    with output_folder(folder / "out"):
        (folder / "out/notes.txt").touch()
    check(folder, "out")


def test_folder_of_an_interrupted_run_is_accepted(folder: Path) -> None:
    (folder / "out/.picprocure").mkdir(parents=True)
    check(folder, "out")


@pytest.mark.parametrize(
    ("photos", "people", "problem"),
    [
        ("missing", "people", "does not exist"),
        ("photos", "missing", "does not exist"),
        ("file", "people", "is not a folder"),
        ("photos", "photos", "is inside the people folder"),
        ("photos/deep", "photos", "is inside the people folder"),
    ],
)
def test_unusable_sources_are_refused(photos: str, people: str, problem: str, folder: Path) -> None:
    (folder / "file").touch()
    with pytest.raises(UnusableFolders, match=problem):
        check_sources(folder / photos, folder / people)


def test_people_folder_may_be_inside_photos_folder(folder: Path) -> None:
    (folder / "photos/people/Ada").mkdir(parents=True)
    check_sources(folder / "photos", folder / "photos/people")


def test_two_runs_cannot_share_an_output_folder(folder: Path) -> None:
    with (
        output_folder(folder / "out"),
        pytest.raises(UnusableFolders, match="Another run"),
        output_folder(folder / "out"),
    ):
        pass
