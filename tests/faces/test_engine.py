"""The real detector and the real network on real photos."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import mean

import dlib
import numpy as np
import pytest
from PIL import Image

from picprocure.faces.detectors import Detection
from picprocure.faces.detectors.hog import HogDetector
from picprocure.faces.detectors.yunet import YunetDetector
from picprocure.faces.engine import ComposedEngine, analyze_photo
from picprocure.faces.models import registry
from picprocure.faces.thresholds import DLIB, SFACE, thresholds_of
from picprocure.faces.types import EMBEDDING_SIZE, Box, FoundFace
from picprocure.faces.vectors import normalize
from picprocure.imaging.loaded_image import LoadedImage, Pixels
from picprocure.imaging.loading import load_for_search, load_upright
from real_engines import best_engine, dlib_embedder, dlib_engine

from .conftest import MAX_PIXELS

pytestmark = pytest.mark.engine

FacesIn = Callable[[Path], list[FoundFace]]
ORIENTATION = 0x0112


def overlap(a: Box, b: Box) -> float:
    """Intersection over union."""
    width = min(a.right, b.right) - max(a.left, b.left)
    height = min(a.bottom, b.bottom) - max(a.top, b.top)
    shared = max(0, width) * max(0, height)
    return shared / (a.area + b.area - shared)


def same_places(first: list[FoundFace], second: list[FoundFace], *, pixels: int) -> bool:
    """Return whether both lists have the same boxes, up to this many pixels at each corner."""
    corners = [
        np.array(sorted((f.box.left, f.box.top, f.box.right, f.box.bottom) for f in faces))
        for faces in (first, second)
    ]
    return len(first) == len(second) and int(np.abs(corners[0] - corners[1]).max()) <= pixels


@pytest.fixture(scope="module")
def portrait_pixels(portrait: Callable[[str], Path]) -> Pixels:
    """Return a portrait of 480 by 600 pixels, in which dlib's detector is quick."""
    path = portrait("obama")
    return load_upright(path, name=path.name, max_pixels=MAX_PIXELS, max_side=600).pixels


@pytest.mark.parametrize(("number", "people"), [(1, 3), (2, 1), (3, 3), (4, 3), (5, 5), (6, 4)])
def test_all_people_in_the_group_photos_are_found(
    number: int, people: int, group_photo: Callable[[int], Path], faces_in: FacesIn
) -> None:
    faces = faces_in(group_photo(number))
    # In some photos there are people in the background, whom not every detector sees.
    assert people <= len(faces) <= people + 2
    with Image.open(group_photo(number)) as photo:
        assert all(face.box.left >= 0 and face.box.right <= photo.width for face in faces)
        assert all(face.box.top >= 0 and face.box.bottom <= photo.height for face in faces)


def test_a_face_has_an_embedding_and_a_score(
    portrait: Callable[[str], Path], faces_in: FacesIn
) -> None:
    (face,) = faces_in(portrait("biden"))
    assert face.embedding.shape == (EMBEDDING_SIZE,)
    assert face.embedding.dtype == np.float32
    assert 0.9 < face.score <= 1


def test_embeddings_are_directions(group_photo: Callable[[int], Path], faces_in: FacesIn) -> None:
    lengths = [np.linalg.norm(face.embedding) for face in faces_in(group_photo(5))]
    assert lengths == pytest.approx([1.0] * 5, abs=1e-6)


@pytest.mark.parametrize(
    ("make_engine", "least"),
    [(best_engine, 0), (dlib_engine, 0.005)],  # only dlib's network gets augmented chips
)
def test_a_face_as_reference_is_nearly_what_it_is_otherwise(
    make_engine: Callable[[], ComposedEngine], least: float, portrait_pixels: Pixels
) -> None:
    engine = make_engine()
    height, width = portrait_pixels.shape[:2]
    image = LoadedImage(portrait_pixels, width, height)
    (face,) = engine.find_faces(image)
    reference = engine.embed_reference(image, face.box)
    assert reference.dtype == np.float32
    assert np.linalg.norm(reference) == pytest.approx(1, abs=1e-6)
    assert least <= np.linalg.norm(reference - face.embedding) < 0.15


def test_a_reference_of_a_reduced_picture_is_cut_where_its_face_is(
    engine: ComposedEngine, portrait_pixels: Pixels
) -> None:
    """Boxes are in pixels of the original, for photos that were loaded at any size."""
    height, width = portrait_pixels.shape[:2]
    (face,) = engine.find_faces(LoadedImage(portrait_pixels, width, height))
    reduced = LoadedImage(portrait_pixels, 3 * width, 3 * height)
    found = engine.embed_reference(reduced, face.box.scaled(3))
    expected = engine.embed_reference(LoadedImage(portrait_pixels, width, height), face.box)
    assert np.linalg.norm(found - expected) < 1e-6


def test_the_detector_equals_dlibs_at_the_size_that_is_searched(portrait_pixels: Pixels) -> None:
    """Nothing is scaled, so the boxes and scores are dlib's."""
    search_side = max(portrait_pixels.shape[:2])
    ours = HogDetector(search_side=search_side, min_score=0.0).find(portrait_pixels)
    boxes, scores, _ = dlib.get_frontal_face_detector().run(portrait_pixels, 0, 0.0)
    assert [(found.box.left, found.box.top, found.box.right - 1) for found in ours] == [
        (box.left(), box.top(), box.right()) for box in boxes
    ]
    assert [found.score for found in ours] == list(scores)
    assert ours


def test_threads_of_dlibs_detector_find_what_one_thread_finds(portrait_pixels: Pixels) -> None:
    detector = HogDetector()
    alone = detector.find(portrait_pixels, max_side=600)
    with ThreadPoolExecutor(4) as threads:
        found = threads.map(lambda _: detector.find(portrait_pixels, max_side=600), range(8))
        assert list(found) == [alone] * 8
    assert alone


def test_a_face_keeps_its_embedding_nearly_whatever_detector_framed_it(
    portrait_pixels: Pixels, yunet: YunetDetector
) -> None:
    """Functions of dlib, with its upsampling, find the same person."""
    height, width = portrait_pixels.shape[:2]
    engine = ComposedEngine(yunet, dlib_embedder())
    (face,) = engine.find_faces(LoadedImage(portrait_pixels, width, height))
    (box,) = dlib.get_frontal_face_detector()(portrait_pixels, 1)
    points = dlib.shape_predictor(str(registry.landmarks_path()))(portrait_pixels, box)
    network = dlib.face_recognition_model_v1(str(registry.resnet_path()))
    theirs = np.array(network.compute_face_descriptor(portrait_pixels, points), dtype=np.float32)
    assert np.linalg.norm(face.embedding - theirs / np.linalg.norm(theirs)) < 0.15


@pytest.mark.parametrize(
    ("orientation", "turn"),
    [
        (3, Image.Transpose.ROTATE_180),
        (6, Image.Transpose.ROTATE_90),
        (8, Image.Transpose.ROTATE_270),
    ],
)
def test_a_turned_photo_with_its_orientation_has_the_same_faces(
    orientation: int,
    turn: Image.Transpose,
    engine: ComposedEngine,
    group_photo: Callable[[int], Path],
    faces_in: FacesIn,
) -> None:
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    stored = io.BytesIO()
    with Image.open(group_photo(3)) as photo:
        photo.transpose(turn).save(stored, "JPEG", exif=exif, quality=97)
    stored.seek(0)
    turned = analyze_photo(engine, stored, name="turned.jpg", max_pixels=MAX_PIXELS)
    upright = faces_in(group_photo(3))
    assert same_places(turned, upright, pixels=4)
    for face in upright:
        nearest = min(turned, key=lambda other: -face.box.overlap(other.box))
        # A box that is a few pixels off comes to .21. Two people are farther apart than 1.
        assert np.linalg.norm(face.embedding - nearest.embedding) < 0.3


def test_boxes_are_in_pixels_of_the_original_however_small_it_was_loaded(
    engine: ComposedEngine, group_photo: Callable[[int], Path], faces_in: FacesIn
) -> None:
    loaded = load_upright(group_photo(6), name="6.jpg", max_pixels=MAX_PIXELS, max_side=800)
    small = engine.find_faces(loaded)
    large = faces_in(group_photo(6))
    assert len(small) == len(large)
    for face in large:
        assert max(face.box.overlap(other.box) for other in small) > 0.6


def test_a_large_photo_is_searched_at_half_its_size_and_boxes_scaled_back(
    engine: ComposedEngine, portrait: Callable[[str], Path], faces_in: FacesIn
) -> None:
    enlarged = io.BytesIO()
    with Image.open(portrait("obama")) as photo:
        factor = 4800 / photo.height
        photo.resize((round(photo.width * factor), round(photo.height * factor))).save(
            enlarged, "JPEG"
        )
    enlarged.seek(0)
    (found,) = analyze_photo(engine, enlarged, name="big.jpg", max_pixels=MAX_PIXELS)
    (known,) = faces_in(portrait("obama"))
    assert found.box.overlap(known.box.scaled(factor)) > 0.8
    assert np.linalg.norm(found.embedding - known.embedding) < 0.2


@pytest.mark.parametrize("face_px", [40, 240])
def test_a_small_face_of_a_large_photo_is_embedded_from_the_original(
    face_px: int, engine: ComposedEngine, portrait: Callable[[str], Path], faces_in: FacesIn
) -> None:
    """A large face is embedded at half the size, as if it were alone in the photo."""
    (known,) = faces_in(portrait("obama"))
    with Image.open(portrait("obama")) as photo:
        factor = face_px / known.box.width
        small = photo.resize((round(photo.width * factor), round(photo.height * factor)))
    canvas = Image.new("RGB", (4000, 3000), "gray")
    canvas.paste(small, (1800, 1200))
    stored = io.BytesIO()
    canvas.save(stored, "JPEG", quality=95)
    stored.seek(0)
    image = load_for_search(stored, name="large.jpg", max_pixels=MAX_PIXELS)
    where = known.box.scaled(factor)
    box = Box(*(where.left + 1800, where.top + 1200, where.right + 1800, where.bottom + 1200))
    (found,) = ComposedEngine(Sees(box.scaled(0.5)), dlib_embedder()).find_faces(image)
    assert image.full_resolution is not None
    (whole,) = normalize(dlib_embedder().embed(image.full_resolution(), [found.box]))
    (half,) = normalize(dlib_embedder().embed(image.pixels, [found.box.scaled(0.5)]))
    assert np.array_equal(found.embedding, whole if face_px == 40 else half)


class Sees:
    name = "sees"

    def __init__(self, box: Box) -> None:
        self.box = box

    upright_score, turned_score, weak_score = 1.0, 1.0, 0.0

    def turn_search_side(self, longer_side: int) -> int:
        return longer_side

    def find(
        self, pixels: Pixels, *, reduction: float = 1.0, max_side: int | None = None
    ) -> list[Detection]:
        return [Detection(self.box, 1.0)]


def test_a_picture_without_a_face_has_none(engine: ComposedEngine) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (400, 600, 3), dtype=np.uint8)
    for pixels in (noise, np.zeros((400, 600, 3), dtype=np.uint8)):
        assert engine.find_faces(LoadedImage(pixels, 600, 400)) == []


@pytest.mark.parametrize("size", [(1, 1), (1, 900), (40, 3)])
def test_a_tiny_picture_has_none_either(engine: ComposedEngine, size: tuple[int, int]) -> None:
    assert engine.find_faces(LoadedImage(np.zeros((*size, 3), np.uint8), size[1], size[0])) == []


def test_threads_find_what_one_thread_finds(
    portrait: Callable[[str], Path], faces_in: FacesIn
) -> None:
    engine = best_engine()
    names = ["obama", "obama2", "biden"] * 2
    with ThreadPoolExecutor(4) as threads:
        found = list(
            threads.map(
                lambda name: analyze_photo(
                    engine, portrait(name), name=name, max_pixels=MAX_PIXELS
                ),
                names,
            )
        )
    for name, faces in zip(names, found, strict=True):
        (expected,) = faces_in(portrait(name))
        assert [face.box for face in faces] == [expected.box]
        assert np.array_equal(faces[0].embedding, expected.embedding)


def test_the_version_names_detector_and_embedder() -> None:
    assert best_engine().version == "yunet-sface-5"
    assert dlib_engine().version == "hog-dlib-5"


def test_the_version_tells_the_thresholds() -> None:
    assert thresholds_of(best_engine().version) is SFACE
    assert thresholds_of(dlib_engine().version) is DLIB


def test_no_animal_is_taken_for_a_person(labeled_photos: Path, engine: ComposedEngine) -> None:
    for path in sorted((labeled_photos / "negative").glob("*.jpg")):
        assert analyze_photo(engine, path, name=path.name, max_pixels=MAX_PIXELS) == []


def small_or_crowded(photos: list[str]) -> list[str]:
    """Return the photos in which dlib's detector is quick, and some with many faces."""
    small = [name for name in photos if name.startswith(("2007_", "2008_"))]
    return [*small, "1.jpg", "13.jpg", "11.jpg", "15.jpg", "6.jpg"]


@pytest.mark.parametrize(
    ("chosen", "least", "most_false"),
    [(small_or_crowded, 80, 0), pytest.param(list, 100, 1, marks=pytest.mark.soak)],
)
def test_faces_large_enough_are_counted_in_real_group_photos(
    chosen: Callable[[list[str]], list[str]], least: int, most_false: int, labeled_photos: Path
) -> None:
    folder = labeled_photos / "counts"
    counted = json.loads((folder / "boxes.json").read_text())
    detector = HogDetector()
    hits, false_boxes = [], 0
    for name in chosen(list(counted)):
        labels = counted[name]
        image = load_upright(folder / name, name=name, max_pixels=MAX_PIXELS)
        found = [detection.box for detection in detector.find(image.pixels)]
        known = [_labeled_box(*box) for box in labels["faces"]]
        ignored = [_labeled_box(*box) for box in labels["ignore"]]
        hits += [
            any(box.overlap(other) > 0.25 for other in found) for box in known if box.width >= 28
        ]
        false_boxes += sum(
            not any(box.overlap(other) > 0.2 for other in known + ignored) for box in found
        )
    assert len(hits) > least
    assert mean(hits) >= 0.95
    assert false_boxes <= most_false


def _labeled_box(left: float, top: float, width: float, height: float) -> Box:
    return Box(round(left), round(top), round(left + width), round(top + height))
