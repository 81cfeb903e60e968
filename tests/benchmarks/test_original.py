"""The original system, for comparison, works as described, including its mistakes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from original import Original, OriginalEngine, deliveries, sorted_event
from picprocure.faces.types import EMBEDDING_SIZE, Embedding
from picprocure.imaging.loaded_image import LoadedImage


def at(*coordinates: float) -> Embedding:
    """Return a point in the first few dimensions."""
    point = np.zeros(EMBEDDING_SIZE, dtype=np.float32)
    point[: len(coordinates)] = coordinates
    return point


def test_whose_profile_falls_into_a_cluster_gets_its_photos() -> None:
    faces = [at(0), at(0.3), at(5)]
    assert deliveries(faces, ["a", "b", "c"], {"Bob": at(0.1), "Charlie": at(9)}) == {
        ("Bob", "a"),
        ("Bob", "b"),
    }


def test_a_cluster_carries_along_faces_that_are_far_from_the_profile() -> None:
    between = [at(0.45), at(0.45, 0.01), at(0.45, 0.02)]
    given = deliveries([*between, at(0.9)], ["a", "b", "c", "far"], {"Bob": at(0)})
    assert ("Bob", "far") in given


def test_two_people_in_one_cluster_both_get_it() -> None:
    given = deliveries([at(0)], ["a"], {"Alice": at(0.1), "Bob": at(0, 0.1)})
    assert given == {("Alice", "a"), ("Bob", "a")}


def test_an_event_without_faces_gives_nothing() -> None:
    assert deliveries([], [], {"Bob": at(0)}) == set()


@pytest.mark.engine
def test_photos_are_sorted_by_their_faces(portrait: Callable[[str], Path]) -> None:
    photos = [portrait(name) for name in ("obama2", "biden")]
    given, seconds = sorted_event(photos, {"president": portrait("obama")})
    assert given == {("president", "obama2.jpg")}
    assert seconds.total > seconds.clustering > 0


@pytest.mark.engine
def test_faces_from_the_quick_embedder_are_the_same(portrait: Callable[[str], Path]) -> None:
    photo = portrait("obama2")
    with Image.open(photo) as picture:
        pixels = np.array(picture.convert("RGB"))
    faces = OriginalEngine().find_faces(LoadedImage(pixels, pixels.shape[1], pixels.shape[0]))
    quick = [face.embedding for face in faces]
    np.testing.assert_allclose(quick, Original().descriptors(photo), atol=1e-4)
