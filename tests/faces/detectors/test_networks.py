"""Decoding of made-up outputs of the networks, and the networks on real photos."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from picprocure.faces.detectors import (
    DETECTORS,
    Detection,
    Detector,
    centerface,
    yunet,
)
from picprocure.faces.detectors.onnx_model import OnnxModel, without_fixed_size
from picprocure.faces.engine import ComposedEngine, analyze_photo
from picprocure.faces.errors import ModelMissing, UnusableModel, WrongModel
from picprocure.faces.models import registry
from picprocure.faces.models.yunet_onnx import STRIDES
from picprocure.faces.types import Box
from picprocure.imaging.loaded_image import Pixels
from picprocure.imaging.loading import load_for_search, load_upright
from real_engines import MODELS_DIR, dlib_embedder, model_or_skip, remembering_dlib_engine

from ..conftest import MAX_PIXELS

NETWORKS = ["yunet", "centerface"]

MOSTLY_YUNET = ["yunet", pytest.param("centerface", marks=pytest.mark.soak)]

FACES_IN_COLLAGE, FACES_IN_ROW = 20, 7


def test_yunets_maps_are_decoded_for_each_picture() -> None:
    """The second picture has a face of 32 by 64 pixels in the second row and third column."""
    width, height = 96, 64
    maps = {
        str(stride): np.full((2, 16, height // stride, width // stride), -20, dtype=np.float32)
        for stride in STRIDES
    }
    values = maps["16"][1, :, 1, 2]
    values[:2] = [np.log(0.81 / 0.19), 50]
    values[2:6] = [0.5, 0.25, np.log(2), np.log(4)]
    values[6:] = [0, 0, 1, 0, 0.5, 0.5, 0, 1, 1, 1]
    nothing, found = yunet.decoded(maps, 0.5)
    assert len(nothing) == 0
    assert found.scores == pytest.approx([0.9])
    assert found.boxes[0] == pytest.approx([40 - 16, 20 - 32, 40 + 16, 20 + 32], abs=1e-3)
    assert found.points[0].tolist() == [[32, 16], [48, 16], [40, 24], [32, 32], [48, 32]]
    assert [len(found) for found in yunet.decoded(maps, 0.95)] == [0, 0]


def test_centerfaces_maps_put_height_and_y_first() -> None:
    maps = {"537": 1, "538": 2, "539": 2, "540": 10}
    outputs = {name: np.zeros((1, size, 8, 16), np.float32) for name, size in maps.items()}
    outputs["537"][0, 0, 3, 5] = 0.9
    outputs["538"][0, :, 3, 5] = [np.log(4), np.log(2)]
    outputs["539"][0, :, 3, 5] = [0.25, -0.5]
    outputs["540"][0, :, 3, 5] = [0.5, 0.25, *[0] * 8]
    found = centerface.decoded(outputs, 0.5)
    left, top = 4 * (5 + 0.5 - 0.5) - 4, 4 * (3 + 0.5 + 0.25) - 8
    assert found.boxes[0] == pytest.approx([left, top, left + 8, top + 16], abs=1e-4)
    assert found.points[0, 0] == pytest.approx([left + 0.25 * 8, top + 0.5 * 16], abs=1e-4)
    assert found.scores == pytest.approx([0.9])


@pytest.mark.parametrize(
    "content", [b"", b"\x00", b"not a network at all", b"\x3a\xff\x01", bytes(500)]
)
def test_what_is_no_network_is_refused_with_its_name(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "broken.onnx"
    path.write_bytes(content)
    with pytest.raises(UnusableModel, match=r"broken\.onnx"):
        OnnxModel(path, input_name="input")


def test_without_a_file_hog_is_the_best_there_is(tmp_path: Path) -> None:
    assert DETECTORS.named("auto", tmp_path).name == "hog"
    with pytest.raises(ModelMissing, match="yunet"):
        DETECTORS.named("yunet", tmp_path)
    with pytest.raises(ValueError, match="viola"):
        DETECTORS.named("viola", tmp_path)


def test_a_wrong_file_is_refused_not_passed_over(tmp_path: Path) -> None:
    (tmp_path / registry.YUNET.file_name).write_bytes(b"something else")
    with pytest.raises(WrongModel):
        DETECTORS.named("auto", tmp_path)


@pytest.mark.engine
def test_yunet_is_taken_where_it_is(yunet: Detector) -> None:
    assert DETECTORS.named("auto", MODELS_DIR).name == "yunet" == yunet.name


@pytest.mark.engine
def test_a_network_takes_pictures_of_any_size() -> None:
    model = OnnxModel(model_or_skip(registry.YUNET), input_name="input")
    for height, width in ((32, 64), (640, 640), (96, 1024)):
        outputs = model.run(np.zeros((1, 3, height, width), dtype=np.float32))
        assert outputs["cls_8"].shape == (1, height * width // 64, 1)


@pytest.mark.engine
def test_a_network_without_the_expected_input_is_refused() -> None:
    path = model_or_skip(registry.YUNET)
    with pytest.raises(UnusableModel):
        OnnxModel(path, input_name="picture")
    with pytest.raises(ValueError, match="too early"):
        without_fixed_size(path.read_bytes()[:-100], "input")


@pytest.fixture(params=NETWORKS)
def network(request: pytest.FixtureRequest) -> Detector:
    detector: Detector = request.getfixturevalue(request.param)
    return detector


def pixels_of(path: Path) -> Pixels:
    return load_upright(path, name=path.name, max_pixels=MAX_PIXELS).pixels


@pytest.mark.engine
@pytest.mark.parametrize(("number", "people"), [(1, 3), (2, 1), (3, 3), (4, 3), (5, 5), (6, 4)])
def test_all_people_in_the_group_photos_are_found(
    number: int, people: int, network: Detector, group_photo: Callable[[int], Path]
) -> None:
    found = network.find(pixels_of(group_photo(number)))
    # Some have people behind them, whom only these detectors see.
    assert people <= len(found) <= people + 2
    assert [face.score for face in found] == sorted((f.score for f in found), reverse=True)


@pytest.mark.engine
def test_boxes_are_like_dlibs_whichever_detector_drew_them(
    network: Detector, portrait: Callable[[str], Path]
) -> None:
    ours, engine = ComposedEngine(network, dlib_embedder()), remembering_dlib_engine()
    for name in ("obama", "biden"):
        (found,) = analyze_photo(ours, portrait(name), name=name, max_pixels=MAX_PIXELS)
        (by_dlib,) = analyze_photo(engine, portrait(name), name=name, max_pixels=MAX_PIXELS)
        assert found.box.overlap(by_dlib.box) > 0.65
        assert np.linalg.norm(found.embedding - by_dlib.embedding) < 0.15


@pytest.mark.engine
def test_five_points_lie_in_the_face_eyes_above_the_mouth(
    network: Detector, portrait: Callable[[str], Path]
) -> None:
    (face,) = network.find(pixels_of(portrait("obama")))
    assert face.points is not None
    left_eye, right_eye, nose, left_mouth, right_mouth = face.points
    assert left_eye[0] < nose[0] < right_eye[0]
    assert left_mouth[0] < right_mouth[0]
    assert max(left_eye[1], right_eye[1]) < nose[1] < min(left_mouth[1], right_mouth[1])
    assert all(face.box.left < x < face.box.right for x, _ in face.points)
    assert all(face.box.top < y < face.box.bottom for _, y in face.points)


@pytest.mark.engine
def test_threads_find_what_one_thread_finds(
    network: Detector, portrait: Callable[[str], Path]
) -> None:
    path = portrait("biden")
    pixels = load_upright(path, name=path.name, max_pixels=MAX_PIXELS, max_side=400).pixels
    alone = network.find(pixels)
    assert alone
    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(network.find, [pixels] * 8)) == [alone] * 8


@pytest.mark.engine
def test_a_picture_without_a_face_has_none(network: Detector) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (400, 600, 3), dtype=np.uint8)
    assert network.find(noise) == []
    assert network.find(np.zeros((1, 1, 3), dtype=np.uint8)) == []


@pytest.mark.engine
def test_no_animal_is_taken_for_a_person(network: Detector, labeled_photos: Path) -> None:
    for path in sorted((labeled_photos / "negative").glob("*.jpg")):
        assert network.find(pixels_of(path)) == []


@pytest.mark.engine
@pytest.mark.parametrize("network", MOSTLY_YUNET, indirect=True)
def test_counted_faces_are_found_and_nothing_else(network: Detector, labeled_photos: Path) -> None:
    folder = labeled_photos / "counts"
    counted = json.loads((folder / "boxes.json").read_text())
    hits, false_boxes = [], 0
    for name, labels in counted.items():
        known = [labeled_box(*box) for box in labels["faces"]]
        ignored = [labeled_box(*box) for box in labels["ignore"]]
        found = network.find(pixels_of(folder / name))
        hits += [any(is_at(detection, box) for detection in found) for box in known]
        false_boxes += sum(
            not any(is_at(detection, box) for box in known + ignored) for detection in found
        )
    assert len(hits) > 200
    assert np.mean(hits) >= 0.995
    assert false_boxes <= 0.02 * len(hits)


@pytest.mark.engine
@pytest.mark.parametrize("network", MOSTLY_YUNET, indirect=True)
def test_a_small_face_is_not_lost_in_a_large_photo(network: Detector, labeled_photos: Path) -> None:
    """This measures faces of at least 32 pixels in 24 megapixels."""
    folder = labeled_photos / "counts"
    labels = json.loads((folder / "boxes.json").read_text())
    canvas = np.full((4000, 6000, 3), 128, dtype=np.uint8)
    known = []
    for row, name in enumerate(("11.jpg", "15.jpg", "16.jpg", "6.jpg")):
        pixels = pixels_of(folder / name)
        x, y = 4900 - 1300 * row, 1000 * row
        canvas[y : y + pixels.shape[0], x : x + pixels.shape[1]] = pixels
        boxes = [labeled_box(*box) for box in labels[name]["faces"]]
        known += [Box(b.left + x, b.top + y, b.right + x, b.bottom + y) for b in boxes]
    known = [box for box in known if box.width >= 32]
    found = network.find(canvas)
    assert len(known) > 50
    assert all(any(is_at(detection, box) for detection in found) for box in known)


@pytest.mark.engine
@pytest.mark.parametrize("network", MOSTLY_YUNET, indirect=True)
@pytest.mark.parametrize(("width", "share"), [(1600, 0.95), (2000, 0.8), (4000, 0.6)])
def test_faces_of_24_to_40_pixels_are_found(
    width: int, share: float, network: Detector, labeled_photos: Path
) -> None:
    crops = sorted((labeled_photos / "lfw").glob("*/*.jpg"))[::100]
    found = []
    for start in range(0, len(crops), FACES_IN_COLLAGE):
        stored, middles = small_faces(crops[start : start + FACES_IN_COLLAGE], width, seed=start)
        image = load_for_search(stored, name="small", max_pixels=MAX_PIXELS)
        detections = network.find(image.pixels, reduction=image.reduction)
        boxes = [detection.box.scaled(image.reduction) for detection in detections]
        found += [
            any(box.left < x < box.right and box.top < y < box.bottom for box in boxes)
            for x, y in middles
        ]
    assert len(found) > 30
    assert np.mean(found) >= share


def small_faces(
    crops: list[Path], width: int, seed: int
) -> tuple[io.BytesIO, list[tuple[float, float]]]:
    """Return a JPEG file with small crops in rows, and their middles.

    A face is .65 of a crop wide.
    """
    random = np.random.default_rng(seed)
    colors = random.integers(50, 200, (8, 12, 3), dtype=np.uint8)
    picture = Image.fromarray(colors).resize((width, width * 3 // 4), Image.Resampling.BICUBIC)
    middles = []
    rows = -(-FACES_IN_COLLAGE // FACES_IN_ROW)
    row_height = picture.height // rows
    for number, crop in enumerate(crops):
        side = int(random.integers(37, 62))
        row, column = divmod(number, FACES_IN_ROW)
        left = 200 * (column + 1)
        top = row * row_height + int(random.integers(row_height - side))
        small = Image.open(crop).resize((side, side), Image.Resampling.LANCZOS)
        picture.paste(small, (left, top))
        middles.append((left + side / 2, top + side / 2))
    stored = io.BytesIO()
    picture.save(stored, "JPEG", quality=90)
    stored.seek(0)
    return stored, middles


def is_at(detection: Detection, box: Box) -> bool:
    return detection.box.overlap(box) > 0.4


def labeled_box(left: float, top: float, width: float, height: float) -> Box:
    return Box(round(left), round(top), round(left + width), round(top + height))
