"""Runs from folders to decisions, with a fast fake engine."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

import fakes
from picprocure.faces.thresholds import DLIB
from picprocure.folders import run
from picprocure.folders.analysis.cache import AnalysisCache
from picprocure.folders.analysis.types import EngineChoice
from picprocure.folders.outcome import Outcome
from picprocure.folders.output.notices import notices
from picprocure.folders.output.report import build_report, write_report
from picprocure.folders.run import MISMATCHED_REFERENCE, Progress, RunOptions, sort_folders

from .conftest import ENGINE, Folders


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AnalysisCache:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return AnalysisCache.for_user("stripes-1")


def photos_of(outcome: Outcome) -> dict[str, list[str]]:
    return {person.name: person.photos for person in outcome.people}


def test_each_person_gets_only_the_photos_they_are_in(folders: Folders) -> None:
    outcome = folders.sort()
    assert photos_of(outcome) == {"Bob": ["1.png", "deep/2.png"], "Charlie": []}
    assert outcome.failed == {}
    assert outcome.newly_analyzed == 3


def test_second_run_analyzes_only_new_photos(folders: Folders, cache: AnalysisCache) -> None:
    assert folders.sort(cache=cache).newly_analyzed == 3
    folders.add_photo("4.png", fakes.CHARLIE, serial=4)
    again = folders.sort(cache=cache)
    assert again.newly_analyzed == 1
    assert photos_of(again) == {"Bob": ["1.png", "deep/2.png"], "Charlie": ["4.png"]}
    assert build_report(again)["photos"] == build_report(folders.sort())["photos"]


def test_renamed_photo_is_not_analyzed_again(folders: Folders, cache: AnalysisCache) -> None:
    folders.sort(cache=cache)
    (folders.photos / "1.png").rename(folders.photos / "renamed.png")
    assert folders.sort(cache=cache).newly_analyzed == 0


def test_duplicates_are_analyzed_once_and_all_delivered(folders: Folders) -> None:
    twin = folders.photos / "copies/1.png"
    twin.parent.mkdir()
    twin.write_bytes((folders.photos / "1.png").read_bytes())
    outcome = folders.sort()
    assert outcome.newly_analyzed == 3
    assert photos_of(outcome)["Bob"] == ["1.png", "copies/1.png", "deep/2.png"]
    assert outcome.photos["1.png"].faces == outcome.photos["copies/1.png"].faces


def test_unreadable_photo_is_reported_and_the_others_are_sorted(folders: Folders) -> None:
    (folders.photos / "broken.jpg").write_bytes(b"\xff\xd8\xff no more")
    (folders.photos / "gone.jpg").symlink_to("nowhere.jpg")
    (folders.photos / "empty.jpg").touch()
    outcome = folders.sort()
    assert outcome.failed.keys() == {"broken.jpg", "gone.jpg", "empty.jpg"}
    assert "broken.jpg can't be opened" in outcome.failed["broken.jpg"]
    assert outcome.failed["gone.jpg"] == "gone.jpg can't be read: No such file or directory."
    assert photos_of(outcome)["Bob"] == ["1.png", "deep/2.png"]


def test_oversized_file_is_not_read(folders: Folders, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("picprocure.folders.analysis.analyst.MAX_FILE_BYTES", 1)
    assert "the limit is 1" in folders.sort().failed["1.png"]


def test_person_without_usable_reference_gets_no_photos_and_a_reason(folders: Folders) -> None:
    folders.add_photo("../people/Dana.png", (0, 0, 0))
    (folders.people / "Emil").mkdir()
    outcome = folders.sort()
    dana, emil = (person for person in outcome.people if person.name in {"Dana", "Emil"})
    (reference,) = dana.references
    assert (reference.file, reference.ok) == ("Dana.png", False)
    assert str(reference.reason).startswith("We couldn't find a face")
    assert (dana.photos, emil.photos, emil.references) == ([], [], [])


def test_unusable_reference_does_not_affect_the_usable_one(folders: Folders) -> None:
    folders.add_photo("../people/Bob/none.png", (0, 0, 0))
    outcome = folders.sort()
    bob = outcome.people[0]
    assert [reference.ok for reference in bob.references] == [False, True]
    assert bob.photos == ["1.png", "deep/2.png"]


def test_references_of_two_people_deliver_no_photos(folders: Folders) -> None:
    folders.add_person("Dana/1.png", fakes.BOB, serial=11)
    folders.add_person("Dana/2.png", fakes.STRANGER, serial=12)
    (dana,) = (person for person in folders.sort().people if person.name == "Dana")
    assert [reference.ok for reference in dana.references] == [False, False]
    assert {reference.reason for reference in dana.references} == {MISMATCHED_REFERENCE}
    assert dana.photos == []


def test_reference_of_another_person_is_rejected(folders: Folders) -> None:
    folders.add_person("Dana/1.png", fakes.CHARLIE, serial=11)
    folders.add_person("Dana/2.png", fakes.BOB, serial=12)
    folders.add_person("Dana/3.png", fakes.CHARLIE, serial=13)
    (dana,) = (person for person in folders.sort().people if person.name == "Dana")
    assert [reference.ok for reference in dana.references] == [True, False, True]
    assert dana.photos == []


def test_without_usable_references_no_photo_is_delivered(folders: Folders) -> None:
    for path in folders.people.iterdir():
        path.write_bytes(fakes.stripes())
    outcome = folders.sort()
    assert photos_of(outcome) == {"Bob": [], "Charlie": []}
    (face,) = outcome.photos["3.png"].faces
    assert face.reason == "no person has a usable reference photo"


def test_photo_that_matches_two_people_is_in_review_for_both(folders: Folders) -> None:
    folders.add_person("Twin.png", fakes.BOB, serial=9)
    outcome = folders.sort()
    bob, _, twin = outcome.people
    assert (bob.photos, twin.photos) == ([], [])
    assert list(bob.review) == list(twin.review) == ["1.png", "deep/2.png"]
    (face,) = outcome.photos["deep/2.png"].faces
    assert face.decision == "review"
    assert face.person in {"Bob", "Twin"}
    assert outcome.same_face == [("Bob", "Twin")]
    assert build_report(outcome)["same_face"] == [("Bob", "Twin")]


def test_people_who_differ_are_no_pair(folders: Folders) -> None:
    outcome = folders.sort()
    assert (outcome.same_face, outcome.held_back, outcome.similar_photos) == ([], 0, [])
    assert notices(outcome) == []


def test_photos_of_similar_faces_are_named_with_their_copies(
    folders: Folders, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where strangers are usually farther apart than here."""
    far = replace(DLIB, strangers_in_photo=17, max_shift=1)
    monkeypatch.setattr(run, "thresholds_of", lambda _: far)
    folders.add_photo("copies/1.png", fakes.BOB, fakes.STRANGER, serial=1)
    outcome = folders.sort()
    assert outcome.similar_photos == ["1.png", "copies/1.png"]
    report = build_report(outcome)
    assert (report["held_back"], report["similar_photos"]) == (2, outcome.similar_photos)
    (notice,) = notices(outcome)
    assert "This held back 2 photos; look into _review, too." in notice
    assert "The faces look most alike in 1.png and copies/1.png." in notice


def test_references_are_not_sorted_as_photos(folders: Folders) -> None:
    options = RunOptions(ENGINE, AnalysisCache(None), workers=1)
    outcome = sort_folders(folders.root, folders.people, options)
    assert list(outcome.photos) == ["photos/1.png", "photos/3.png", "photos/deep/2.png"]


def test_empty_photos_folder_is_sorted(folders: Folders) -> None:
    for path in folders.photos.rglob("*.png"):
        path.unlink()
    outcome = folders.sort()
    assert photos_of(outcome) == {"Bob": [], "Charlie": []}
    assert outcome.photos == {}


def test_progress_counts_every_file(folders: Folders) -> None:
    totals: list[int] = []
    done: list[int] = []
    twin = folders.photos / "twin.png"
    twin.write_bytes((folders.photos / "1.png").read_bytes())
    (folders.photos / "gone.jpg").symlink_to("nowhere.jpg")
    options = RunOptions(ENGINE, AnalysisCache(None), workers=1)
    sort_folders(
        folders.photos, folders.people, options, progress=Progress(totals.append, done.append)
    )
    assert totals == [2 + 5]
    assert sum(done) == 7


def test_report_has_the_documented_form(folders: Folders, tmp_path: Path) -> None:
    (folders.photos / "broken.jpg").write_bytes(b"\xff\xd8\xff")
    write_report(folders.sort(), tmp_path / "report.json")
    report = json.loads((tmp_path / "report.json").read_text())
    parts = {"version", "engine", "people", "photos", "thresholds", "timing"}
    assert report.keys() == parts | {"held_back", "similar_photos", "same_face"}
    assert report["version"] == 1
    assert report["engine"]["version"] == "stripes-1"
    assert report["people"]["Bob"] == {
        "photos": ["1.png", "deep/2.png"],
        "review": [],
        "references": [{"file": "Bob.png", "ok": True, "reason": None}],
    }
    first, second = report["photos"]["1.png"]["faces"]
    assert first.keys() == {"box", "cluster", "person", "decision", "distance", "reason"}
    assert first["box"] == [0, 0, 64, 64]
    assert isinstance(first["cluster"], int)
    assert (first["person"], first["decision"]) == ("Bob", "match")
    assert first["distance"] == pytest.approx(0.2, abs=0.05)
    assert (second["person"], second["decision"], second["distance"]) == (None, "none", None)
    assert second["reason"] == "no registered person is similar enough"
    assert report["photos"]["1.png"]["error"] is None
    assert report["photos"]["broken.jpg"]["faces"] == []
    assert "broken.jpg can't be opened" in report["photos"]["broken.jpg"]["error"]
    assert all(isinstance(value, (int, float)) for value in report["thresholds"].values())
    assert report["timing"].keys() == {"seconds", "analyse_seconds", "cluster_seconds"}


def test_undecodable_name_keeps_its_bytes_in_the_report(folders: Folders, tmp_path: Path) -> None:
    odd = b"caf\xe9.png".decode("utf-8", "surrogateescape")
    folders.add_photo(odd, fakes.BOB, serial=7)
    write_report(folders.sort(), tmp_path / "report.json")
    assert odd in json.loads((tmp_path / "report.json").read_text())["people"]["Bob"]["photos"]


def test_result_does_not_depend_on_names_or_number_of_processes(tmp_path: Path) -> None:
    reports = []
    for workers, prefix in ((1, "a"), (3, "z")):
        folders = Folders(tmp_path / prefix)
        folders.add_person("Bob.png", fakes.BOB)
        for number in range(6):
            order = number if prefix == "a" else 9 - number
            folders.add_photo(f"{order}.png", fakes.BOB, fakes.STRANGER, serial=number)
        engine = EngineChoice(fakes.StripeEngine, "stripes-1", {})
        options = RunOptions(engine, AnalysisCache(None), workers)
        outcome = sort_folders(folders.photos, folders.people, options)
        reports.append({photo.digest: photo.faces for photo in outcome.photos.values()})
    assert len(reports[0]) == 6
    assert reports[0] == reports[1]
