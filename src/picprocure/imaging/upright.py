"""Turn pictures upright, as their EXIF orientation says."""

from __future__ import annotations

from typing import Final

from PIL import Image

from picprocure.imaging.cleaning.exif import UPRIGHT, read_orientation

_TURNS: Final = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""How a picture is turned, by its EXIF orientation."""


def orientation_of(image: Image.Image, *, default: int = UPRIGHT) -> int:
    """Return the EXIF orientation of a decoded picture, 1 to 8.

    Decode the picture first, since a PNG may have its EXIF behind the pixels. Only EXIF counts:
    Pillow's `getexif` also reads XMP, which browsers ignore and cleaning removes.

    Args:
        image: A decoded picture.
        default: The orientation if its EXIF has none.
    """
    return read_orientation(image.info.get("exif") or b"", default=default)


def turned_upright(picture: Image.Image, orientation: int) -> Image.Image:
    """Return the upright picture: a copy, or the picture itself if it is upright already."""
    return picture.transpose(_TURNS[orientation]) if orientation in _TURNS else picture
