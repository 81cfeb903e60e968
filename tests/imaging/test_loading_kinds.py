"""HEIF, AVIF, TIFF and RAW files, as cameras and programs write them."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pillow_heif
import pytest
from PIL import Image, TiffImagePlugin

from picprocure.imaging.errors import FileTooLarge, ImageTooLarge, UnreadableImage
from picprocure.imaging.kinds import PHOTO_SUFFIXES
from picprocure.imaging.loading import load_upright

from .test_loading import (
    BLUE,
    GREEN,
    ORIENTATION,
    RED,
    UNTURNED,
    YELLOW,
    corners,
    encoded,
    load,
    quarters,
)
from .tiff_files import arw, dng, sixteen_bit_tiff, tiff_of_one_tile

UPRIGHT = [RED, GREEN, BLUE, YELLOW]


def heif(image: Image.Image, **options: Any) -> bytes:
    out = io.BytesIO()
    pillow_heif.from_pillow(image).save(out, quality=95, **options)
    return out.getvalue()


def untransposed(image: Image.Image, orientation: int) -> Image.Image:
    """Return the picture as a turned camera stores it."""
    return image.transpose(UNTURNED[orientation]) if orientation in UNTURNED else image


def exif_of(orientation: int) -> Image.Exif:
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    return exif


@pytest.mark.parametrize("orientation", [1, *UNTURNED])
@pytest.mark.parametrize("max_side", [None, 20])
def test_a_heic_is_turned_once(orientation: int, max_side: int | None) -> None:
    """Orientation in HEIF boxes is applied by libheif. The same value in EXIF must be ignored."""
    stored = untransposed(quarters(), orientation)
    loaded = load(heif(stored, exif=exif_of(orientation).tobytes()), max_side=max_side)
    assert corners(loaded) == UPRIGHT
    assert (loaded.width, loaded.height) == (80, 48)


@pytest.mark.parametrize("orientation", [1, *UNTURNED])
@pytest.mark.parametrize("max_side", [None, 20])
def test_an_avif_is_turned_once(orientation: int, max_side: int | None) -> None:
    stored = untransposed(quarters(), orientation)
    content = encoded(stored, "AVIF", exif=exif_of(orientation), quality=95)
    loaded = load(content, max_side=max_side)
    assert corners(loaded) == UPRIGHT
    assert (loaded.width, loaded.height) == (80, 48)


@pytest.mark.parametrize("brand", [b"heic", b"mif1", b"avif"])
def test_what_boxes_do_not_ask_for_is_not_turned(brand: bytes) -> None:
    """If only the EXIF of a HEIF or AVIF has an orientation, it is ignored."""
    plain = heif(quarters()) if brand != b"avif" else encoded(quarters(), "AVIF", quality=95)
    content = plain[:8] + brand + plain[12:]
    assert corners(load(content)) == UPRIGHT


@pytest.mark.parametrize("orientation", [1, *UNTURNED])
@pytest.mark.parametrize("compression", [None, "tiff_lzw"])
@pytest.mark.parametrize("max_side", [None, 20])
def test_a_tiff_is_turned_as_its_tag_says(
    orientation: int, compression: str | None, max_side: int | None
) -> None:
    tags = TiffImagePlugin.ImageFileDirectory_v2()
    tags[ORIENTATION] = orientation
    stored = untransposed(quarters(), orientation)
    content = encoded(stored, "TIFF", tiffinfo=tags, compression=compression)
    loaded = load(content, max_side=max_side)
    assert corners(loaded) == UPRIGHT
    assert (loaded.width, loaded.height) == (80, 48)
    assert loaded.pixels.shape == ((48, 80, 3) if max_side is None else (12, 20, 3))


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "YCbCr"])
@pytest.mark.parametrize("compression", [None, "tiff_lzw", "tiff_deflate", "packbits"])
def test_every_kind_of_tiff_becomes_rgb(mode: str, compression: str | None) -> None:
    content = encoded(
        Image.new("RGB", (9, 6), "white").convert(mode), "TIFF", compression=compression
    )
    loaded = load(content)
    assert loaded.pixels.shape == (6, 9, 3)
    assert loaded.pixels.min() >= 254


def test_sixteen_bits_of_gray_are_scaled_whichever_comes_first() -> None:
    steps = np.array([[0, 257, 25_700, 51_400, 65_535]])
    for order in "<>":
        content = encoded(Image.fromarray(steps.astype(f"{order}u2")), "TIFF")
        assert content[:2] == {"<": b"II", ">": b"MM"}[order]
        assert load(content).pixels[0, :, 0].tolist() == [0, 1, 100, 200, 255]


@pytest.mark.parametrize(("colors", "seen"), [(3, [10, 100, 200]), (4, None)])
def test_sixteen_bits_of_several_colors_are_scaled(colors: int, seen: list[int] | None) -> None:
    samples = np.tile(np.array([10, 100, 200, 0][:colors], dtype=np.uint16) * 257, (4, 5, 1))
    pixels = load(sixteen_bit_tiff(samples)).pixels
    assert pixels.shape == (4, 5, 3)
    assert pixels[2, 2].tolist() == (seen or [245, 155, 55])  # of cyan, magenta and yellow


def test_of_a_tiff_with_pages_the_first_is_read() -> None:
    pages = [Image.new("RGB", (8, 8), color) for color in (RED, BLUE)]
    content = encoded(pages[0], "TIFF", save_all=True, append_images=pages[1:])
    assert load(content).pixels[4, 4].tolist() == list(RED)


@pytest.mark.parametrize("kind", ["heif", "AVIF", "TIFF"])
def test_transparent_parts_become_white(kind: str) -> None:
    image = Image.new("RGBA", (64, 64), (200, 0, 0, 255))
    image.paste((0, 0, 0, 0), (0, 0, 32, 64))
    pixels = load(heif(image) if kind == "heif" else encoded(image, kind)).pixels.astype(int)
    assert np.abs(pixels[32, 10] - 255).max() < 6
    assert np.abs(pixels[32, 54] - [200, 0, 0]).max() < 6


def test_a_tiff_of_numbers_is_refused_with_the_reason() -> None:
    content = encoded(Image.new("F", (8, 8), 0.5), "TIFF")
    with pytest.raises(UnreadableImage, match="numbers of 32 bits"):
        load(content)


@pytest.mark.parametrize("raw", [dng, arw])
@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
def test_a_raw_file_is_seen_through_its_preview(raw: Any, orientation: int) -> None:
    preview = untransposed(quarters(320, 192), orientation)
    content = raw(encoded(preview, "JPEG", quality=95), preview.size, orientation=orientation)
    loaded = load(content)
    assert corners(loaded) == UPRIGHT
    assert (loaded.width, loaded.height) == (320, 192)


def test_an_orientation_of_the_preview_itself_counts_before_the_raw_files() -> None:
    preview = untransposed(quarters(320, 192), 6)
    jpeg = encoded(preview, "JPEG", quality=95, exif=exif_of(6))
    as_cameras_write = jpeg[:2] + jpeg[jpeg.index(b"\xff\xe1") :]  # without Pillow's JFIF header
    assert corners(load(dng(as_cameras_write, preview.size, orientation=1))) == UPRIGHT


def test_a_raw_files_preview_keeps_the_limits_and_is_reduced() -> None:
    content = dng(encoded(quarters(800, 480), "JPEG"), (800, 480))
    with pytest.raises(ImageTooLarge, match="800 by 480"):
        load(content, limit=800 * 480 - 1)
    loaded = load(content, max_side=200)
    assert loaded.pixels.shape == (120, 200, 3)
    assert (loaded.width, loaded.height) == (800, 480)


def test_a_raw_file_without_a_preview_is_refused_with_the_reason() -> None:
    with pytest.raises(UnreadableImage, match="no preview"):
        load(b"FUJIFILMCCD-RAW" + bytes(3000))


def test_the_content_tells_the_kind_and_no_ending_does(tmp_path: Path) -> None:
    path = tmp_path / "holiday.jpg"
    path.write_bytes(heif(quarters()))
    assert corners(load_upright(path, name=path.name, max_pixels=10_000)) == UPRIGHT


def test_a_reduced_tiff_that_is_no_raw_file_is_read_as_a_tiff() -> None:
    tags = TiffImagePlugin.ImageFileDirectory_v2()
    tags[254] = 1
    assert corners(load(encoded(quarters(), "TIFF", tiffinfo=tags))) == UPRIGHT


def test_endings_of_photos_are_lower_case_with_their_dot() -> None:
    assert {".jpg", ".jpeg", ".png", ".webp", ".heic", ".avif", ".tif", ".nef"} <= PHOTO_SUFFIXES
    assert {".cr2", ".cr3", ".arw", ".dng", ".orf", ".raf", ".rw2"} <= PHOTO_SUFFIXES
    assert all(suffix[0] == "." and suffix == suffix.lower() for suffix in PHOTO_SUFFIXES)
    assert not PHOTO_SUFFIXES & {".gif", ".pdf", ".mp4", ".xmp", ".txt"}


def test_a_file_of_too_many_bytes_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "vast.tif"
    with path.open("wb") as file:
        file.truncate(5_000_000_000)  # no space on the disk, but 5 GB in memory
    with pytest.raises(FileTooLarge) as caught:
        load_upright(path, name="vast.tif", max_pixels=1000)
    assert str(caught.value) == (
        "vast.tif is 5,000 MB; the limit here is 256 MB. Export it smaller and try again."
    )
    content = io.BytesIO(encoded(quarters()))
    with pytest.raises(FileTooLarge):
        load_upright(content, name="a.png", max_pixels=10_000, max_bytes=10)
    assert load_upright(content, name="a.png", max_pixels=10_000).width == 80


def test_a_tile_larger_than_the_picture_is_refused() -> None:
    with pytest.raises(UnreadableImage, match="its tiles have"):
        load(tiff_of_one_tile((64, 48), (65_520, 65_520), b"x" * 100))
