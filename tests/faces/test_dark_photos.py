"""Dark photos are brightened and smoothed before faces are searched in them."""

from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from picprocure.faces import dark_photos
from picprocure.faces.dark_photos import MIN_NOISE, improved, noise_of
from picprocure.faces.engine import ComposedEngine, analyze_photo
from picprocure.faces.thresholds import SFACE
from picprocure.imaging.loaded_image import LoadedImage, Pixels
from picprocure.imaging.loading import load_for_search, load_upright
from real_engines import best_engine

from .conftest import MAX_PIXELS
from .test_odd_photos import delivered, references

__all__ = ["references"]

PHOTONS = 300.0
"""Photons of a white pixel in good light."""

READ_NOISE = 3.0

MEASUREMENTS = 4096


@pytest.fixture(scope="module")
def event(labeled_photos: Path) -> Path:
    return labeled_photos / "event"


def in_bad_light(pixels: Pixels, *, light: float = 0.1, photons: float = PHOTONS) -> Pixels:
    """Return a photo with a share of the light, and with the noise of so few photons."""
    random = np.random.default_rng(0)
    shades = np.arange(256)[:, None] / 255.0
    counted = random.poisson(shades**2.2 * light * photons, (256, MEASUREMENTS))
    read = counted + random.normal(0, READ_NOISE, counted.shape)
    dark = np.rint(255 * np.clip(read / photons, 0, 1) ** (1 / 2.2)).astype(np.uint8)
    # Each pixel gets one of many measurements of its shade, which is faster than its own.
    return dark[pixels, random.integers(MEASUREMENTS, size=pixels.shape, dtype=np.uint16)]


def loaded(pixels: Pixels) -> LoadedImage:
    return LoadedImage(pixels, pixels.shape[1], pixels.shape[0])


def gray(mean: int, noise: float = 0.0) -> Pixels:
    random = np.random.default_rng(0)
    pixels = random.normal(mean, noise, (200, 300, 1)) if noise else np.full((200, 300, 1), mean)
    return np.repeat(np.clip(np.rint(pixels), 0, 255).astype(np.uint8), 3, axis=2)


@pytest.mark.parametrize("noise", [3.0, 8.0, 20.0])
def test_noise_is_measured(noise: float) -> None:
    assert noise_of(gray(120, noise)) == pytest.approx(noise, rel=0.1)


def test_edges_are_no_noise() -> None:
    pixels = gray(20)
    pixels[:, ::20] = 250
    assert noise_of(pixels) == 0.0


@pytest.mark.parametrize("size", [(1, 1), (1, 2), (9, 2), (2, 9)])
def test_tiny_picture_has_no_noise(size: tuple[int, int]) -> None:
    image = loaded(np.full((*size, 3), 10, np.uint8))
    assert improved(image) is image


def test_dark_photo_with_noise_is_smoothed() -> None:
    smoothed = improved(loaded(gray(70, 12.0))).pixels
    assert noise_of(smoothed) < 0.1 * 12
    assert smoothed.mean() == pytest.approx(70, abs=1)


def test_dark_photo_without_noise_is_brightened() -> None:
    pixels = gray(10)
    pixels[:40] = 50
    brightened = improved(loaded(pixels)).pixels
    assert (brightened[0, 0, 0], brightened[-1, 0, 0]) == (235, 47)


@pytest.mark.parametrize(
    "pixels",
    [gray(120, 20.0), gray(70, MIN_NOISE / 2), gray(5), gray(70)],
    ids=["bright", "little noise", "black", "clean"],
)
def test_other_photos_stay_as_they_are(pixels: Pixels) -> None:
    image = loaded(pixels)
    assert improved(image) is image


def test_original_of_a_reduced_photo_is_smoothed_too() -> None:
    original = gray(70, 24.0)
    image = LoadedImage(gray(70, 12.0)[::2, ::2], 300, 200, lambda: original)
    smoothed = improved(image)
    assert (smoothed.width, smoothed.height) == (300, 200)
    assert smoothed.full_resolution is not None
    full = smoothed.full_resolution()
    assert full.shape == original.shape
    assert noise_of(full) < 0.1 * 24


@pytest.mark.engine
def test_real_photos_in_ordinary_light_stay_as_they_are(labeled_photos: Path) -> None:
    paths = [
        *(labeled_photos / "counts").glob("*.jpg"),
        *(labeled_photos / "portraits/photos").glob("*.jpg"),
        *(labeled_photos / "event/photos").iterdir(),
    ]
    assert len(paths) > 40
    for path in paths:
        image = load_for_search(path, name=path.name, max_pixels=MAX_PIXELS)
        assert improved(image) is image


@pytest.mark.engine
def test_people_get_their_photos_that_were_taken_in_bad_light(
    event: Path, references: dict[str, np.ndarray]
) -> None:
    engine = best_engine()
    labels = json.loads((event / "labels.json").read_text())["photos"]
    photos, before = {}, {}
    for name in sorted(labels)[:8]:
        image = load_upright(event / "photos" / name, name=name, max_pixels=MAX_PIXELS)
        stored = io.BytesIO()
        Image.fromarray(in_bad_light(image.pixels)).save(stored, "JPEG", quality=85)
        stored.seek(0)
        photos[name] = analyze_photo(engine, stored, name=name, max_pixels=MAX_PIXELS)
        stored.seek(0)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(dark_photos, "improved", lambda photo: photo)
            before[name] = analyze_photo(engine, stored, name=name, max_pixels=MAX_PIXELS)
    owed = {(person, name) for name in photos for person in {*labels[name]} & {*references}}
    got = delivered(photos, references)
    assert got <= owed
    assert len(got) >= 0.85 * len(owed)
    assert len(got) > len(delivered(before, references))
    assert sum(map(len, photos.values())) >= 0.95 * sum(len(labels[name]) for name in photos)


@pytest.mark.engine
def test_dark_photo_without_people_has_no_faces(
    labeled_photos: Path, engine: ComposedEngine
) -> None:
    for path in (labeled_photos / "negative").glob("*.jpg"):
        image = load_upright(path, name=path.name, max_pixels=MAX_PIXELS)
        assert engine.search_photo(loaded(in_bad_light(image.pixels))) == []


@pytest.mark.engine
def test_faces_cut_out_of_dark_photos_are_recognized_as_copies(
    event: Path, engine: ComposedEngine
) -> None:
    """References are brightened like photos, or people could use a cut-out face of another."""
    distances = []
    for path in sorted((event / "photos").iterdir())[:4]:
        photo = load_for_search(path, name=path.name, max_pixels=MAX_PIXELS)
        dark = loaded((photo.pixels * 0.23).astype(np.uint8))
        assert improved(dark) is not dark
        for face in engine.search_photo(dark):
            margin = face.box.width // 2
            left, top = max(0, face.box.left - margin), max(0, face.box.top - margin)
            cut = dark.pixels[top : face.box.bottom + margin, left : face.box.right + margin]
            crop = loaded(np.ascontiguousarray(cut))
            for box in engine.find_boxes(crop)[:1]:
                embedding = engine.embed_reference(crop, box)
                distances.append(np.linalg.norm(embedding - face.embedding))
    assert len(distances) >= 10
    assert np.mean(np.array(distances) < SFACE.copy_distance) >= 0.9
