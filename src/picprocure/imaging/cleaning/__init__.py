"""Remove what picture files say about people: rewrite them by allow-list, without re-encoding.

Everything that the picture doesn't need is removed. The compressed picture data stay as they are.
Nothing is decoded here.
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
    """Return width and height in pixels, as stored, from the header alone.

    Raises:
        Malformed: The header is broken.
        RareForm: The file has a form that is refused.
    """
    return _DIMENSIONS[kind](content)


def clean(content: bytes, kind: ImageKind, describe: Describe = if_turned) -> Cleaned:
    """Return the file with only its picture and new EXIF.

    Args:
        content: The file.
        kind: Its kind.
        describe: Makes the EXIF block.

    Raises:
        Animated: The file is an animation.
        Malformed: The file is broken.
        RareForm: The file has a form that is refused.
    """
    return _CLEAN[kind](content, describe)
