from __future__ import annotations

import os

from picprocure.folders.output.output_names import unique_file_names


def test_a_photo_keeps_its_name() -> None:
    assert unique_file_names(["1.jpg", "deep/2.jpg"]) == {"1.jpg": "1.jpg", "deep/2.jpg": "2.jpg"}


def test_equal_names_are_distinguished_by_their_folders() -> None:
    assert unique_file_names(["a/1.jpg", "b/c/1.jpg", "2.jpg"]) == {
        "2.jpg": "2.jpg",
        "a/1.jpg": "a-1.jpg",
        "b/c/1.jpg": "b-c-1.jpg",
    }


def test_names_that_differ_only_in_case_are_distinguished() -> None:
    names = unique_file_names(["a/IMG.JPG", "b/img.jpg"])
    assert names == {"a/IMG.JPG": "a-IMG.JPG", "b/img.jpg": "b-img.jpg"}


def test_remaining_collisions_are_numbered() -> None:
    names = unique_file_names(["a/b/1.jpg", "a-b/1.jpg", "a-b-1.jpg"])
    assert names == {
        "a-b-1.jpg": "a-b-1.jpg",
        "a-b/1.jpg": "a-b-1 (2).jpg",
        "a/b/1.jpg": "a-b-1 (3).jpg",
    }


def test_names_do_not_depend_on_the_order() -> None:
    photos = ["x/1.jpg", "1.jpg", "y/1.jpg", "y/2.jpg", "x-1.jpg"]
    assert unique_file_names(photos) == unique_file_names(reversed(photos))


def test_taken_name_is_not_used() -> None:
    assert unique_file_names(["1.jpg"], is_free=lambda name: name != "1.jpg") == {
        "1.jpg": "1 (2).jpg"
    }


def test_long_names_are_shortened() -> None:
    deep = "ä" * 100
    photos = [f"{deep}/{deep}/{n}/1.jpg" for n in range(12)]
    names = unique_file_names(photos)
    assert len(set(names.values())) == 12
    assert all(len(os.fsencode(name)) <= 255 for name in names.values())
