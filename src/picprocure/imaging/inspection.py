"""The one rule for bytes before they are decoded: their headers are checked."""

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
    """Refuse a picture whose decoding would take more than its kind and size need.

    Nothing is decoded. Files of other kinds are not decoded either (`picprocure.imaging.readers`).
    A TIFF may be a RAW file, from which another picture is read. Use `check_as_tiff` for others.

    Raises TooLarge and TooCostly.
    """
    kind = kind_of(content)
    if kind is not None:
        _CHECKS[kind](content, max_pixels)


def check_as_tiff(content: bytes, *, max_pixels: int) -> None:
    """Check a TIFF that is not a RAW file. Raises TooLarge and TooCostly."""
    check_tiff(content, max_pixels)
