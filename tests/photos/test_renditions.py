"""Renditions are small, upright and in sRGB, and have no metadata."""

from __future__ import annotations

import io
import zlib

import numpy as np
import pytest
from PIL import Image, ImageCms

from imaging.hostile import jpeg_of_scans
from picprocure.photos.errors import (
    DamagedPhoto,
    RefusedPhoto,
    TooCostlyPhoto,
    TooManyPixels,
    UnsupportedKind,
)
from picprocure.photos.renditions import (
    CROP_SIDE,
    THUMBNAIL_SIDE,
    WEB_SIDE,
    make_crop,
    make_rendition,
    make_renditions,
)

from . import pictures as p

Color = tuple[int, int, int]


def rendition(content: bytes, *, max_side: int = 96, max_pixels: int = 50_000_000) -> Image.Image:
    jpeg = make_rendition(
        io.BytesIO(content), name="IMG_1.jpg", max_side=max_side, max_pixels=max_pixels
    )
    return p.opened(jpeg)


def color_of(image: Image.Image, x: float = 0.25, y: float = 0.25) -> Color:
    red, green, blue = image.getpixel((int(image.width * x), int(image.height * y)))  # type: ignore[misc]
    return red, green, blue


def looks_like(image: Image.Image, expected: Image.Image) -> bool:
    difference = np.asarray(image, dtype=float) - np.asarray(expected.convert("RGB"), dtype=float)
    return bool(np.abs(difference).mean() < 6)


def near(color: Color, expected: Color, by: int = 12) -> bool:
    return all(abs(a - b) <= by for a, b in zip(color, expected, strict=True))


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_rendition_of_every_orientation_is_upright(kind: str, orientation: int) -> None:
    clean = p.received(p.turned(orientation, kind)).content
    image = rendition(clean)
    assert image.size == (96, 64)
    assert looks_like(image, p.pattern())
    assert not image.getexif()


@pytest.mark.parametrize("orientation", range(1, 9))
def test_rendition_of_photo_reduced_while_decoding_is_upright(orientation: int) -> None:
    image = rendition(p.turned(orientation, size=(1200, 800)))
    assert image.size == (96, 64)
    assert looks_like(image, p.pattern())


@pytest.mark.parametrize(
    ("size", "max_side", "expected"),
    [
        ((3000, 2000), WEB_SIDE, (2048, 1365)),
        ((2000, 3000), THUMBNAIL_SIDE, (250, 375)),
        ((1800, 2700), THUMBNAIL_SIDE, (267, 400)),
        ((300, 200), THUMBNAIL_SIDE, (300, 200)),
        ((400, 400), THUMBNAIL_SIDE, (400, 400)),
        ((3000, 1), THUMBNAIL_SIDE, (400, 1)),
        ((1, 1), THUMBNAIL_SIDE, (1, 1)),
    ],
)
def test_rendition_fits_and_is_never_enlarged(
    size: tuple[int, int], max_side: int, expected: tuple[int, int]
) -> None:
    assert rendition(p.saved(p.pattern(*size)), max_side=max_side).size == expected


def test_rendition_is_a_progressive_jpeg_without_metadata() -> None:
    for original in (p.telling_jpeg(), p.telling_png(), p.telling_webp()):
        jpeg = make_rendition(
            io.BytesIO(p.received(original).content), name="a", max_side=96, max_pixels=10_000
        )
        image = p.opened(jpeg)
        assert (image.format, image.mode, image.info["progressive"]) == ("JPEG", "RGB", 1)
        assert {marker for marker, _ in p.jpeg_segments(jpeg)} <= {p.APP0, 0xDB, 0xC2, 0xC4}


def test_comment_of_an_original_that_was_not_cleaned_is_removed() -> None:
    jpeg = make_rendition(
        io.BytesIO(p.saved(comment=p.SECRET)), name="a", max_side=96, max_pixels=10_000
    )
    assert p.SECRET not in jpeg


def test_same_original_gives_the_same_bytes() -> None:
    content = p.saved(p.pattern(500, 300))
    first, second = (
        make_rendition(io.BytesIO(content), name="a", max_side=400, max_pixels=10**6)
        for _ in range(2)
    )
    assert first == second


@pytest.mark.parametrize("mode", ["L", "1", "CMYK", "LA", "RGBA", "P"])
def test_every_mode_becomes_rgb(mode: str) -> None:
    kind = "JPEG" if mode == "CMYK" else "PNG"
    image = p.pattern().quantize(64) if mode == "P" else p.pattern(mode=mode)
    content = p.saved(image, kind)
    assert looks_like(rendition(content), p.opened(content))


@pytest.mark.parametrize(
    ("value", "expected"), [(0, 0), (32_768, 128), (40_000, 156), (65_535, 255)]
)
def test_16_bit_gray_is_scaled_not_clipped(value: int, expected: int) -> None:
    content = p.saved(Image.new("I;16", (64, 64), value), "PNG")
    assert near(color_of(rendition(content)), (expected, expected, expected), by=1)


def test_16_bit_color_is_scaled_not_clipped() -> None:
    rows = zlib.compress((b"\0" + b"\x80\x00\x40\x00\x20\x00" * 8) * 8)
    content = p.png_of([(b"IHDR", p.png_header(8, 8, depth=16)), (b"IDAT", rows), (b"IEND", b"")])
    assert near(color_of(rendition(content)), (0x80, 0x40, 0x20), by=3)


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_transparent_parts_become_white(kind: str) -> None:
    image = Image.new("RGBA", (64, 64), (200, 0, 0, 0))
    image.paste((0, 0, 200, 255), (32, 0, 64, 64))
    opaque = rendition(p.saved(image, kind, **({"lossless": True} if kind == "WEBP" else {})))
    assert near(color_of(opaque, x=0.1), (255, 255, 255))
    assert near(color_of(opaque, x=0.9), (0, 0, 200))


def test_transparent_palette_and_gray_become_white() -> None:
    palette = Image.new("P", (64, 64), 0)
    palette.putpalette([200, 0, 0, 0, 0, 200])
    assert near(color_of(rendition(p.saved(palette, "PNG", transparency=0))), (255, 255, 255))
    gray = Image.new("L", (64, 64), 77)
    assert near(color_of(rendition(p.saved(gray, "PNG", transparency=77))), (255, 255, 255))


def test_profile_is_applied() -> None:
    red = Image.new("RGB", (64, 64), (200, 10, 10))
    for kind in ("JPEG", "PNG", "WEBP"):
        content = p.received(p.saved(red, kind, icc_profile=p.swapped_profile())).content
        red_value, green_value, _ = color_of(rendition(content))
        assert green_value > 150 > red_value


def test_rgb_profile_of_a_gray_picture_is_applied() -> None:
    content = p.saved(Image.new("L", (64, 64), 128), icc_profile=p.linear_profile())
    assert near(color_of(rendition(content)), (188, 188, 188), by=3)


@pytest.mark.parametrize(
    "profile",
    [
        b"nonsense",
        p.srgb_profile()[:300],
        ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes(),
        p.srgb_profile().replace(b"RGB ", b"CMYK", 1),
    ],
    ids=["nonsense", "cut", "for Lab", "for CMYK"],
)
def test_profile_that_cannot_be_used_is_ignored(profile: bytes) -> None:
    content = p.saved(icc_profile=profile)
    assert looks_like(rendition(content), p.pattern())


def test_cmyk_without_profile_is_not_inverted() -> None:
    content = p.saved(Image.new("CMYK", (64, 64), (0, 255, 255, 0)))
    red, green, blue = color_of(rendition(content))
    assert red > 200
    assert max(green, blue) < 60


def test_original_of_countless_passes_is_not_decoded() -> None:
    """An old version, which counted passes without pixels, may have stored it."""
    original = io.BytesIO(jpeg_of_scans(7_000, 7_000, 60))
    with pytest.raises(TooCostlyPhoto, match=r"old\.jpg can't be opened here"):
        make_renditions(original, name="old.jpg", max_sides=(400,), max_pixels=50_000_000)


def test_original_with_too_many_pixels_is_not_decoded() -> None:
    with pytest.raises(TooManyPixels, match=r"IMG_1\.jpg has 6,144 pixels"):
        rendition(p.saved(), max_pixels=6_143)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", UnsupportedKind),
        (b"text", UnsupportedKind),
        (p.saved()[:400], DamagedPhoto),
        (p.saved()[:-200], DamagedPhoto),
        (p.saved(kind="PNG")[:200], DamagedPhoto),
        (p.saved(kind="WEBP")[:100], DamagedPhoto),
    ],
)
def test_original_that_cannot_be_read_is_refused(
    content: bytes, reason: type[RefusedPhoto]
) -> None:
    with pytest.raises(reason, match=r"IMG_1\.jpg is"):
        rendition(content)


def test_several_renditions_equal_single_ones() -> None:
    photo = p.saved(p.pattern(900, 600))
    sides = (450, 90)
    jpegs = make_renditions(io.BytesIO(photo), name="a", max_sides=sides, max_pixels=1_000_000)
    for jpeg, side in zip(jpegs, sides, strict=True):
        single = rendition(photo, max_side=side)
        assert p.opened(jpeg).size == single.size
        assert looks_like(p.opened(jpeg), single)


def test_several_renditions_are_never_enlarged() -> None:
    photo = p.saved(p.pattern(60, 40))
    jpegs = make_renditions(
        io.BytesIO(photo), name="a", max_sides=(450, 90, 30), max_pixels=1_000_000
    )
    assert [p.opened(jpeg).size for jpeg in jpegs] == [(60, 40), (60, 40), (30, 20)]


class TestCrop:
    SIZE = (4_000, 3_000)

    def crop(self, middle: tuple[int, int], side: int) -> Image.Image:
        """Return a part of a photo whose web size is half as large. Its quarters have colors."""
        photo = Image.new("RGB", (2_000, 1_500), (200, 0, 0))
        photo.paste((0, 200, 0), (1_000, 0, 2_000, 750))
        photo.paste((0, 0, 200), (0, 750, 1_000, 1_500))
        buffer = io.BytesIO()
        photo.save(buffer, "JPEG", quality=95)
        buffer.seek(0)
        jpeg = make_crop(buffer, photo_size=self.SIZE, middle=middle, side=side)
        return p.opened(jpeg)

    @pytest.mark.parametrize("side", [200, 700, 1_400, 3_000])
    def test_part_is_around_the_middle_and_small(self, side: int) -> None:
        crop = self.crop((2_000, 1_500), side)
        assert crop.size == (min(side // 2, CROP_SIDE),) * 2
        corners = [color_of(crop, x, y) for y in (0.1, 0.9) for x in (0.1, 0.9)]
        expected = [(200, 0, 0), (0, 200, 0), (0, 0, 200), (200, 0, 0)]
        assert np.allclose(corners, expected, atol=12)

    @pytest.mark.parametrize("middle", [(0, 0), (4_000, 3_000), (4_000, 0), (0, 3_000)])
    def test_part_stays_within_the_photo(self, middle: tuple[int, int]) -> None:
        crop = self.crop(middle, 900)
        assert crop.size == (CROP_SIDE, CROP_SIDE)
        assert max(color_of(crop)) > 180
