"""Pictures without what they say about people: rewritten by allow-list, never re-encoded.

What is not known to be needed for the picture is left out. The bytes of compressed picture
data stay as they are. Nothing is decoded here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from picprocure.imaging.cleaning import jpeg, png, webp
from picprocure.imaging.cleaning.exif import Describe, if_turned
from picprocure.imaging.kinds import ImageKind

if TYPE_CHECKING:
    from picprocure.imaging.cleaning.cleaned import Cleaned

_DIMENSIONS = {
    ImageKind.JPEG: jpeg.dimensions,
    ImageKind.PNG: png.dimensions,
    ImageKind.WEBP: webp.dimensions,
}
_CLEAN = {ImageKind.JPEG: jpeg.clean, ImageKind.PNG: png.clean, ImageKind.WEBP: webp.clean}


def dimensions(content: bytes, kind: ImageKind) -> tuple[int, int]:
    """Width and height as stored, in pixels, read from the header alone.

    Raises Malformed and RareForm.
    """
    return _DIMENSIONS[kind](content)


def clean(content: bytes, kind: ImageKind, describe: Describe = if_turned) -> Cleaned:
    """Return the file with only its picture, and the EXIF that ``describe`` makes.

    Raises Animated, Malformed and RareForm.
    """
    return _CLEAN[kind](content, describe)
