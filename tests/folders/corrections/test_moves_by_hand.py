"""Photos that are moved, added and removed by hand in the output folder stay so."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

import fakes
from picprocure.folders.output.notices import notices
from picprocure.folders.state_folder import manifest_path

from ..conftest import Folders

both_ways = pytest.mark.parametrize("copy", [False, True], ids=["links", "copies"])


def test_running_twice_changes_nothing(folders: Folders) -> None:
    folders.deliver()
    (folders.out / "Bob/1.png").rename(folders.out / "Charlie/1.png")
    folders.deliver()
    state = snapshot(folders.out)
    outcome, _ = folders.deliver()
    assert snapshot(folders.out) == state
    assert outcome.recorded == []
    assert [said for said in notices(outcome) if "by hand" in said] == []


def snapshot(out: Path) -> dict[str, tuple[int, bytes]]:
    paths = [path for path in out.rglob("*") if path.is_file() and path.name != "lock"]
    return {
        str(path): (0 if ".picprocure" in path.parts else path.lstat().st_ino, path.read_bytes())
        for path in paths
    }


@both_ways
def test_removed_photo_is_not_delivered_again(copy: bool, folders: Folders) -> None:
    folders.deliver(copy=copy)
    (folders.out / "Bob/1.png").unlink()
    outcome, _ = folders.deliver(copy=copy)
    assert folders.output_files() == ["Bob/2.png"]
    assert folders.answers() == [("1.png", "withheld", "Bob")]
    assert "You changed the folders by hand: 1 photo taken from Bob. This stays so." in notices(
        outcome
    )
    folders.add_photo("4.png", fakes.BOB, serial=4)
    folders.add_person("Bob/second.png", fakes.BOB, serial=90)
    folders.deliver(copy=copy)
    assert folders.output_files() == ["Bob/2.png", "Bob/4.png"]


@both_ways
def test_photo_that_shows_someone_else_is_given_as_a_whole(copy: bool, folders: Folders) -> None:
    """Neither face of the photo can be Charlie's."""
    folders.deliver(copy=copy)
    (folders.out / "Bob/1.png").rename(folders.out / "Charlie/1.png")
    for _ in range(2):
        folders.deliver(copy=copy)
        assert folders.output_files() == ["Bob/2.png", "Charlie/1.png"]
        assert folders.answers() == [("1.png", "withheld", "Bob"), ("1.png", "given", "Charlie")]


@both_ways
def test_only_face_that_can_be_meant_is_remembered(copy: bool, folders: Folders) -> None:
    """Twin competes with Bob, so the photos are in review for both."""
    folders.add_person("Twin.png", fakes.BOB, serial=9)
    folders.deliver(copy=copy)
    (folders.out / "_review/Twin/1.png").rename(folders.out / "Twin/1.png")
    folders.deliver(copy=copy)
    (entry,) = folders.decisions()
    assert (entry["answer"], entry["person"], entry["box"]) == ("is", "Twin", [0, 0, 64, 64])
    assert "Twin/1.png" in folders.output_files()
    assert "_review/Bob/1.png" not in folders.output_files()
    assert (folders.out / "Twin/1.png").read_bytes() == (folders.photos / "1.png").read_bytes()


def test_photo_that_is_deleted_in_review_is_not_asked_about_again(folders: Folders) -> None:
    folders.add_person("Twin.png", fakes.BOB, serial=9)
    folders.deliver()
    (folders.out / "_review/Twin/1.png").unlink()
    folders.deliver()
    assert folders.answers() == [("1.png", "withheld", "Twin")]
    assert "_review/Twin/1.png" not in folders.output_files()


def test_review_that_was_worked_through_is_decided(folders: Folders) -> None:
    """One photo was moved and the other one deleted, so the folder is empty."""
    folders.add_person("Twin.png", fakes.BOB, serial=9)
    folders.deliver()
    (folders.out / "_review/Twin/1.png").rename(folders.out / "Twin/1.png")
    (folders.out / "_review/Twin/2.png").unlink()
    folders.deliver()
    assert folders.answers() == [("1.png", "is", "Twin"), ("deep/2.png", "withheld", "Twin")]


@both_ways
def test_photo_may_be_moved_back(copy: bool, folders: Folders) -> None:
    folders.deliver(copy=copy)
    (folders.out / "Bob/1.png").rename(folders.out / "Charlie/1.png")
    folders.deliver(copy=copy)
    (folders.out / "Charlie/1.png").rename(folders.out / "Bob/1.png")
    folders.deliver(copy=copy)
    assert folders.output_files() == ["Bob/1.png", "Bob/2.png"]
    assert folders.answers() == [("1.png", "withheld", "Charlie"), ("1.png", "is", "Bob")]


@both_ways
@pytest.mark.parametrize("name", ["other.png", "best/1.png"])
def test_renamed_photo_keeps_its_name_and_is_no_decision(
    name: str, copy: bool, folders: Folders
) -> None:
    folders.deliver(copy=copy)
    (folders.out / "Bob" / name).parent.mkdir(exist_ok=True)
    (folders.out / "Bob/1.png").rename(folders.out / "Bob" / name)
    for _ in range(2):
        folders.deliver(copy=copy)
        assert folders.output_files() == sorted(["Bob/2.png", f"Bob/{name}"])
        assert folders.decisions() == []
        renamed = folders.out / "Bob" / name
        assert renamed.read_bytes() == (folders.photos / "1.png").read_bytes()
    (folders.photos / "1.png").unlink()
    folders.deliver(copy=copy)
    assert folders.output_files() == ["Bob/2.png"]


def test_photo_from_elsewhere_is_given_under_its_name(folders: Folders) -> None:
    folders.deliver()
    shutil.copy(folders.photos / "3.png", folders.out / "Charlie/cake.png")
    (folders.out / "Bob/linked.png").symlink_to((folders.photos / "3.png").resolve())
    folders.deliver()
    assert folders.output_files() == [
        "Bob/1.png",
        "Bob/2.png",
        "Bob/linked.png",
        "Charlie/cake.png",
    ]
    assert folders.answers() == [("3.png", "given", "Bob"), ("3.png", "given", "Charlie")]


def test_photo_without_a_readable_face_can_be_given(folders: Folders) -> None:
    """Nor does Emil have a reference."""
    (folders.people / "Emil").mkdir()
    (folders.photos / "broken.jpg").write_bytes(b"\xff\xd8\xff no more")
    folders.deliver(copy=True)
    shutil.copy(folders.photos / "broken.jpg", folders.out / "Emil/broken.jpg")
    for _ in range(2):
        folders.deliver(copy=True)
        assert "Emil/broken.jpg" in folders.output_files()


def test_photo_that_is_not_in_the_photos_folder_is_left_alone(folders: Folders) -> None:
    folders.deliver()
    own = folders.out / "Bob/own.png"
    own.write_bytes(fakes.stripes(fakes.BOB, serial=200))
    outcome, _ = folders.deliver()
    assert own.is_file()
    assert folders.decisions() == []
    assert any("left alone: Bob/own.png" in said for said in notices(outcome))


def test_second_copy_of_a_photo_goes_when_the_photo_is_taken_away(folders: Folders) -> None:
    folders.deliver(copy=True)
    shutil.copy(folders.out / "Bob/1.png", folders.out / "Bob/1 copy.png")
    for _ in range(2):
        folders.deliver(copy=True)
        assert folders.output_files() == ["Bob/1 copy.png", "Bob/1.png", "Bob/2.png"]
        assert folders.decisions() == []
    (folders.photos / "1.png").unlink()
    folders.deliver(copy=True)
    assert folders.output_files() == ["Bob/2.png"]


@pytest.mark.parametrize("keep_folder", [False, True])
def test_cleared_folder_is_no_decision_and_filled_again(
    keep_folder: bool, folders: Folders
) -> None:
    folders.deliver()
    shutil.rmtree(folders.out / "Bob")
    if keep_folder:
        (folders.out / "Bob").mkdir()
    outcome, _ = folders.deliver()
    assert folders.output_files() == ["Bob/1.png", "Bob/2.png"]
    assert folders.decisions() == []
    assert any("The folder Bob was deleted or emptied." in said for said in notices(outcome))


def test_deleted_folder_of_someone_who_left_is_not_worth_a_word(folders: Folders) -> None:
    folders.deliver()
    shutil.rmtree(folders.out / "Bob")
    (folders.people / "Bob.png").unlink()
    outcome, _ = folders.deliver()
    assert folders.decisions() == []
    assert outcome.folder_notices == []


def test_renamed_folder_gives_its_photos_to_the_other_person(folders: Folders) -> None:
    folders.deliver()
    (folders.out / "Charlie").rmdir()
    (folders.out / "Bob").rename(folders.out / "Charlie")
    folders.deliver()
    assert folders.output_files() == ["Charlie/1.png", "Charlie/2.png"]
    folders.deliver()
    assert folders.output_files() == ["Charlie/1.png", "Charlie/2.png"]


def test_folder_of_an_unknown_person_waits_until_the_person_is_known(folders: Folders) -> None:
    folders.deliver()
    (folders.out / "Zoe").mkdir()
    (folders.out / "Bob/1.png").rename(folders.out / "Zoe/1.png")
    outcome, _ = folders.deliver()
    assert folders.output_files() == ["Bob/2.png", "Zoe/1.png"]
    assert folders.answers() == [("1.png", "withheld", "Bob")]
    assert any("The folder Zoe belongs to no one" in said for said in notices(outcome))
    folders.add_person("Zoe.png", fakes.STRANGER)
    folders.deliver()
    assert folders.output_files() == ["Bob/2.png", "Zoe/1.png"]
    assert folders.answers() == [("1.png", "withheld", "Bob"), ("1.png", "is", "Zoe")]


def test_folder_of_an_unknown_person_may_be_renamed_to_a_person(folders: Folders) -> None:
    folders.deliver()
    (folders.out / "who").mkdir()
    shutil.copy(folders.photos / "3.png", folders.out / "who/3.png")
    folders.deliver()
    (folders.out / "Charlie").rmdir()
    (folders.out / "who").rename(folders.out / "Charlie")
    folders.deliver()
    assert folders.output_files() == ["Bob/1.png", "Bob/2.png", "Charlie/3.png"]


def test_folder_in_another_case_is_the_same_person(folders: Folders) -> None:
    folders.deliver()
    (folders.out / "charlie ").mkdir()
    (folders.out / "Bob/1.png").rename(folders.out / "charlie /1.PNG")
    folders.deliver()
    assert folders.output_files() == ["Bob/2.png", "Charlie/1.png"]
    assert folders.answers() == [("1.png", "withheld", "Bob"), ("1.png", "given", "Charlie")]


def test_person_who_was_written_in_another_case_keeps_the_decisions(folders: Folders) -> None:
    folders.deliver()
    (folders.out / "Bob/1.png").unlink()
    folders.deliver()
    (folders.people / "Bob.png").rename(folders.people / "BOB.png")
    folders.deliver()
    assert folders.output_files() == ["BOB/2.png"]


def test_edited_and_touched_files_are_no_decisions(folders: Folders) -> None:
    folders.deliver(copy=True)
    (folders.out / "Bob/1.png").write_bytes(b"edited")
    os.utime(folders.out / "Bob/2.png", (1, 1))
    folders.deliver(copy=True)
    assert folders.decisions() == []
    assert folders.output_files() == ["Bob/1 (2).png", "Bob/1.png", "Bob/2.png"]
    assert (folders.out / "Bob/1.png").read_bytes() == b"edited"


def test_photo_that_changed_in_the_photos_folder_is_no_decision(folders: Folders) -> None:
    folders.deliver()
    folders.add_photo("1.png", fakes.BOB, serial=50)
    folders.deliver()
    assert folders.decisions() == []


def test_links_and_copies_may_alternate(folders: Folders) -> None:
    folders.deliver()
    (folders.out / "Bob/1.png").rename(folders.out / "Charlie/1.png")
    folders.deliver(copy=True)
    folders.deliver()
    assert folders.output_files() == ["Bob/2.png", "Charlie/1.png"]


def test_interrupted_run_does_not_look_like_removal_by_hand(folders: Folders) -> None:
    """What was to be written may be missing. What was there before was removed by hand."""
    folders.deliver()
    manifest = json.loads(manifest_path(folders.out).read_text())
    manifest["pending"] = ["Bob/1.png"]
    manifest_path(folders.out).write_text(json.dumps(manifest))
    (folders.out / "Bob/1.png").unlink()
    (folders.out / "Bob/2.png").unlink()
    folders.deliver()
    assert folders.answers() == [("deep/2.png", "withheld", "Bob")]
    assert folders.output_files() == ["Bob/1.png"]


def test_manifest_of_an_older_version_is_read_and_decides_nothing(folders: Folders) -> None:
    folders.deliver()
    manifest = json.loads(manifest_path(folders.out).read_text())
    del manifest["pending"]
    for file in manifest["files"].values():
        del file["is_named"]
        file["digest"] = None
    manifest_path(folders.out).write_text(json.dumps(manifest))
    (folders.out / "Bob/1.png").unlink()
    folders.deliver()
    assert folders.decisions() == []
    assert folders.output_files() == ["Bob/1.png", "Bob/2.png"]


def test_file_that_is_edited_during_the_run_is_kept(
    folders: Folders, monkeypatch: pytest.MonkeyPatch
) -> None:
    folders.deliver(copy=True)
    added = folders.out / "Charlie/1.png"
    shutil.copy(folders.photos / "1.png", added)
    decide = "picprocure.folders.run.settle"

    def edit(corrections: object) -> object:
        added.write_bytes(b"edited in between")
        return settle(corrections)  # type: ignore[arg-type]

    from picprocure.folders.corrections.settling import settle  # noqa: PLC0415

    monkeypatch.setattr(decide, edit)
    folders.deliver(copy=True)
    assert added.read_bytes() == b"edited in between"
    assert (folders.out / "Charlie/1 (2).png").is_file()
