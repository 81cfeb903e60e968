"""The one rule for bytes before they are decoded: their headers are checked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from picprocure.imaging.boxes import check_boxes
from picprocure.imaging.jpeg import check_jpeg
from picprocure.imaging.png import check_png
from picprocure.imaging.tiff import check_tiff
from picprocure.imaging.tiff_directory import Directory
from picprocure.imaging.webp import check_webp

if TYPE_CHECKING:
    from collections.abc import Callable

_TIFF_STARTS: Final = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_CHECKS: Final[dict[bytes, Callable[[bytes, int], None]]] = {
    b"\xff\xd8": check_jpeg,
    b"\x89PNG\r\n\x1a\n": check_png,
    b"RIFF": check_webp,
}


def check(content: bytes, *, max_pixels: int) -> None:
    """Refuse a picture whose decoding would take more than its kind and size need.

    Nothing is decoded. Files that can't be understood are left to the decoder, which refuses them.
    A TIFF may be a RAW file, from which another picture is read. Use `check_as_tiff` for others.

    Raises TooLarge and TooCostly.
    """
    if content.startswith(_TIFF_STARTS):
        Directory(content)
    elif content[4:8] == b"ftyp":
        check_boxes(content, max_pixels)
    else:
        for start, check_kind in _CHECKS.items():
            if content.startswith(start):
                check_kind(content, max_pixels)


def check_as_tiff(content: bytes, *, max_pixels: int) -> None:
    """Check a TIFF that is not a RAW file. Raises TooLarge and TooCostly."""
    check_tiff(content, max_pixels)
