"""Open a picture with the reader for its kind. The kind comes from the first bytes."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Final, TypeAlias

from pi_heif import HeifImageFile
from PIL import Image
from PIL.AvifImagePlugin import AvifImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.TiffImagePlugin import ImageFileDirectory_v2, TiffImageFile
from PIL.WebPImagePlugin import WebPImageFile

from picprocure.imaging.cleaning import clean
from picprocure.imaging.cleaning.errors import Animated, Malformed
from picprocure.imaging.cleaning.exif import UPRIGHT
from picprocure.imaging.errors import ImagingError
from picprocure.imaging.inspection import check, check_as_tiff
from picprocure.imaging.kinds import BIG_TIFF_MAGICS, ImageKind, Kind, accepted_kind, kind_of
from picprocure.imaging.pixels import DECODE_ERRORS
from picprocure.imaging.raw_preview import NoPreview, preview_of
from picprocure.imaging.truncated_jpeg import ensure_nearly_whole

Opened: TypeAlias = tuple[Image.Image, int]
"""A picture whose pixels are still compressed, and an EXIF orientation, 1 to 8. The orientation is
used if the picture's own EXIF has none."""


class UnknownKind(Exception):
    """No picture of a kind that is read here."""


MAX_PIXELS: Final = 200_000_000
"""More than cameras have. For callers that only read a header."""


def opened(content: bytes, max_pixels: int = MAX_PIXELS) -> Opened:
    """Check a picture's header (`picprocure.imaging.inspection`), then open it.

    Raises:
        UnknownKind: The file is no picture of a kind that can be read.
        ImagingError: Decoding would take too much.
        NoPreview: A RAW file has no preview.
        Exception: One of `DECODE_ERRORS`, if the picture is damaged.
    """
    kind = kind_of(content)
    if kind is None:
        raise UnknownKind
    check(content, max_pixels=max_pixels)
    return _OPENERS[kind](content, max_pixels)


def opened_as_stored(content: bytes, max_pixels: int) -> Opened:
    """Open a picture like `opened`, but clean JPEG, PNG and WebP files first.

    This accepts exactly the files that the site stores.

    Raises:
        CannotClean: The site would refuse the file.
        UnknownKind: As `opened`; so are the other errors.
    """
    kind = accepted_kind(content)
    if kind is None:
        return opened(content, max_pixels)
    check(content, max_pixels=max_pixels)
    cleaned = clean(content, kind)
    if kind is ImageKind.JPEG and cleaned.is_cut:
        return _CutJpegFile(io.BytesIO(cleaned.content)), UPRIGHT
    return opened(cleaned.content, max_pixels)


# The readers call Pillow's classes, not Image.open, which accepts every format and has a limit of
# its own. It only warns above that limit, and filters of the process decide what a warning does.
# Here only the caller's limit counts.


def _jpeg(content: bytes, _max_pixels: int) -> Opened:
    """Open a JPEG: the first picture if there are several."""
    return JpegImageFile(io.BytesIO(content)), UPRIGHT


def _png(content: bytes, _max_pixels: int) -> Opened:
    return PngImageFile(io.BytesIO(content)), UPRIGHT


def _webp(content: bytes, _max_pixels: int) -> Opened:
    return WebPImageFile(io.BytesIO(content)), UPRIGHT


class _CutJpegFile(JpegImageFile):
    """A JPEG whose end is missing. It loads if nearly all of it is there."""

    def load_prepare(self) -> None:
        assert isinstance(self.fp, io.BytesIO)  # noqa: S101
        try:
            ensure_nearly_whole(self.fp.getvalue())
        except Malformed as error:
            raise OSError(str(error)) from error
        super().load_prepare()


def _avif(content: bytes, _max_pixels: int) -> Opened:
    """Open an AVIF. Pillow leaves the pixels and puts the boxes' orientation into the EXIF."""
    image = AvifImageFile(io.BytesIO(content))
    if image.is_animated:
        raise Animated
    return image, UPRIGHT


def _heif(content: bytes, _max_pixels: int) -> Opened:
    """Open a HEIF. libheif turns the pixels and removes the orientation from the EXIF."""
    return HeifImageFile(io.BytesIO(content)), UPRIGHT


def _tiff_or_raw(content: bytes, max_pixels: int) -> Opened:
    """Open a TIFF, or a RAW file that is one.

    Most RAW files are TIFF files. Their first picture may be a tiny one, so the preview is tried
    first if the file looks like a RAW file.
    """
    if content.startswith(BIG_TIFF_MAGICS):
        return _tiff(content, max_pixels)
    readers = (_tiff, preview_of)
    first, second = reversed(readers) if _looks_raw(content) else readers
    try:
        return first(content, max_pixels)
    except _REFUSALS as refusal:
        try:
            return second(content, max_pixels)
        except _REFUSALS:
            raise refusal from None


_REFUSALS: Final = (NoPreview, ImagingError, *DECODE_ERRORS)


def _looks_raw(content: bytes) -> bool:
    if content[8:10] == _CR2_MARK:
        return True
    try:
        tags = ImageFileDirectory_v2(content[:8])
        file = io.BytesIO(content)
        file.seek(tags.next)
        tags.load(file)
        is_reduced = bool(tags.get(_NEW_SUBFILE_TYPE, 0) & 1)
    except DECODE_ERRORS:
        return False
    return is_reduced or _SUB_IFDS in tags or _DNG_VERSION in tags


_CR2_MARK: Final = b"CR"
_NEW_SUBFILE_TYPE, _SUB_IFDS, _DNG_VERSION = 254, 330, 50706


def _tiff(content: bytes, max_pixels: int) -> Opened:
    """Open a TIFF. Pillow turns the pixels when it loads them."""
    check_as_tiff(content, max_pixels=max_pixels)
    return _TiffReader(io.BytesIO(content)), UPRIGHT


class _TiffReader(TiffImageFile):
    def load_prepare(self) -> None:
        """Make room for the pixels, without Pillow's limit on the dimensions."""
        if self._im is None:
            self.im = Image.new(self.mode, self._tile_size).im
        super().load_prepare()


_OPENERS: Final[dict[Kind, Callable[[bytes, int], Opened]]] = {
    Kind.JPEG: _jpeg,
    Kind.PNG: _png,
    Kind.WEBP: _webp,
    Kind.HEIF: _heif,
    Kind.AVIF: _avif,
    Kind.TIFF: _tiff_or_raw,
    Kind.RAW: preview_of,
}
