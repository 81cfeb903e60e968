"""`decisions.json`: its form, what is refused, and that nothing in it is lost."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import fakes
from picprocure.folders.corrections import files
from picprocure.folders.corrections.entries import BadEntries, parse, written
from picprocure.folders.corrections.files import StoredCorrections
from picprocure.folders.corrections.settling import settle
from picprocure.folders.errors import UnusableFolders

from ..conftest import Folders

DIGEST = "ab" * 32
GOOD: dict[str, Any] = {
    "photo": "monday/1.jpg",
    "answer": "is",
    "person": "Bob",
    "box": [10, 20, 30, 40],
    "source": "page",
    "at": "2026-05-30T14:00:00.123Z",
    "sha256": DIGEST,
}


def content_with(*entries: dict[str, Any], **more: Any) -> bytes:
    return json.dumps({"version": 1, "decisions": entries, **more}).encode()


def test_what_was_written_is_read_again() -> None:
    entries = (
        GOOD,
        {**GOOD, "answer": "is not", "undone": "2026-05-30T15:00:00.000Z"},
        {**{key: GOOD[key] for key in ("photo", "sha256", "source", "at")}, "answer": "given"}
        | {"person": b"caf\xe9".decode("utf-8", "surrogateescape")},
    )
    corrections, is_by_page = parse(content_with(*entries, saved_by="page"))
    assert is_by_page
    again, is_by_page = parse(written(tuple(corrections)))
    assert again == corrections
    assert not is_by_page
    assert json.loads(written(tuple(corrections)))["decisions"] == list(entries)


def test_each_decision_is_a_line_and_their_order_does_not_depend_on_the_input() -> None:
    entries = [{**GOOD, "sha256": f"{number}" * 64} for number in range(4)]
    forward, backward = (
        written(settle(parse(content_with(*given))[0]).all) for given in (entries, entries[::-1])
    )
    assert forward == backward
    assert len(forward.splitlines()) == 4 + 6


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"sha256": "xyz"}, 'decision 1: "sha256" is "xyz", not 64 digits'),
        ({"answer": "maybe"}, 'decision 1: "answer" is "maybe", not one of "is", "is not"'),
        ({"source": None}, 'decision 1: "source" is null, not one of "folders", "page"'),
        ({"at": "yesterday"}, 'decision 1: "at" is "yesterday", not a time like'),
        ({"at": "2026-05-30T14:00:00"}, "not a time like"),
        ({"undone": 3}, 'decision 1: "undone" is 3, not a time like'),
        ({"box": [1, 2, 3]}, 'decision 1: "box" is [1, 2, 3], not [left, top, right, bottom]'),
        ({"box": [30, 20, 10, 40]}, "not [left, top, right, bottom]"),
        ({"box": [True, 20, 30, 40]}, "not [left, top, right, bottom]"),
        ({"person": ""}, 'decision 1: "person" is "", not a text'),
        ({"person": "x" * 5000}, "not a text of up to 4,096 letters"),
        ({"answer": "given"}, '"given" is about a photo, and can\'t have a box'),
        ({"answer": "not a face"}, '"not a face" can\'t have a person'),
        ({"note": "mine"}, 'decision 1 has an unknown entry "note"'),
    ],
)
def test_bad_entry_is_named(change: dict[str, Any], message: str) -> None:
    with pytest.raises(BadEntries) as problem:
        parse(content_with({**GOOD, **change}))
    assert message in str(problem.value)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "it isn't JSON"),
        (b"\xff\xfe", "it isn't JSON"),
        (b"[" * 100_000, "it isn't JSON"),
        (b"[]", 'it has no list named "decisions"'),
        (b'{"version": 2, "decisions": []}', "it has version 2, and this program reads 1"),
        (b'{"version": 1, "decisions": [3]}', "decision 1 is 3, not an object"),
        (b'{"version": 1, "decisions": [], "more": 1}', 'it has an unknown entry "more"'),
    ],
)
def test_bad_file_stops_the_run_and_stays_as_it_is(
    content: bytes, message: str, folders: Folders
) -> None:
    folders.deliver()
    (folders.out / "Bob/1.png").unlink()
    bad = folders.out / "decisions.json"
    bad.write_bytes(content)
    with pytest.raises(UnusableFolders) as problem:
        folders.deliver()
    assert f"{bad} can't be used: {message}" in str(problem.value)
    assert "move it away" in str(problem.value)
    assert bad.read_bytes() == content
    assert folders.output_files() == ["Bob/2.png"]
    bad.unlink()
    folders.deliver()
    assert folders.answers() == [("1.png", "withheld", "Bob")]


def test_file_that_is_too_large_is_not_read(
    folders: Folders, monkeypatch: pytest.MonkeyPatch
) -> None:
    folders.deliver()
    (folders.out / "decisions.json").write_bytes(content_with(GOOD))
    monkeypatch.setattr(files, "MAX_BYTES", 100)
    with pytest.raises(UnusableFolders, match=r"has \d+ bytes; the limit is 100"):
        folders.deliver()


def test_named_file_that_is_missing_stops_the_run(folders: Folders) -> None:
    with pytest.raises(UnusableFolders, match=r"no\.json can't be read: No such file"):
        folders.deliver(decisions=[folders.root / "no.json"])


def test_without_decisions_there_is_no_file(folders: Folders) -> None:
    folders.deliver()
    folders.deliver()
    assert not (folders.out / "decisions.json").exists()


def saved_by_page(folders: Folders, path: Path) -> None:
    """Write what a page that knows no earlier decision saves: Bob's face in 1.png is not his."""
    digest = next(photo.digest for name, photo in folders.sort().photos.items() if name == "1.png")
    entry = {**GOOD, "photo": "1.png", "answer": "is not", "box": [2, 1, 64, 62], "sha256": digest}
    path.write_bytes(content_with(entry, saved_by="page"))


@pytest.mark.parametrize("name", ["decisions.json", "decisions (1).json", "../saved.json"])
def test_file_of_the_page_is_merged_with_the_decisions_of_earlier_runs(
    name: str, folders: Folders
) -> None:
    folders.deliver()
    (folders.out / "Bob/2.png").unlink()
    folders.deliver()
    saved = folders.out / name
    saved_by_page(folders, saved)
    folders.deliver(decisions=[saved] if ".." in name else [])
    assert folders.output_files() == (["decisions (1).json"] if "(" in name else [])
    answers = [("1.png", "is not", "Bob"), ("deep/2.png", "withheld", "Bob")]
    assert folders.answers() == answers
    saved.unlink()
    outcome, _ = folders.deliver()
    assert folders.answers() == answers
    assert [said for said in outcome.folder_notices if "was missing" in said] == (
        outcome.folder_notices if name == "decisions.json" else []
    )


def test_decisions_may_be_put_into_a_new_folder(folders: Folders) -> None:
    folders.out.mkdir()
    saved_by_page(folders, folders.out / "decisions.json")
    folders.deliver()
    assert folders.output_files() == ["Bob/2.png"]


def test_entry_that_was_deleted_from_the_file_no_longer_holds(folders: Folders) -> None:
    folders.deliver()
    (folders.out / "Bob/2.png").unlink()
    folders.deliver()
    assert folders.output_files() == ["Bob/1.png"]
    (folders.out / "decisions.json").write_text('{"version": 1, "decisions": []}')
    folders.deliver()
    assert folders.output_files() == ["Bob/1.png", "Bob/2.png"]


def test_what_is_saved_during_a_run_is_kept(folders: Folders) -> None:
    folders.deliver()
    (folders.out / "Bob/2.png").unlink()
    folders.deliver()
    stored = StoredCorrections.of(folders.out)
    settled = settle(stored.corrections)
    saved_by_page(folders, folders.out / "decisions.json")
    stored.write(settled)
    assert [answer for _, answer, _ in folders.answers()] == ["is not", "withheld"]
    assert "run the command again" in stored.notices[0]


def test_files_are_private_and_contain_no_absolute_path(folders: Folders) -> None:
    folders.deliver()
    (folders.out / "Bob/2.png").unlink()
    folders.deliver()
    path = folders.out / "decisions.json"
    assert path.stat().st_mode & 0o777 == 0o600
    assert str(folders.root) not in path.read_text()


def test_decisions_about_people_who_left_are_kept_and_named(folders: Folders) -> None:
    folders.deliver()
    (folders.out / "Bob/2.png").unlink()
    folders.deliver()
    photo = (folders.people / "Bob.png").read_bytes()
    (folders.people / "Bob.png").unlink()
    outcome, _ = folders.deliver()
    assert [one.person for one in outcome.corrections.unused] == ["Bob"]
    (folders.people / "Bob.png").write_bytes(photo)
    folders.deliver()
    assert folders.output_files() == ["Bob/1.png"]


def test_decisions_about_photos_that_are_not_there_are_kept(folders: Folders) -> None:
    folders.deliver()
    (folders.out / "Bob/2.png").unlink()
    folders.deliver()
    away = folders.root / "2.png"
    (folders.photos / "deep/2.png").rename(away)
    outcome, _ = folders.deliver()
    assert len(outcome.corrections.absent) == 1
    away.rename(folders.photos / "renamed.png")
    folders.add_photo("4.png", fakes.BOB, serial=4)
    folders.deliver()
    assert folders.output_files() == ["Bob/1.png", "Bob/4.png"]
