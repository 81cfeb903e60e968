"""Smaller pictures of an original: thumbnails, the web size, covers and profile photos."""

from __future__ import annotations

import io
from typing import IO, TYPE_CHECKING, Final

from PIL import Image, ImageCms
from PIL.JpegImagePlugin import JpegImageFile

from picprocure.imaging.cleaning.exif import UPRIGHT
from picprocure.imaging.kinds import accepted_kind
from picprocure.imaging.pixels import (
    DECODE_ERRORS,
    fitting,
    from_16_bit,
    on_white,
)
from picprocure.imaging.upright import orientation_of, turned_upright
from picprocure.photos.decoding import open_photo, unsupported_kind
from picprocure.photos.errors import DamagedPhoto

if TYPE_CHECKING:
    from collections.abc import Sequence

THUMBNAIL_SIDE: Final = 400
WEB_SIDE: Final = 2048
CROP_SIDE: Final = 320
QUALITY: Final = 85
LEAST_SCALE: Final = 0.9  # of the largest size: a JPEG is not decoded whole to gain a tenth


def make_rendition(
    original: IO[bytes], *, name: str, max_side: int, max_pixels: int, quality: int = QUALITY
) -> bytes:
    """Return a smaller picture of a photo that `receive` has cleaned, as a progressive JPEG.

    The picture is upright and in sRGB, has no metadata, and is white where the original is
    transparent.

    Args:
        original: The cleaned photo.
        name: The photo's name for error messages.
        max_side: The largest width and height in pixels. Small photos are not enlarged.
        max_pixels: The largest original that is decoded.
        quality: The quality of the JPEG, from 0 to 95.

    Raises:
        UnsupportedKind: The original is not a JPEG, PNG or WebP.
        TooManyPixels: It is larger than `max_pixels`.
        TooCostlyPhoto: Decoding would need too much memory or time.
        DamagedPhoto: It can't be decoded.
    """
    picture = _decoded(original, name, max_side, max_pixels)
    return as_jpeg(picture, quality)


def make_renditions(
    original: IO[bytes], *, name: str, max_sides: Sequence[int], max_pixels: int
) -> list[bytes]:
    """Return pictures of several sizes, as `make_rendition` makes them.

    The photo is decoded once. Each picture is made from the previous one, so `max_sides` must be in
    descending order.
    """
    picture = _decoded(original, name, max_sides[0], max_pixels)
    renditions = []
    for max_side in max_sides:
        picture = _resized(picture, fitting(*picture.size, max_side))
        renditions.append(as_jpeg(picture, QUALITY))
    return renditions


def make_crop(
    rendition: IO[bytes], *, photo_size: tuple[int, int], middle: tuple[int, int], side: int
) -> bytes:
    """Return a square part of a photo as a JPEG of at most `CROP_SIDE` pixels.

    The part is moved if it would reach beyond the photo.

    Args:
        rendition: The photo's web size, a JPEG that `make_renditions` made.
        photo_size: Width and height of the photo, in the pixels of the next arguments.
        middle: The point in the middle of the part.
        side: The width and height of the part, at least 1.
    """
    with Image.open(rendition, formats=["JPEG"]) as image:
        # Decode at 1/2, 1/4 or 1/8, if the part is then still large enough.
        image.draft(None, fitting(*image.size, CROP_SIDE * max(photo_size) // side))
        scale = image.width / photo_size[0]
        square = min(max(1, round(side * scale)), *image.size)
        left, top = (
            round(min(max(point * scale - square / 2, 0), length - square))
            for point, length in zip(middle, image.size, strict=True)
        )
        part = image.crop((left, top, left + square, top + square))
    return as_jpeg(_resized(part, fitting(*part.size, CROP_SIDE)), QUALITY)


def _decoded(original: IO[bytes], name: str, max_side: int, max_pixels: int) -> Image.Image:
    content = original.read()
    if accepted_kind(content) is None:
        raise unsupported_kind(content, name)
    try:
        with open_photo(content, name=name, max_pixels=max_pixels) as image:
            return upright(image, max_side=max_side)
    except DECODE_ERRORS as error:
        raise DamagedPhoto(name, "its picture data cannot be decoded") from error


def upright(
    image: Image.Image, *, max_side: int | None = None, orientation: int = UPRIGHT
) -> Image.Image:
    """Decode a picture, and return it upright and in sRGB.

    Colors and orientation are changed last, when there are fewer pixels.

    Args:
        image: The picture, which may still be compressed.
        max_side: The largest width and height in pixels, or None for no limit. A larger JPEG may
            come out up to a tenth smaller than this, since that is decoded in a third of the time.
        orientation: The orientation (1 to 8) if the picture's EXIF has none.

    Raises:
        DECODE_ERRORS: The picture can't be decoded (see `picprocure.imaging.pixels`).
    """
    if isinstance(image, JpegImageFile) and max_side:
        # Decode at 1/2, 1/4 or 1/8, but not below this size.
        image.draft(None, fitting(*image.size, round(LEAST_SCALE * max_side)))
    image.load()
    size = fitting(*image.size, max_side)  # after loading, since Pillow turns a TIFF there
    orientation = orientation_of(image, default=orientation)
    profile = image.info.get("icc_profile")
    picture = _resized(_with_plain_channels(image), size)
    if picture.mode == "RGBA":
        picture = on_white(picture)
    picture = _in_srgb(picture, profile)
    return turned_upright(picture, orientation)


def _resized(picture: Image.Image, size: tuple[int, int]) -> Image.Image:
    if picture.size == size:
        return picture
    return picture.resize(size, Image.Resampling.LANCZOS, reducing_gap=2.0)


def _with_plain_channels(image: Image.Image) -> Image.Image:
    """Convert to L, RGB, RGBA or CMYK: 8 bits a channel, no palette, transparency as a channel."""
    if image.mode.startswith("I;16"):
        return from_16_bit(image)
    if image.has_transparency_data:
        return image.convert("RGBA")
    if image.mode in {"L", "RGB", "CMYK"}:
        return image
    return image.convert("L" if image.mode == "1" else "RGB")


def _in_srgb(picture: Image.Image, profile: bytes | None) -> Image.Image:
    """Convert to RGB pixels in sRGB. Without a usable profile, keep the values."""
    if not profile:
        return picture.convert("RGB")
    try:
        return _apply_profile(picture, ImageCms.ImageCmsProfile(io.BytesIO(profile)))
    except (ImageCms.PyCMSError, OSError):
        return picture.convert("RGB")


def _apply_profile(picture: Image.Image, source: ImageCms.ImageCmsProfile) -> Image.Image:
    """Convert a picture from its profile to sRGB.

    Raises:
        PyCMSError: The profile is for another kind of pictures.
    """
    if picture.mode == "L" and source.profile.xcolor_space == "RGB ":
        picture = picture.convert("RGB")
    converted = ImageCms.profileToProfile(
        picture,
        source,
        ImageCms.createProfile("sRGB"),
        renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
        outputMode="RGB",
        flags=ImageCms.Flags.BLACKPOINTCOMPENSATION,
    )
    return converted or picture.convert("RGB")


def as_jpeg(picture: Image.Image, quality: int) -> bytes:
    """Encode a picture as a progressive JPEG without metadata."""
    picture.info.clear()  # Pillow would write some of it
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=quality, progressive=True)
    return buffer.getvalue()
