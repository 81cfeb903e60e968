from __future__ import annotations

import os

from picprocure.folders.output.output_names import readable_names


def test_a_photo_keeps_its_name() -> None:
    assert readable_names(["1.jpg", "deep/2.jpg"]) == {"1.jpg": "1.jpg", "deep/2.jpg": "2.jpg"}


def test_photos_of_one_name_are_told_apart_by_their_folders() -> None:
    assert readable_names(["a/1.jpg", "b/c/1.jpg", "2.jpg"]) == {
        "2.jpg": "2.jpg",
        "a/1.jpg": "a-1.jpg",
        "b/c/1.jpg": "b-c-1.jpg",
    }


def test_names_that_some_disks_take_for_one_are_told_apart() -> None:
    names = readable_names(["a/IMG.JPG", "b/img.jpg"])
    assert names == {"a/IMG.JPG": "a-IMG.JPG", "b/img.jpg": "b-img.jpg"}


def test_what_is_still_alike_gets_a_number() -> None:
    names = readable_names(["a/b/1.jpg", "a-b/1.jpg", "a-b-1.jpg"])
    assert names == {
        "a-b-1.jpg": "a-b-1.jpg",
        "a-b/1.jpg": "a-b-1 (2).jpg",
        "a/b/1.jpg": "a-b-1 (3).jpg",
    }


def test_the_order_changes_nothing() -> None:
    photos = ["x/1.jpg", "1.jpg", "y/1.jpg", "y/2.jpg", "x-1.jpg"]
    assert readable_names(photos) == readable_names(reversed(photos))


def test_a_place_that_is_taken_is_left_alone() -> None:
    assert readable_names(["1.jpg"], is_free=lambda name: name != "1.jpg") == {"1.jpg": "1 (2).jpg"}


def test_no_name_is_too_long_for_a_disk() -> None:
    deep = "ä" * 100
    photos = [f"{deep}/{deep}/{n}/1.jpg" for n in range(12)]
    names = readable_names(photos)
    assert len(set(names.values())) == 12
    assert all(len(os.fsencode(name)) <= 255 for name in names.values())
