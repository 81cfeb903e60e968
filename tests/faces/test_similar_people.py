"""Real people who look alike: strictness and what it holds back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from picprocure.faces.detectors.yunet import YunetDetector
from picprocure.faces.engine import ComposedEngine, analyze_photo
from picprocure.faces.enrollment.quality import reference_face
from picprocure.faces.matching.types import Decision, Person
from picprocure.faces.sorting import SortedFaces, sort_faces
from picprocure.faces.thresholds import DLIB, Thresholds
from picprocure.faces.types import Embedding, Embeddings
from picprocure.imaging.loading import load_upright
from real_engines import dlib_embedder

from .conftest import MAX_PIXELS

pytestmark = pytest.mark.engine

OLDER_MEN = [
    *("Fernando_Henrique_Cardoso", "Eduardo_Duhalde", "Trent_Lott", "Robert_Blake"),
    *("Shimon_Peres", "Gonzalo_Sanchez_de_Lozada", "Arlen_Specter", "Yasar_Yakis"),
    *("Augusto_Roa_Bastos", "Adolfo_Rodriguez_Saa", "Leslie_Moonves", "Hootie_Johnson"),
    *("Dick_Latessa", "Fred_Thompson", "Vaclav_Klaus", "Samuel_Waksal"),
    *("Guillermo_Ruiz_Polanco", "Charles_Grassley", "Inocencio_Arias", "Horst_Koehler"),
]
"""To dlib's network, they look alike. The first six are registered."""

OTHERS = [
    *("Bud_Selig", "Cate_Blanchett", "Gordon_Brown", "Heidi_Klum", "Keanu_Reeves", "Wen_Jiabao"),
    *("Aaron_Peirsol", "Abdullah_Nasseef", "Adam_Sandler", "Akbar_Hashemi_Rafsanjani"),
    *("Al_Sharpton", "Alan_Ball", "Alanna_Ubach", "Alec_Baldwin", "Amelia_Vega"),
    *("Amelie_Mauresmo", "Ana_Guevara", "Andre_Agassi", "Anna_Kournikova", "Arminio_Fraga"),
]

REGISTERED = 6
FACES_IN_PHOTO = 4


def reference_of(engine: ComposedEngine, path: Path) -> Embedding:
    image = load_upright(path, name=path.name, max_pixels=MAX_PIXELS)
    return reference_face(engine, image).embedding


@dataclass(frozen=True)
class SmallEvent:
    """An event whose photos have four faces each."""

    faces: Embeddings
    photos: list[int]
    people: list[Person]

    @classmethod
    def of(cls, engine: ComposedEngine, crops: Path, names: Sequence[str]) -> SmallEvent:
        """Register the first six people with their first crop, and photograph all with others."""
        files = {name: sorted((crops / name).glob("*.jpg")) for name in names}
        registered = names[:REGISTERED]
        shown = {name: own[1:7] if name in registered else own[:2] for name, own in files.items()}
        shots = [own[turn] for turn in range(6) for own in shown.values() if turn < len(own)]
        found = [
            max(
                analyze_photo(engine, path, name=path.name, max_pixels=MAX_PIXELS),
                key=lambda face: face.box.width,
            )
            for path in shots
        ]
        return cls(
            np.stack([face.embedding for face in found]),
            [number // FACES_IN_PHOTO for number in range(len(shots))],
            [Person(name, reference_of(engine, files[name][0])[None]) for name in registered],
        )

    def sort(self, thresholds: Thresholds) -> SortedFaces:
        return sort_faces(self.faces, self.photos, None, self.people, thresholds=thresholds)

    def delivered(self, found: SortedFaces) -> set[tuple[object, int]]:
        return {
            (match.person, self.photos[match.face])
            for match in found.matches
            if match.decision is Decision.MATCH
        }

    def nearest_photos(self) -> list[int]:
        """Return all photos, first those whose faces are nearest to each other."""
        faces, photos = self.faces / np.linalg.norm(self.faces, axis=1)[:, None], self.photos
        medians = {}
        for photo in set(photos):
            own = faces[np.array(photos) == photo]
            distances = [np.linalg.norm(a - b) for row, a in enumerate(own) for b in own[:row]]
            certain = [away for away in distances if away > DLIB.reference_agreement]
            medians[photo] = float(np.median(certain)) if certain else np.inf
        return sorted(medians, key=medians.__getitem__)


@pytest.fixture(scope="module")
def dlib_engine(yunet: YunetDetector) -> ComposedEngine:
    return ComposedEngine(yunet, dlib_embedder())


@pytest.fixture(scope="module")
def crops(labeled_photos: Path) -> Path:
    return labeled_photos / "lfw"


def test_people_who_look_alike_miss_photos_and_the_nearest_photos_are_named(
    crops: Path, dlib_engine: ComposedEngine
) -> None:
    event = SmallEvent.of(dlib_engine, crops, OLDER_MEN)
    found = event.sort(DLIB)
    without = event.delivered(event.sort(replace(DLIB, max_shift=0.0)))
    held_back = without - event.delivered(found)
    assert found.strictness
    assert len(held_back) >= 5
    # The clusters without the shift are a little larger, too.
    assert found.strictness.held_back == pytest.approx(len(held_back), abs=2)
    assert list(found.strictness.photos) == event.nearest_photos()[:5]


def test_other_people_are_not_matched_more_strictly(
    crops: Path, dlib_engine: ComposedEngine
) -> None:
    event = SmallEvent.of(dlib_engine, crops, OTHERS)
    found = event.sort(DLIB)
    assert found.limits["event_strangers_shift"] > -DLIB.usual_shift
    assert found.strictness is None
