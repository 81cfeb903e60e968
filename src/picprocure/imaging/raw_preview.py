"""The preview that a camera puts into its RAW file, found by LibRaw."""

from __future__ import annotations

import io
from typing import Final

import rawpy
from PIL import Image
from PIL.JpegImagePlugin import JpegImageFile

from picprocure.imaging.cleaning.exif import UPRIGHT
from picprocure.imaging.inspection import check
from picprocure.imaging.pixels import DECODE_ERRORS

_EXIF_BY_FLIP: Final = {3: 3, 5: 8, 6: 6}
"""EXIF orientations by LibRaw's `sizes.flip`."""


class NoPreview(Exception):
    """The bytes are no RAW file that LibRaw knows, or the file has no preview."""


def preview_of(content: bytes, max_pixels: int) -> tuple[Image.Image, int]:
    """Open the largest preview of a RAW file. Its pixels stay compressed.

    Returns:
        The preview, and the EXIF orientation of the RAW file.

    Raises:
        NoPreview: This is not a RAW file, or it has no usable preview.
        TooLarge: The preview has more than `max_pixels`.
        TooCostly: Decoding the preview would take too much.
    """
    # Not imread(): it warns of a deadlock in forked processes, which only happens in development.
    with rawpy.RawPy() as raw:
        try:
            raw.open_buffer(io.BytesIO(content))
            preview = raw.extract_thumb()
            orientation = _EXIF_BY_FLIP.get(raw.sizes.flip, UPRIGHT)
        except (rawpy.LibRawError, rawpy.NotSupportedError) as error:
            raise NoPreview(str(error)) from error
    if not isinstance(preview.data, bytes):
        return Image.fromarray(preview.data), orientation
    check(preview.data, max_pixels=max_pixels)
    try:
        return JpegImageFile(io.BytesIO(preview.data)), orientation
    except DECODE_ERRORS as error:
        raise NoPreview(str(error)) from error
