from __future__ import annotations

import numpy as np
import pytest

from picprocure.faces.types import EMBEDDING_SIZE
from picprocure.faces.vectors import face_keys, normalize

from .synthetic import photographed, step


def test_every_row_gets_length_one_and_keeps_its_direction() -> None:
    vectors = np.stack([step(length, seed=1) for length in (1e-3, 0.7, 1.4, 1e3)])
    turned = normalize(vectors.astype(np.float64))
    assert turned.dtype == np.float32
    assert np.allclose(turned, step(1, seed=1), atol=1e-6)


def test_a_row_of_zeros_stays_one() -> None:
    assert not normalize(np.zeros((2, EMBEDDING_SIZE), np.float32)).any()


def test_no_rows_stay_none() -> None:
    assert normalize(np.empty((0, EMBEDDING_SIZE), np.float32)).shape == (0, EMBEDDING_SIZE)


@pytest.mark.parametrize("broken", [float("nan"), float("inf"), -float("inf")])
def test_a_row_that_is_no_numbers_is_refused(broken: float) -> None:
    vectors = np.stack([step(1, seed=n) for n in range(3)])
    vectors[2, 5] = broken
    with pytest.raises(ValueError, match="embedding 2 holds values that are no finite numbers"):
        normalize(vectors)


def test_a_key_depends_on_nothing_but_the_face() -> None:
    faces = np.stack([photographed(person, 0) for person in range(50)])
    order = np.random.default_rng(1).permutation(50)
    keys = face_keys(faces)
    assert np.array_equal(face_keys(faces[order]), keys[order])
    assert face_keys(faces[7:8]).tolist() == keys[7:8].tolist()


def test_keys_tell_faces_apart_down_to_the_last_bit() -> None:
    face = photographed(1, 0)
    faces = np.stack([face] * (EMBEDDING_SIZE + 1))
    rows = np.arange(EMBEDDING_SIZE)
    faces[rows, rows] = np.nextafter(faces[rows, rows], np.float32(2))
    assert len(set(face_keys(faces).tolist())) == EMBEDDING_SIZE + 1


def test_the_smallest_keys_are_a_fair_sample() -> None:
    """Faces of both halves of the sphere are chosen equally often."""
    random = np.random.default_rng(0)
    faces = normalize(random.normal(size=(4_000, EMBEDDING_SIZE)))
    chosen = faces[np.argsort(face_keys(faces))[:1_000]]
    assert np.abs((chosen > 0).mean(axis=0) - 0.5).max() < 0.07
