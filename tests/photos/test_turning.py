"""Stored photos are turned by their orientation, and nothing else of them changes."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import ExifTags, Image

from picprocure.photos.errors import UnsupportedKind
from picprocure.photos.renditions import make_rendition
from picprocure.photos.turning import turned_photo

from . import pictures as p
from .test_conversion import exif_of

CLOCKWISE = {
    0: None,
    90: Image.Transpose.ROTATE_270,
    180: Image.Transpose.ROTATE_180,
    270: Image.Transpose.ROTATE_90,
}


def displayed(content: bytes) -> Image.Image:
    jpeg = make_rendition(io.BytesIO(content), name="a", max_side=96, max_pixels=10_000, quality=95)
    return p.opened(jpeg)


@pytest.mark.parametrize("degrees", CLOCKWISE)
@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_photo_of_every_kind_and_orientation_is_displayed_turned(
    kind: str, orientation: int, degrees: int
) -> None:
    clean = p.received(p.turned(orientation, kind)).content
    turned = turned_photo(clean, degrees, name="a")
    expected, turn = displayed(clean), CLOCKWISE[degrees]
    if turn is not None:
        expected = expected.transpose(turn)
    image = displayed(turned)
    assert image.size == expected.size
    assert np.abs(np.asarray(image, float) - np.asarray(expected, float)).mean() < 3


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_pixels_stay_as_they_are(kind: str) -> None:
    clean = p.received(p.saved(p.pattern(), kind)).content
    turned = turned_photo(clean, 90, name="a")
    assert np.array_equal(np.asarray(p.opened(turned)), np.asarray(p.opened(clean)))
    assert abs(len(turned) - len(clean)) < 100


def test_turning_four_times_gives_the_same_bytes() -> None:
    content = clean = p.received(p.saved()).content
    for _ in range(4):
        content = turned_photo(content, 90, name="a")
    assert content == clean


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_metadata_that_was_kept_stays_and_none_is_added(kind: str) -> None:
    content = p.saved(kind=kind, exif=exif_of())
    kept = p.received(content, keep_metadata=True).content
    exif = p.opened(turned_photo(kept, 270, name="a")).getexif()
    assert exif[ExifTags.Base.Artist] == p.SECRET.decode()
    assert exif[ExifTags.Base.Orientation] == 8
    assert exif.get_ifd(ExifTags.IFD.GPSInfo)[ExifTags.GPS.GPSLatitude] == (48.0, 8.0, 15.0)
    removed = p.received(content).content
    assert dict(p.opened(turned_photo(removed, 270, name="a")).getexif()) == {
        ExifTags.Base.Orientation: 8
    }


def test_other_files_are_refused() -> None:
    with pytest.raises(UnsupportedKind):
        turned_photo(b"words", 90, name="a.txt")
