"""The labels of made-up events are right, and the two parts share no person."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from labeled_events import (
    CANVAS,
    Kind,
    PlannedEvent,
    TooFewIdentities,
    identities,
    part_of,
    photo_jpeg,
    plan_event,
    write_event,
)
from picprocure.imaging.loading import load_upright

CROPS = {
    **{
        f"Person {number}": [f"Person {number}/{crop}.jpg" for crop in range(7)]
        for number in range(9)
    },
    **{f"Once {number}": [f"Once {number}/0.jpg"] for number in range(20)},
}
KIND = Kind(people=6, strangers=10, references=3)


@pytest.fixture
def event() -> PlannedEvent:
    return plan_event(CROPS, KIND, seed=1)


def test_no_person_is_in_a_photo_twice_and_at_most_six_are(event: PlannedEvent) -> None:
    for photo in event.photos:
        names = [face.name for face in photo.faces]
        assert 1 <= len(set(names)) == len(names) <= 6


def test_each_crop_is_used_once_as_reference_or_in_a_photo(event: PlannedEvent) -> None:
    shown = [face.crop for photo in event.photos for face in photo.faces]
    given = [crop for own in event.references.values() for crop in own]
    assert len(given) == 6 * 3
    assert len(set(shown + given)) == len(shown + given) == 6 * 7 + len(strangers_in(event))


def strangers_in(event: PlannedEvent) -> list[str]:
    """Return a name for each crop of a stranger."""
    names = [face.name for photo in event.photos for face in photo.faces]
    return [name for name in names if name not in event.references]


def test_as_many_strangers_come_as_were_asked_for(event: PlannedEvent) -> None:
    assert len(set(strangers_in(event))) == 10


def test_faces_lie_on_the_photo_and_on_no_other_face(event: PlannedEvent) -> None:
    for photo in event.photos:
        ends = 0
        for face in photo.faces:
            assert ends <= face.left
            ends = face.left + face.side
            assert 0 <= face.top <= face.top + face.side <= CANVAS[1]
        assert ends <= CANVAS[0]


def test_labels_tell_registered_people_from_strangers(event: PlannedEvent) -> None:
    labels = event.labels
    assert labels["people"] == sorted(event.references)
    for photo in event.photos:
        for face, label in zip(photo.faces, labels["photos"][photo.name], strict=True):
            registered = face.name in event.references
            assert label == (face.name if registered else f"stranger:{face.name}")


def test_two_crops_stay_for_the_event_whatever_is_asked_for() -> None:
    event = plan_event(CROPS, Kind(9, 0, references=10), seed=0)
    assert {len(own) for own in event.references.values()} == {5}


def test_the_same_seed_gives_the_same_event_and_another_one_another() -> None:
    assert plan_event(CROPS, KIND, seed=1) == plan_event(CROPS, KIND, seed=1)
    assert plan_event(CROPS, KIND, seed=1) != plan_event(CROPS, KIND, seed=2)


@pytest.mark.parametrize("kind", [Kind(10, 0), Kind(9, 21)])
def test_too_few_people_are_refused(kind: Kind) -> None:
    with pytest.raises(TooFewIdentities, match=str(kind)):
        plan_event(CROPS, kind, seed=0)


def test_the_parts_share_no_person_and_leave_no_person_out(crops: Path) -> None:
    a, b = identities(crops, "a"), identities(crops, "b")
    assert a
    assert b
    assert a.keys().isdisjoint(b)
    assert {**a, **b} == identities(crops)


def test_who_is_in_which_part_never_changes() -> None:
    assert [part_of(name) for name in ("Alice", "Bob", "Charlie", "Mallory")] == list("bbaa")


@pytest.mark.parametrize(
    ("text", "kind"), [("80/300", Kind(80, 300, 1)), ("190/1800x5", Kind(190, 1800, 5))]
)
def test_kinds_are_read_as_they_are_written(text: str, kind: Kind) -> None:
    assert Kind.parsed(text) == kind
    assert str(kind) == text


def test_a_kind_that_is_none_is_refused_with_an_example() -> None:
    with pytest.raises(ValueError, match="80/300x3"):
        Kind.parsed("80")


@pytest.fixture
def crops(tmp_path: Path) -> Path:
    """Give each person a color."""
    for number, (name, files) in enumerate(CROPS.items()):
        (tmp_path / name).mkdir()
        for file in files:
            Image.new("RGB", (150, 150), (9 * number, 0, 0)).save(tmp_path / file)
    return tmp_path


def test_a_photo_shows_the_crops_where_they_were_placed(event: PlannedEvent, crops: Path) -> None:
    photo = event.photos[0]
    (crops / "photo.jpg").write_bytes(photo_jpeg(photo, crops))
    pixels = load_upright(crops / "photo.jpg", name="photo", max_pixels=10**7).pixels
    assert pixels.shape == (CANVAS[1], CANVAS[0], 3)
    for face in photo.faces:
        red = 9 * list(CROPS).index(face.name)
        middle = pixels[face.top + face.side // 2, face.left + face.side // 2]
        assert abs(int(middle[0]) - red) < 6
        assert middle[1:].max() < 6


def test_a_written_event_holds_what_its_labels_say(
    event: PlannedEvent, crops: Path, tmp_path: Path
) -> None:
    write_event(event, crops, tmp_path / "event")
    photos = {file.name for file in (tmp_path / "event/photos").iterdir()}
    people = {
        folder.name: len(list(folder.iterdir())) for folder in (tmp_path / "event/people").iterdir()
    }
    assert photos == set(event.labels["photos"])
    assert people == dict.fromkeys(event.labels["people"], 3)
