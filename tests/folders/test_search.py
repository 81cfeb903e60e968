from __future__ import annotations

import os
from pathlib import Path

import pytest

import fakes
from picprocure.folders.search import find_photos


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    folder.mkdir()
    return folder


def photo(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(fakes.stripes(fakes.BOB))
    return path


def names(root: Path, **options: list[Path]) -> list[str]:
    return [file.name for file in find_photos(root, **options).photos]


def test_photos_are_found_in_all_folders_by_name(root: Path) -> None:
    for name in ("b.png", "a/2.png", "a/deep er/1.PNG", "ä.jpg"):
        photo(root / name)
    assert names(root) == ["a/2.png", "a/deep er/1.PNG", "b.png", "ä.jpg"]


def test_photo_without_suffix_is_recognized_by_content(root: Path) -> None:
    photo(root / "IMG_1")
    photo(root / "IMG_2.txt")
    assert names(root) == ["IMG_1", "IMG_2.txt"]


def test_other_files_are_counted_except_hidden_ones(root: Path) -> None:
    (root / "notes.txt").write_text("who was there")
    (root / "clip.mp4").write_bytes(b"\0\0\0\x18ftypisom")
    (root / ".DS_Store").write_bytes(b"x")
    photo(root / "._1.jpg")
    photo(root / ".hidden/1.jpg")
    found = find_photos(root)
    assert (found.photos, found.other_files, found.problems) == ([], 2, {})


def test_file_with_a_photo_suffix_is_always_tried(root: Path) -> None:
    (root / "broken.jpg").write_bytes(b"no photo")
    (root / "gone.jpg").symlink_to(root / "nowhere.jpg")
    assert names(root) == ["broken.jpg", "gone.jpg"]


def test_circular_links_are_followed_once(root: Path) -> None:
    photo(root / "a/1.png")
    (root / "a/up").symlink_to(root)
    (root / "self").symlink_to(root / "self")
    assert names(root) == ["a/1.png"]


def test_linked_photo_is_found_by_its_real_path(root: Path, tmp_path: Path) -> None:
    photo(root / "z/1.png")
    (root / "a").symlink_to(root / "z")
    photo(tmp_path / "elsewhere/2.png")
    (root / "b").symlink_to(tmp_path / "elsewhere")
    assert names(root) == ["b/2.png", "z/1.png"]


def test_excluded_and_output_folders_are_skipped(root: Path) -> None:
    photo(root / "people/Bob.png")
    photo(root / "sorted/Bob/1.png")
    (root / "sorted/.picprocure").mkdir()
    (root / "sorted/.picprocure/manifest.json").touch()
    photo(root / "1.png")
    assert names(root, excluded=[root / "people"]) == ["1.png"]


def test_pipe_does_not_block(root: Path) -> None:
    os.mkfifo(root / "pipe.jpg")
    assert names(root) == []


def test_unreadable_folder_is_reported(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    photo(root / "1.png")
    photo(root / "private/2.png")
    scandir = os.scandir

    def refusing(path: Path) -> object:
        if path.name == "private":
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refusing)
    found = find_photos(root)
    assert [file.name for file in found.photos] == ["1.png"]
    assert found.problems == {"private": "The folder can't be read: Permission denied."}
