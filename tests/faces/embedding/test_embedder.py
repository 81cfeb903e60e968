"""The network in ONNX Runtime gives the same embeddings as dlib."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import dlib
import numpy as np
import pytest

from picprocure.faces.detectors.hog import HogDetector
from picprocure.faces.embedding import dlib_resnet
from picprocure.faces.embedding.dlib_resnet import MAX_BATCH, DlibEmbedder, ResnetEmbedder
from picprocure.faces.embedding.embedder import Chips
from picprocure.faces.engine import ComposedEngine
from picprocure.faces.models import registry
from picprocure.faces.models.cache import resnet_model
from picprocure.faces.types import EMBEDDING_SIZE, Box
from picprocure.imaging.loaded_image import LoadedImage, Pixels
from picprocure.imaging.loading import load_upright
from real_engines import remembering_dlib_engine

from ..conftest import MAX_PIXELS

pytestmark = pytest.mark.engine

LARGEST_DIFFERENCE = 1e-4


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache") / "picprocure"


@pytest.fixture(scope="module")
def plain(cache: Path) -> ResnetEmbedder:
    return ResnetEmbedder(mirror=False, cache_folder=cache)


@pytest.fixture(scope="module")
def mirrored(cache: Path) -> ResnetEmbedder:
    return ResnetEmbedder(cache_folder=cache)


@pytest.fixture(scope="module")
def reference() -> DlibEmbedder:
    return DlibEmbedder()


def small_picture(path: Path) -> LoadedImage:
    """Return a photo as if it had been taken with few pixels. dlib's detector is quick in it."""
    pixels = load_upright(path, name=path.name, max_pixels=MAX_PIXELS, max_side=800).pixels
    return LoadedImage(pixels, pixels.shape[1], pixels.shape[0])


@pytest.fixture(scope="module")
def group(group_photo: Callable[[int], Path]) -> tuple[Pixels, list[Box]]:
    """Return a photo of five people and the boxes of their faces."""
    image = small_picture(group_photo(5))
    return image.pixels, remembering_dlib_engine().find_boxes(image)


@pytest.fixture(scope="module")
def chips(plain: ResnetEmbedder, group: tuple[Pixels, list[Box]]) -> Chips:
    return plain.chips(*group)


def test_real_faces_of_all_sizes_get_the_embeddings_of_dlib(
    plain: ResnetEmbedder,
    reference: DlibEmbedder,
    group_photo: Callable[[int], Path],
    portrait: Callable[[str], Path],
) -> None:
    engine = remembering_dlib_engine()
    paths = [group_photo(number) for number in (5, 6)] + [portrait("obama")]
    compared = 0
    for path in paths:
        image = small_picture(path)
        boxes = engine.find_boxes(image)
        ours, theirs = plain.embed(image.pixels, boxes), reference.embed(image.pixels, boxes)
        assert np.abs(ours - theirs).max() < LARGEST_DIFFERENCE
        compared += len(boxes)
    assert compared == 10


@pytest.mark.parametrize("count", [20, pytest.param(100, marks=pytest.mark.soak)])
def test_many_people_get_the_embeddings_of_dlib(
    labeled_photos: Path, plain: ResnetEmbedder, reference: DlibEmbedder, count: int
) -> None:
    identities = sorted((labeled_photos / "lfw").iterdir())
    people = identities[:: len(identities) // count][:count]
    assert len(people) == count
    face = [Box(35, 35, 115, 115)]  # these crops are centered
    for person in people:
        path = min(person.glob("*.jpg"))
        pixels = load_upright(path, name=path.name, max_pixels=MAX_PIXELS).pixels
        ours, theirs = plain.embed(pixels, face), reference.embed(pixels, face)
        assert np.abs(ours - theirs).max() < LARGEST_DIFFERENCE


@pytest.mark.parametrize(
    "box", [Box(-60, -60, 60, 60), Box(150, 150, 260, 260), Box(20, 20, 180, 180), Box(3, 3, 9, 9)]
)
def test_a_face_at_the_edge_gets_the_embedding_of_dlib_too(
    box: Box, plain: ResnetEmbedder, reference: DlibEmbedder
) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (200, 200, 3), dtype=np.uint8)
    ours, theirs = plain.embed(pixels, [box]), reference.embed(pixels, [box])
    assert np.abs(ours - theirs).max() < LARGEST_DIFFERENCE


def test_chips_are_those_that_dlib_cuts(group: tuple[Pixels, list[Box]], chips: Chips) -> None:
    pixels, boxes = group
    landmarks = dlib.shape_predictor(str(registry.landmarks_path()))
    for box, chip in zip(boxes, chips, strict=True):
        face = dlib.rectangle(box.left, box.top, box.right - 1, box.bottom - 1)
        assert np.array_equal(chip, dlib.get_face_chip(pixels, landmarks(pixels, face)))


def test_the_mirror_averages_both_images(
    plain: ResnetEmbedder, mirrored: ResnetEmbedder, chips: Chips
) -> None:
    sides = plain.embed_chips(chips), plain.embed_chips(chips[:, :, ::-1])
    assert np.abs(sides[0] - sides[1]).max() > 0.01
    assert np.allclose(mirrored.embed_chips(chips), (sides[0] + sides[1]) / 2, atol=1e-6)


def test_a_face_and_its_mirror_image_have_one_embedding(
    mirrored: ResnetEmbedder, chips: Chips
) -> None:
    there, back = mirrored.embed_chips(chips), mirrored.embed_chips(chips[:, :, ::-1])
    assert np.allclose(there, back, atol=1e-6)


@pytest.mark.parametrize("count", [1, 2, MAX_BATCH - 1, MAX_BATCH, MAX_BATCH + 1, 40])
def test_company_changes_no_embedding(count: int, plain: ResnetEmbedder, chips: Chips) -> None:
    alone = np.concatenate([plain.embed_chips(chip[None]) for chip in chips])
    rows = np.arange(count) % len(chips)
    together = plain.embed_chips(chips[rows])
    assert together.dtype == np.float32
    assert together.shape == (count, EMBEDDING_SIZE)
    assert np.allclose(together, alone[rows], atol=1e-6)


@pytest.mark.parametrize("mirror", [False, True])
def test_no_faces_have_no_embeddings(mirror: bool, cache: Path) -> None:
    embedder = ResnetEmbedder(mirror=mirror, cache_folder=cache)
    pixels = np.zeros((50, 50, 3), dtype=np.uint8)
    assert embedder.embed(pixels, []).shape == (0, EMBEDDING_SIZE)
    assert embedder.embed(pixels, []).dtype == np.float32


def test_threads_get_what_one_thread_gets_and_load_once(
    cache: Path,
    mirrored: ResnetEmbedder,
    group: tuple[Pixels, list[Box]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    expected = mirrored.embed(*group)
    loads: list[Path | None] = []

    def counted(folder: Path | None) -> bytes:
        loads.append(folder)
        return resnet_model(folder)

    monkeypatch.setattr(dlib_resnet, "resnet_model", counted)
    fresh = ResnetEmbedder(cache_folder=cache)
    with ThreadPoolExecutor(4) as threads:
        for found in threads.map(lambda _: fresh.embed(*group), range(8)):
            assert np.array_equal(found, expected)
    assert loads == [cache]


def test_two_threads_inside_give_the_same_embeddings(
    cache: Path, plain: ResnetEmbedder, chips: Chips
) -> None:
    two = ResnetEmbedder(mirror=False, intra_op_num_threads=2, cache_folder=cache)
    assert np.allclose(two.embed_chips(chips), plain.embed_chips(chips), atol=1e-6)


def test_a_model_that_is_not_kept_gives_the_same_embeddings(
    plain: ResnetEmbedder, chips: Chips, tmp_path: Path
) -> None:
    passing = ResnetEmbedder(mirror=False, cache_folder=tmp_path / "cache", keep_model=False)
    assert np.array_equal(passing.embed_chips(chips), plain.embed_chips(chips))
    assert not (tmp_path / "cache").exists()


def test_names_tell_apart_what_gives_other_numbers() -> None:
    names = {ResnetEmbedder().name, ResnetEmbedder(mirror=False).name, DlibEmbedder().name}
    assert len(names) == 3


def test_the_engine_takes_it(cache: Path, portrait: Callable[[str], Path]) -> None:
    engine = ComposedEngine(HogDetector(), ResnetEmbedder(cache_folder=cache))
    assert engine.version == "hog-dlib-5"

    def embedding(name: str) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
        (face,) = engine.find_faces(small_picture(portrait(name)))
        return face.embedding

    same = float(np.linalg.norm(embedding("obama") - embedding("obama2")))
    other = float(np.linalg.norm(embedding("obama") - embedding("biden")))
    assert same < 0.5 < other
