"""The files in the output folder, after any number of runs and crashes."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

import fakes
from picprocure.folders.errors import FoldersError, SourceChanged, UnusableFolders
from picprocure.folders.output.delivery import OutputFolder
from picprocure.folders.output.hand_changes import REVIEW
from picprocure.folders.state_folder import manifest_path

from ..conftest import Folders


def test_each_person_gets_a_folder_of_links_to_their_photos(folders: Folders) -> None:
    folders.deliver()
    assert folders.output_files() == ["Bob/1.png", "Bob/2.png"]
    assert (folders.out / "Charlie").is_dir()
    link = folders.out / "Bob/2.png"
    assert link.is_symlink()
    assert link.readlink() == Path("../../photos/deep/2.png")
    assert link.samefile(folders.photos / "deep/2.png")


def test_photos_and_results_can_be_moved_together(folders: Folders) -> None:
    folders.deliver()
    moved = folders.root.with_name("moved")
    folders.root.rename(moved)
    assert (moved / "out/Bob/1.png").samefile(moved / "photos/1.png")


def test_links_work_in_a_linked_output_folder(folders: Folders) -> None:
    real = folders.root / "deep/er/real"
    real.mkdir(parents=True)
    folders.out.symlink_to(real)
    folders.deliver()
    assert (real / "Bob/1.png").samefile(folders.photos / "1.png")


def test_copies_keep_content_and_modification_time(folders: Folders) -> None:
    source = folders.photos / "1.png"
    os.utime(source, ns=(1_000_000_000_123_456_789, 1_000_000_000_123_456_789))
    folders.deliver(copy=True)
    copied = folders.out / "Bob/1.png"
    assert not copied.is_symlink()
    assert copied.read_bytes() == source.read_bytes()
    assert copied.stat().st_mtime_ns == source.stat().st_mtime_ns


def test_photos_in_review_have_a_folder_of_their_own(folders: Folders) -> None:
    folders.add_person("Twin.png", fakes.BOB, serial=9)
    folders.deliver()
    assert folders.output_files() == [
        f"_review/{name}/{photo}" for name in ("Bob", "Twin") for photo in ("1.png", "2.png")
    ]


def test_outdated_files_are_removed_and_user_files_kept(folders: Folders) -> None:
    folders.add_person("Twin.png", fakes.BOB, serial=9)
    folders.deliver()
    (folders.out / "_review/Twin/note.txt").touch()
    (folders.out / "Charlie/note.txt").touch()
    (folders.people / "Twin.png").unlink()
    (folders.people / "Charlie.png").unlink()
    (folders.photos / "1.png").unlink()
    folders.deliver()
    assert folders.output_files() == ["Bob/2.png", "Charlie/note.txt", "_review/Twin/note.txt"]
    assert not (folders.out / "_review/Bob").exists()
    assert not (folders.out / "Twin").exists()


def test_links_are_replaced_by_copies_and_back(folders: Folders) -> None:
    folders.deliver()
    folders.deliver(copy=True)
    assert folders.output_files() == ["Bob/1.png", "Bob/2.png"]
    assert not (folders.out / "Bob/1.png").is_symlink()
    folders.deliver()
    assert (folders.out / "Bob/1.png").is_symlink()


@pytest.mark.parametrize("copy", [False, True])
def test_unchanged_files_are_not_rewritten(copy: bool, folders: Folders) -> None:
    folders.deliver(copy=copy)
    before = {name: (folders.out / name).lstat().st_ino for name in folders.output_files()}
    folders.deliver(copy=copy)
    assert {name: (folders.out / name).lstat().st_ino for name in folders.output_files()} == before


def test_a_changed_photo_is_copied_again(folders: Folders) -> None:
    folders.deliver(copy=True)
    folders.add_photo("1.png", fakes.BOB, fakes.CHARLIE, serial=77)
    folders.deliver(copy=True)
    for person in ("Bob", "Charlie"):
        copied = folders.out / person / "1.png"
        assert copied.read_bytes() == (folders.photos / "1.png").read_bytes()


def test_user_file_is_never_replaced(folders: Folders) -> None:
    folders.deliver()
    edited = folders.out / "Bob/1.png"
    edited.unlink()
    edited.write_bytes(b"edited by the user")
    folders.deliver()
    assert edited.read_bytes() == b"edited by the user"
    assert (folders.out / "Bob/1 (2).png").samefile(folders.photos / "1.png")
    (folders.photos / "1.png").unlink()
    folders.deliver()
    assert folders.output_files() == ["Bob/1.png", "Bob/2.png"]
    assert edited.read_bytes() == b"edited by the user"


def test_file_in_place_of_a_folder_is_reported(folders: Folders) -> None:
    folders.deliver()
    (folders.out / "Dana").touch()
    folders.add_person("Dana.png", fakes.ALICE)
    with pytest.raises(FoldersError, match="Dana is a file"):
        folders.deliver()


class Crash(BaseException):
    pass


@pytest.mark.parametrize("copy", [False, True])
@pytest.mark.parametrize("steps", range(36))  # a whole run has fewer
def test_interrupted_run_is_completed_by_the_next(
    steps: int, copy: bool, folders: Folders, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the two runs, Bob and Charlie swap faces, so each file changes its owner."""
    folders.deliver(copy=copy)
    (folders.people / "Bob.png").write_bytes(fakes.portrait(fakes.CHARLIE))
    (folders.people / "Charlie.png").write_bytes(fakes.portrait(fakes.BOB))
    folders.add_photo("1.png", fakes.CHARLIE, serial=51)
    left = iter(range(steps))

    def crashing(function: Callable[..., object]) -> Callable[..., object]:
        def maybe(*arguments: object, **options: object) -> object:
            if next(left, None) is None:
                raise Crash
            return function(*arguments, **options)

        return maybe

    with monkeypatch.context() as patched:
        for name in ("unlink", "replace", "mkdir", "rmdir"):
            patched.setattr(Path, name, crashing(getattr(Path, name)))
        with suppress(Crash):
            folders.deliver(copy=copy)
    for name in folders.output_files():
        assert (folders.out / name).stat().st_size > 0
    folders.deliver(copy=copy)
    assert folders.output_files() == ["Bob/1.png", "Charlie/2.png"]
    assert folders.decisions() == []
    assert list((folders.out / ".picprocure/unfinished").iterdir()) == []


def test_photo_that_changes_during_the_run_is_not_delivered(
    folders: Folders, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = OutputFolder._plan

    def late(self: OutputFolder, *arguments: Any) -> object:
        folders.add_photo("1.png", fakes.STRANGER, serial=1)
        return plan(self, *arguments)

    monkeypatch.setattr(OutputFolder, "_plan", late)
    with pytest.raises(SourceChanged):
        folders.deliver(copy=True)
    assert "Bob/1.png" not in folders.output_files()


def test_error_suggests_copies_where_links_are_impossible(
    folders: Folders, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(1, "Operation not permitted")

    monkeypatch.setattr(Path, "symlink_to", refuse)
    with pytest.raises(FoldersError, match="--copy"):
        folders.deliver()


@pytest.mark.parametrize("content", ["", "{", "[]", '{"version": 2}', '{"version": 1, "files": 3}'])
def test_unreadable_manifest_stops_the_run(content: str, folders: Folders) -> None:
    folders.deliver()
    manifest_path(folders.out).write_text(content)
    with pytest.raises(UnusableFolders, match="can't be read"):
        folders.deliver()
    assert folders.output_files() == ["Bob/1.png", "Bob/2.png"]


@pytest.mark.parametrize("name", ["../thesis.txt", "/etc/passwd", "Bob/../../thesis.txt"])
def test_manifest_with_paths_outside_its_folder_is_refused(name: str, folders: Folders) -> None:
    folders.deliver()
    manifest = json.loads(manifest_path(folders.out).read_text())
    manifest["files"][name] = next(iter(manifest["files"].values()))
    manifest_path(folders.out).write_text(json.dumps(manifest))
    with pytest.raises(UnusableFolders, match="can't be read"):
        folders.deliver()


def test_thumbnails_exist_for_displayed_photos_only(
    folders: Folders,
) -> None:
    folders.deliver()
    pictures = {path.name for path in (folders.out / ".picprocure/pictures").iterdir()}
    # Two delivered photos, and the faces of two references.
    assert len(pictures) == 2 + 2
    (folders.out / ".picprocure/pictures" / sorted(pictures)[0]).unlink()
    folders.deliver()
    assert {path.name for path in (folders.out / ".picprocure/pictures").iterdir()} == pictures


def test_output_folder_is_private(folders: Folders) -> None:
    folders.deliver()
    assert folders.out.stat().st_mode & 0o777 == 0o700
    assert REVIEW == "_review"
