"""Who gets which real photo, by the real engine and the default thresholds."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from PIL import Image

from picprocure.faces.clustering import cluster_faces
from picprocure.faces.engine import DlibEngine
from picprocure.faces.evaluation import delivery_quality
from picprocure.faces.image import load_upright
from picprocure.faces.matching import Decision, Person, match_people
from picprocure.faces.reference import check_reference
from picprocure.faces.thresholds import DEFAULT
from picprocure.faces.types import Embedding, FoundFace

from .conftest import MAX_PIXELS
from .synthetic import Event

pytestmark = pytest.mark.engine

FacesIn = Callable[[Path], list[FoundFace]]

WOMAN_IN_GROUP_PHOTO_3 = (1000, 100, 1330, 520)
"""Left, top, right and bottom around the face in the middle, hand-drawn."""

WOMAN_IN_GROUP_PHOTO_1 = (1400, 200, 1720, 480)
"""Where she stands in the other one, on the right."""


def delivered(
    photos: Iterable[Path], references: dict[str, Embedding], faces_in: FacesIn
) -> dict[str, set[str]]:
    """File names by person, as an event of these photos hands them out."""
    event, names = Event(), []
    for number, path in enumerate(photos):
        names.append(path.name)
        for face in faces_in(path):
            event.faces.append(face.embedding)
            event.photos.append(number)
    clusters = cluster_faces(event.embeddings, event.photos, threshold=DEFAULT.cluster_threshold)
    people = [Person(key, reference[None, :]) for key, reference in references.items()]
    given: dict[str, set[str]] = {key: set() for key in references}
    for match in match_people(event.embeddings, event.photos, clusters, people):
        if match.decision is Decision.MATCH:
            given[str(match.person)].add(names[event.photos[match.face]])
    return given


@pytest.fixture(scope="module")
def woman(engine: DlibEngine, group_photo: Callable[[int], Path]) -> Embedding:
    """Enrolled with a crop of the third group photo."""
    crop = io.BytesIO()
    with Image.open(group_photo(3)) as photo:
        photo.crop(WOMAN_IN_GROUP_PHOTO_3).save(crop, "JPEG", quality=92)
    crop.seek(0)
    image = load_upright(crop, name="me.jpg", max_pixels=MAX_PIXELS)
    return check_reference(image, engine.find_faces(image)).embedding


@pytest.fixture(scope="module")
def president(portrait: Callable[[str], Path], faces_in: FacesIn) -> Embedding:
    (face,) = faces_in(portrait("obama"))
    return face.embedding


def test_each_gets_the_photos_they_are_in_and_no_other(
    woman: Embedding,
    president: Embedding,
    group_photo: Callable[[int], Path],
    portrait: Callable[[str], Path],
    faces_in: FacesIn,
) -> None:
    photos = [group_photo(number) for number in (1, 2, 4, 5, 6)]
    photos += [portrait(name) for name in ("obama2", "obama3", "biden")]
    assert delivered(photos, {"woman": woman, "president": president}, faces_in) == {
        "woman": {"sample1.jpg"},
        "president": {"obama2.jpg", "obama3.jpg"},
    }


def test_the_right_face_of_the_photo_is_hers(
    woman: Embedding, group_photo: Callable[[int], Path], faces_in: FacesIn
) -> None:
    faces = faces_in(group_photo(1))
    event = Event([face.embedding for face in faces], [0] * len(faces))
    (match,) = match_people(
        event.embeddings, event.photos, range(len(faces)), [Person("woman", woman[None, :])]
    )
    box = faces[match.face].box
    left, top, right, bottom = WOMAN_IN_GROUP_PHOTO_1
    assert left < box.left < box.right < right
    assert top < box.top < box.bottom < bottom


@pytest.mark.parametrize("photos", [["obama2"], ["obama3"], ["biden"], ["obama2", "biden"]])
def test_an_event_of_one_or_two_photos_is_sorted_too(
    photos: list[str],
    president: Embedding,
    portrait: Callable[[str], Path],
    faces_in: FacesIn,
) -> None:
    given = delivered([portrait(name) for name in photos], {"president": president}, faces_in)
    assert given == {"president": {f"{name}.jpg" for name in photos if name != "biden"}}


def test_strangers_photos_reach_nobody(
    woman: Embedding,
    president: Embedding,
    group_photo: Callable[[int], Path],
    faces_in: FacesIn,
) -> None:
    photos = [group_photo(number) for number in (2, 4, 5, 6)]
    given = delivered(photos, {"woman": woman, "president": president}, faces_in)
    assert given == {"woman": set(), "president": set()}


@pytest.mark.parametrize(("folder", "recall"), [("portraits", 1.0), ("event", 0.7)])
def test_a_labeled_event_is_delivered_without_a_mistake(
    folder: str, recall: float, labeled_photos: Path, faces_in: FacesIn
) -> None:
    root = labeled_photos / folder
    labels = json.loads((root / "labels.json").read_text())
    references = {
        name: max(faces_in(root / "people" / f"{name}.jpg"), key=lambda face: face.score).embedding
        for name in labels["people"]
    }
    given = delivered([root / "photos" / name for name in labels["photos"]], references, faces_in)
    quality = delivery_quality(
        ((person, photo) for person, photos in given.items() for photo in photos), labels
    )
    assert quality.precision == 1.0
    assert quality.recall >= recall
