"""Conversion of HEIC, AVIF, TIFF and raw photos to clean JPEGs, and their capture times."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pillow_heif
import pytest
from PIL import ExifTags, Image, TiffTags
from PIL.TiffImagePlugin import ImageFileDirectory_v2

from imaging.tiff_files import arw, dng
from picprocure.photos.capture_time import taken_at
from picprocure.photos.errors import AnimatedPhoto, DamagedPhoto, TooManyPixels
from picprocure.photos.intake import ImageKind, PhotoLimits

from . import pictures as p

TAKEN = datetime(2026, 7, 4, 18, 30, 15)  # noqa: DTZ001


def exif_of(*, orientation: int = 1, taken: str = "2026:07:04 18:30:15", **more: str) -> Image.Exif:
    """Return an Exif with a place, an owner and a capture time."""
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    exif[ExifTags.Base.Artist] = p.SECRET.decode()
    exif[ExifTags.Base.DateTime] = taken
    shot = exif.get_ifd(ExifTags.IFD.Exif)
    shot[ExifTags.Base.DateTimeOriginal] = taken
    for name, value in more.items():
        shot[ExifTags.Base[name]] = value
    gps = exif.get_ifd(ExifTags.IFD.GPSInfo)
    gps[ExifTags.GPS.GPSLatitudeRef] = "N"
    gps[ExifTags.GPS.GPSLatitude] = (48.0, 8.0, 15.0)
    gps[ExifTags.GPS.GPSMapDatum] = p.SECRET.decode()
    return exif


def heic(image: Image.Image, **options: Any) -> bytes:
    buffer = io.BytesIO()
    exif = options.pop("exif", None)
    blocks = {"exif": exif.tobytes()} if exif else {}
    pillow_heif.from_pillow(image).save(buffer, quality=95, **blocks, **options)
    return buffer.getvalue()


def avif(image: Image.Image, **options: Any) -> bytes:
    return p.saved(image, "AVIF", quality=95, **options)


def tiff(image: Image.Image, **options: Any) -> bytes:
    """Return a TIFF. Pillow writes the Exif's directories only if each is passed explicitly."""
    exif = options.pop("exif", None)
    if exif is None:
        return p.saved(image, "TIFF", compression="tiff_lzw", **options)
    tags = ImageFileDirectory_v2()
    tags.update(exif)
    for directory in (ExifTags.IFD.Exif, ExifTags.IFD.GPSInfo):
        if exif.get_ifd(directory):
            tags.tagtype[directory] = TiffTags.LONG
            tags[directory] = dict(exif.get_ifd(directory))
    return p.saved(image, "TIFF", tiffinfo=tags, **options)


def raw(image: Image.Image, **options: Any) -> bytes:
    artist = p.SECRET if "exif" in options else b""
    return dng(p.saved(image, "JPEG", quality=95, **options), image.size, artist=artist)


Encoder = Callable[..., bytes]
KINDS = pytest.mark.parametrize("encode", [heic, avif, tiff, raw])


@KINDS
def test_photo_is_converted_to_jpeg_without_metadata(encode: Encoder) -> None:
    content = encode(p.pattern(), exif=exif_of())
    assert p.SECRET in content
    photo = p.received(content, "IMG_1.HEIC")
    assert photo.kind is ImageKind.JPEG
    assert photo.name == "IMG_1.jpg"
    assert (photo.width, photo.height) == (96, 64)
    assert photo.sha256 == hashlib.sha256(content).hexdigest()
    assert p.SECRET not in photo.content
    for mark in (b"Exif", b"GPS", b"ICC_PROFILE", b"http://ns.adobe.com", b"MPF"):
        assert mark not in photo.content
    assert not p.opened(photo.content).getexif()


@KINDS
def test_converted_picture_looks_the_same(encode: Encoder) -> None:
    converted = p.opened(p.received(encode(p.pattern())).content)
    for position in ((20, 16), (70, 16), (20, 48)):
        pairs = zip(converted.getpixel(position), p.pattern().getpixel(position), strict=True)  # type: ignore[arg-type]
        assert all(abs(actual - expected) < 30 for actual, expected in pairs)


@pytest.mark.parametrize("orientation", [1, *p.STORED_AS])
@pytest.mark.parametrize("encode", [heic, avif, tiff])
def test_converted_picture_is_upright(encode: Encoder, orientation: int) -> None:
    stored = p.pattern()
    if orientation in p.STORED_AS:
        stored = stored.transpose(p.STORED_AS[orientation])
    photo = p.received(encode(stored, exif=exif_of(orientation=orientation)))
    assert (photo.width, photo.height) == (96, 64)
    red, green, blue = (
        p.opened(photo.content).getpixel(at) for at in ((20, 16), (70, 16), (20, 48))
    )
    assert red[0] > 150 > red[1]  # type: ignore[index]
    assert green[1] > 150 > green[0]  # type: ignore[index]
    assert blue[2] > 150 > blue[0]  # type: ignore[index]


@pytest.mark.parametrize("orientation", [3, 6, 8])
def test_converted_raw_photo_is_upright(orientation: int) -> None:
    stored = p.pattern().transpose(p.STORED_AS[orientation])
    photo = p.received(arw(p.saved(stored), stored.size, orientation=orientation))
    assert (photo.width, photo.height) == (96, 64)


@KINDS
def test_colors_are_converted_to_srgb(encode: Encoder) -> None:
    """In sRGB, a gray of a linear profile has a much higher value."""
    gray = Image.new("RGB", (64, 64), (60, 60, 60))
    photo = p.received(encode(gray, icc_profile=p.linear_profile()))
    value = p.opened(photo.content).getpixel((32, 32))
    assert value[0] > 110  # type: ignore[index]
    plain = p.opened(p.received(encode(gray)).content).getpixel((32, 32))
    assert abs(plain[0] - 60) < 8  # type: ignore[index]


@KINDS
def test_photo_above_pixel_limit_is_refused(encode: Encoder) -> None:
    content = encode(p.pattern())
    with pytest.raises(TooManyPixels):
        p.received(content, limits=PhotoLimits(max_bytes=10**7, max_pixels=96 * 64 - 1))


@KINDS
@pytest.mark.parametrize("share", [0.02, 0.2, 0.5, 0.9])
def test_incomplete_photo_is_refused_as_damaged(encode: Encoder, share: float) -> None:
    content = encode(Image.effect_noise((300, 200), 90).convert("RGB"))
    with pytest.raises(DamagedPhoto):
        p.received(content[: int(len(content) * share)])


def test_animated_avif_is_refused() -> None:
    frames = [Image.new("RGB", (64, 64), color) for color in ("red", "blue", "green")]
    content = p.saved(frames[0], "AVIF", save_all=True, append_images=frames[1:])
    with pytest.raises(AnimatedPhoto):
        p.received(content)


def test_floating_point_tiff_is_refused() -> None:
    content = p.saved(Image.new("F", (64, 64), 0.5), "TIFF")
    with pytest.raises(DamagedPhoto, match="32 bits"):
        p.received(content)


class TestCaptureTime:
    @pytest.mark.parametrize(
        "content",
        [
            p.saved(exif=exif_of()),
            p.saved(kind="PNG", exif=exif_of()),
            p.saved(kind="WebP", exif=exif_of()),
            heic(p.pattern(), exif=exif_of()),
            avif(p.pattern(), exif=exif_of()),
            tiff(p.pattern(), exif=exif_of()),
        ],
        ids=["jpeg", "png", "webp", "heic", "avif", "tiff"],
    )
    def test_time_is_read_and_removed_from_the_photo(self, content: bytes) -> None:
        photo = p.received(content)
        assert photo.taken_at == TAKEN
        assert taken_at(photo.content) is None

    def test_offset_and_fraction_are_used(self) -> None:
        exif = exif_of(OffsetTimeOriginal="-05:30", SubsecTimeOriginal="25")
        captured = taken_at(p.saved(exif=exif))
        assert captured == TAKEN.replace(
            microsecond=250_000, tzinfo=timezone(-timedelta(hours=5, minutes=30))
        )
        assert captured.astimezone(UTC).hour == 0

    @pytest.mark.parametrize(
        "text",
        ["", "0000:00:00 00:00:00", "2026:13:40 99:00:00", "yesterday", "    :  :     :  :  "],
    )
    def test_invalid_time_is_ignored(self, text: str) -> None:
        assert taken_at(p.saved(exif=exif_of(taken=text))) is None

    @pytest.mark.parametrize("offset", ["+99:99", "Z", "noon"])
    def test_invalid_offset_gives_naive_time_or_none(self, offset: str) -> None:
        assert taken_at(p.saved(exif=exif_of(OffsetTimeOriginal=offset))) in {None, TAKEN}

    def test_photo_without_exif_has_no_time(self) -> None:
        assert taken_at(p.saved()) is None
        assert taken_at(b"no picture") is None
