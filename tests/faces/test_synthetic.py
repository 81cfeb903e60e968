"""Made-up faces are as far apart as real ones."""

from __future__ import annotations

import numpy as np
import pytest

from .synthetic import at_distance, center, photographed


def test_distances_are_those_of_real_faces() -> None:
    faces = np.array([[photographed(person, time) for time in range(2)] for person in range(300)])
    assert np.linalg.norm(faces, axis=2) == pytest.approx(1, abs=1e-5)
    own = np.linalg.norm(faces[:, 0] - faces[:, 1], axis=1)
    between_people = np.linalg.norm(faces[:, None, 0] - faces[None, :, 1], axis=2)
    between_people = between_people[~np.eye(300, dtype=bool)]
    assert (own.mean(), own.std()) == pytest.approx((0.30, 0.05), abs=0.01)
    assert (between_people.mean(), between_people.std()) == pytest.approx((0.56, 0.06), abs=0.01)


@pytest.mark.parametrize("distance", [0.02, 0.3, 1.2])
def test_a_face_at_a_distance_is_just_there(distance: float) -> None:
    face = at_distance(center(1), distance, seed=4)
    assert np.linalg.norm(face) == pytest.approx(1, abs=1e-5)
    assert np.linalg.norm(face - center(1)) == pytest.approx(distance, abs=1e-5)
