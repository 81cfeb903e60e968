from __future__ import annotations

import os
from pathlib import Path

import pytest

import fakes
from picprocure.folders.errors import UnusableFolders
from picprocure.folders.people import find_people


def people(root: Path, *names: str) -> dict[str, list[str]]:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(fakes.portrait(fakes.BOB))
    return {person.name: [file.name for file in person.references] for person in find_people(root)}


def test_a_photo_or_a_folder_of_photos_is_a_person(tmp_path: Path) -> None:
    assert people(tmp_path, "Ada.jpg", "Ben/1.png", "Ben/old/2.webp") == {
        "Ada": ["Ada.jpg"],
        "Ben": ["Ben/1.png", "Ben/old/2.webp"],
    }


def test_photo_and_folder_with_the_same_name_are_one_person(tmp_path: Path) -> None:
    assert people(tmp_path, "Ada.jpg", "Ada.png", "Ada/1.jpg") == {
        "Ada": ["Ada/1.jpg", "Ada.jpg", "Ada.png"]
    }


def test_names_may_contain_any_character(tmp_path: Path) -> None:
    odd = [
        "Dr. Ada O'Hara, jr..jpg",
        "李雷.jpg",
        "<b>&amp;.jpg",
        "a\nb.jpg",
        "javascript:alert(1).jpg",
    ]
    assert list(people(tmp_path, *odd)) == sorted(name.removesuffix(".jpg") for name in odd)


def test_an_empty_folder_is_a_person_without_a_reference(tmp_path: Path) -> None:
    (tmp_path / "Ada").mkdir()
    assert people(tmp_path) == {"Ada": []}


def test_other_and_hidden_files_are_ignored(tmp_path: Path) -> None:
    (tmp_path / "README.txt").write_text("people")
    assert people(tmp_path, "Ada.jpg", ".Ben.jpg", ".git/x.jpg") == {"Ada": ["Ada.jpg"]}


def test_broken_link_still_names_a_person(tmp_path: Path) -> None:
    (tmp_path / "Ada.jpg").symlink_to("nowhere.jpg")
    (tmp_path / "Ben.jpg").symlink_to("Ben.jpg")
    os.mkfifo(tmp_path / "Cleo.jpg")
    assert people(tmp_path) == {"Ada": ["Ada.jpg"], "Ben": ["Ben.jpg"]}


def test_folder_without_people_is_refused(tmp_path: Path) -> None:
    (tmp_path / "README.txt").write_text("people")
    with pytest.raises(UnusableFolders, match="There are no people in"):
        people(tmp_path)


@pytest.mark.parametrize(
    "name", ["_review/1.jpg", "_REVIEW.jpg", "index.html.jpg", "Index.html/1.jpg"]
)
def test_reserved_names_are_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(UnusableFolders, match="the results use that name"):
        people(tmp_path, name)


@pytest.mark.parametrize(
    ("name", "other"),
    [("ada", "Ada"), ("Zoe\u0308", "Zo\u00eb"), ("Ada.", "Ada"), ("STRASSE", "straße")],
)
def test_names_that_would_share_a_folder_are_refused(name: str, other: str, tmp_path: Path) -> None:
    with pytest.raises(UnusableFolders, match="would share one folder"):
        people(tmp_path, f"{name}/1.jpg", f"{other}/1.jpg")
