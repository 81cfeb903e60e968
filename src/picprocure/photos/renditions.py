"""Smaller pictures made from an original: thumbnails, the web size, covers, profile photos."""

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
from picprocure.photos.decoding import opened, unsupported
from picprocure.photos.errors import DamagedPhoto

if TYPE_CHECKING:
    from collections.abc import Sequence

THUMBNAIL_SIDE: Final = 400
WEB_SIDE: Final = 2048
QUALITY: Final = 85


def make_rendition(
    original: IO[bytes], *, name: str, max_side: int, max_pixels: int, quality: int = QUALITY
) -> bytes:
    """A progressive JPEG of a photo that `receive` has cleaned, at most `max_side` pixels wide
    and high, never enlarged.

    It is upright, in sRGB, on white where the original is transparent, and has no metadata.
    `max_pixels` is the largest original that is decoded, `name` the original's, for messages.

    Raises UnsupportedKind, TooManyPixels, TooCostlyPhoto and DamagedPhoto.
    """
    picture = _decoded(original, name, max_side, max_pixels)
    return as_jpeg(picture, quality)


def make_renditions(
    original: IO[bytes], *, name: str, max_sides: Sequence[int], max_pixels: int
) -> list[bytes]:
    """Several at once, the largest first: the photo is decoded once, each smaller one is made from
    the one before. Otherwise like `make_rendition`.
    """
    picture = _decoded(original, name, max_sides[0], max_pixels)
    made = []
    for max_side in max_sides:
        picture = _resized(picture, fitting(*picture.size, max_side))
        made.append(as_jpeg(picture, QUALITY))
    return made


def _decoded(original: IO[bytes], name: str, max_side: int, max_pixels: int) -> Image.Image:
    content = original.read()
    if accepted_kind(content) is None:
        raise unsupported(content, name)
    try:
        with opened(content, name=name, max_pixels=max_pixels) as image:
            return upright(image, max_side=max_side)
    except DECODE_ERRORS as error:
        raise DamagedPhoto(name, "its picture data cannot be decoded") from error


def upright(
    image: Image.Image, *, max_side: int | None = None, orientation: int = UPRIGHT
) -> Image.Image:
    """The picture in sRGB, as its EXIF says to turn it, or else as ``orientation`` (1 to 8) does.

    Colors and the turn come last, when there are few pixels to work on. Raises one of
    `picprocure.imaging.pixels.DECODE_ERRORS`.
    """
    size = fitting(*image.size, max_side)
    if isinstance(image, JpegImageFile):
        image.draft(None, size)  # it decodes at 1/2, 1/4 or 1/8, never below the size asked
        image.load()
    else:
        image.load()
        size = fitting(*image.size, max_side)  # a TIFF may turn itself
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
    """In L, LA, RGB, RGBA or CMYK: 8 bits a channel, no palette, transparency as a channel."""
    if image.mode.startswith("I;16"):
        return from_16_bit(image)
    if image.has_transparency_data:
        return image.convert("RGBA")
    if image.mode in {"L", "RGB", "CMYK"}:
        return image
    return image.convert("L" if image.mode == "1" else "RGB")


def _in_srgb(picture: Image.Image, profile: bytes | None) -> Image.Image:
    """RGB pixels in sRGB. Without a usable profile the values are taken as they are."""
    if not profile:
        return picture.convert("RGB")
    try:
        return _converted(picture, ImageCms.ImageCmsProfile(io.BytesIO(profile)))
    except (ImageCms.PyCMSError, OSError):
        return picture.convert("RGB")


def _converted(picture: Image.Image, source: ImageCms.ImageCmsProfile) -> Image.Image:
    """Raises PyCMSError when the profile is for pictures of another kind."""
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
    """A progressive JPEG without metadata."""
    picture.info.clear()  # Pillow would write some of it
    written = io.BytesIO()
    picture.save(written, "JPEG", quality=quality, progressive=True)
    return written.getvalue()
