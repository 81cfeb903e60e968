"""A small run of the benchmark of borrowed faces, on real faces."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from borrowed_faces import Rates, embedded_people, measured
from picprocure.faces.thresholds import thresholds_of
from real_engines import best_engine

SHARED = Path(__file__).parents[3] / "shared/photos"
WELL_KNOWN, SELDOM_SEEN, PICTURES = 12, 24, 4
REGISTRANTS, ROUNDS = 10, 4


@pytest.fixture(scope="module")
def crops(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return some people with four pictures each, and some with one."""
    labeled = Path(os.environ.get("PICPROCURE_TEST_PHOTOS", SHARED)) / "lfw"
    if not labeled.is_dir():
        pytest.skip(f"no {labeled}; PICPROCURE_TEST_PHOTOS may name its parent")
    folder = tmp_path_factory.mktemp("crops")
    left = {PICTURES: WELL_KNOWN, 1: SELDOM_SEEN}
    for identity in sorted(labeled.iterdir()):
        pictures = sorted(identity.glob("*.jpg"))[:PICTURES]
        if left.get(len(pictures)):
            left[len(pictures)] -= 1
            (folder / identity.name).mkdir()
            for picture in pictures:
                (folder / identity.name / picture.name).symlink_to(picture)
    return folder


@pytest.mark.engine
def test_borrowed_faces_wait_and_newcomers_seldom_do(crops: Path) -> None:
    engine = best_engine()
    people = embedded_people(engine, crops, max_people=None)

    def rates(references: int) -> Rates:
        return measured(
            people, REGISTRANTS, references, thresholds_of(engine.version), rounds=ROUNDS
        )

    with_one, with_three = rates(1), rates(3)
    for measure in (with_one, with_three):
        waiting, caught = measure.waiting, measure.caught
        assert waiting.total >= 60
        assert waiting.hits <= 0.02 * waiting.total
        assert caught.total >= 20
    assert with_one.caught.hits >= 0.6 * with_one.caught.total
    assert with_three.caught.hits >= 0.8 * with_three.caught.total
