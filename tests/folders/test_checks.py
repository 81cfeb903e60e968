from __future__ import annotations

from pathlib import Path

import pytest

from picprocure.folders.checks import check_out, check_sources
from picprocure.folders.errors import UnusableFolders
from picprocure.folders.output.delivery import output_folder


@pytest.fixture
def places(tmp_path: Path) -> Path:
    for name in ("photos/deep", "people"):
        (tmp_path / name).mkdir(parents=True)
    return tmp_path


def check(root: Path, out: str) -> None:
    check_out(root / out, photos=root / "photos", people=root / "people")


@pytest.mark.parametrize("out", ["new", "new/deep", "photos/sorted", "empty", "link"])
def test_a_new_or_empty_folder_will_do(out: str, places: Path) -> None:
    (places / "empty").mkdir()
    (places / "link").symlink_to(places / "empty")
    check(places, out)


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
def test_a_place_that_would_mix_things_is_refused(out: str, problem: str, places: Path) -> None:
    (places / "file").touch()
    (places / "others").mkdir()
    (places / "others/thesis.txt").touch()
    with pytest.raises(UnusableFolders, match=problem):
        check(places, out)


def test_the_folder_of_an_earlier_run_will_do_with_what_the_user_put_there(places: Path) -> None:
    with output_folder(places / "out"):
        (places / "out/notes.txt").touch()
    check(places, "out")


def test_a_run_that_ended_before_it_wrote_anything_is_no_obstacle(places: Path) -> None:
    (places / "out/.picprocure").mkdir(parents=True)
    check(places, "out")


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
def test_sources_that_cannot_be_sorted_are_refused(
    photos: str, people: str, problem: str, places: Path
) -> None:
    (places / "file").touch()
    with pytest.raises(UnusableFolders, match=problem):
        check_sources(places / photos, places / people)


def test_people_may_lie_among_the_photos(places: Path) -> None:
    (places / "photos/people/Ada").mkdir(parents=True)
    check_sources(places / "photos", places / "photos/people")


def test_two_runs_never_share_a_folder(places: Path) -> None:
    with (
        output_folder(places / "out"),
        pytest.raises(UnusableFolders, match="Another run"),
        output_folder(places / "out"),
    ):
        pass
