"""Check the headers of a picture before it is decoded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from picprocure.imaging.boxes import check_boxes
from picprocure.imaging.jpeg import check_jpeg
from picprocure.imaging.kinds import Kind, has_boxes, kind_of
from picprocure.imaging.png import check_png
from picprocure.imaging.tiff import check_tiff
from picprocure.imaging.tiff_directory import Directory
from picprocure.imaging.webp import check_webp

if TYPE_CHECKING:
    from collections.abc import Callable


def _check_directory(content: bytes, _max_pixels: int) -> None:
    Directory(content)


def _check_raw(content: bytes, max_pixels: int) -> None:
    if has_boxes(content):
        check_boxes(content, max_pixels)


_CHECKS: Final[dict[Kind, Callable[[bytes, int], None]]] = {
    Kind.JPEG: check_jpeg,
    Kind.PNG: check_png,
    Kind.WEBP: check_webp,
    Kind.HEIF: check_boxes,
    Kind.AVIF: check_boxes,
    Kind.TIFF: _check_directory,
    Kind.RAW: _check_raw,
}


def check(content: bytes, *, max_pixels: int) -> None:
    """Check that decoding a picture takes no more than its kind and size need.

    Files of unknown kinds pass: `picprocure.imaging.readers` never decodes them. A TIFF may be a
    RAW file, from which another picture is read. For others, call `check_as_tiff` as well.

    Raises:
        TooLarge: The picture has more than `max_pixels`.
        TooCostly: Decoding would take far more work than the pixels need.
    """
    kind = kind_of(content)
    if kind is not None:
        _CHECKS[kind](content, max_pixels)


def check_as_tiff(content: bytes, *, max_pixels: int) -> None:
    """Check the cost of decoding a TIFF that is not a RAW file.

    Raises:
        TooLarge: The picture has more than `max_pixels`.
        TooCostly: Decoding would take far more work than the pixels need.
    """
    check_tiff(content, max_pixels)
