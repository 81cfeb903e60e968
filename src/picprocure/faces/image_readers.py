"""Which reader opens a picture, by its first bytes; the file's ending counts for nothing."""

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

from picprocure.faces.pictures import DECODE_ERRORS, UPRIGHT
from picprocure.faces.raw_preview import RAW_MAGICS, RAW_SUFFIXES, NoPreview, preview_of

PHOTO_SUFFIXES: Final = RAW_SUFFIXES | {
    *(".avif", ".heic", ".heif", ".hif", ".jfif", ".jpe", ".jpeg", ".jpg"),
    *(".png", ".tif", ".tiff", ".webp"),
}
"""How the names of files end that may be photos, in lower case."""

Opened: TypeAlias = tuple[Image.Image, int]
"""A picture with its header read and its pixels still compressed; and its EXIF orientation, 1 to 8,
for when its own EXIF names none."""


class UnknownKind(Exception):
    """No picture of a kind that is read here."""


def opened(content: bytes) -> Opened:
    """Raises ``UnknownKind``, or for a damaged picture ``NoPreview`` or one of `DECODE_ERRORS`."""
    for magic, opener in _OPENERS.items():
        if content.startswith(magic):
            return opener(content)
    if content[4:8] == b"ftyp":
        return _boxes(content)
    raise UnknownKind


# The classes, not Image.open: that would accept every format it knows, and it weighs the
# dimensions itself, by a warning whose effect depends on process-wide filters. Here one limit
# counts, the caller's.


def _jpeg(content: bytes) -> Opened:
    """Of a multi-picture file, the first picture."""
    return JpegImageFile(io.BytesIO(content)), UPRIGHT


def _png(content: bytes) -> Opened:
    return PngImageFile(io.BytesIO(content)), UPRIGHT


def _webp(content: bytes) -> Opened:
    return WebPImageFile(io.BytesIO(content)), UPRIGHT


def is_heif(content: bytes) -> bool:
    """Whether this is HEIC or a relative of it, as phones take it."""
    return content[4:8] == b"ftyp" and bool(_brands(content) & _HEIF_BRANDS)


def _brands(content: bytes) -> set[bytes]:
    end = min(int.from_bytes(content[:4], "big"), _LONGEST_BRANDS)
    return {content[at : at + 4] for at in (8, *range(16, end, 4))}


def _boxes(content: bytes) -> Opened:
    """HEIF, AVIF and CR3, whose first box lists what they are (their brands).

    libheif turns the pixels as the boxes ask and takes the orientation out of the EXIF; Pillow
    leaves AVIF's pixels and puts what the boxes ask for into the EXIF.
    """
    brands = _brands(content)
    if b"crx " in brands:
        return preview_of(content)
    if brands & {b"avif", b"avis"}:
        return AvifImageFile(io.BytesIO(content)), UPRIGHT
    if brands & _HEIF_BRANDS:
        return HeifImageFile(io.BytesIO(content)), UPRIGHT
    raise UnknownKind


_LONGEST_BRANDS: Final = 256
_HEIF_BRANDS: Final = frozenset(
    {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1", b"msf1"}
)


def _tiff_or_raw(content: bytes) -> Opened:
    """Most RAW files are TIFF with more in it, and their first picture may be a tiny one."""
    readers = (_tiff, preview_of)
    first, second = reversed(readers) if _looks_raw(content) else readers
    try:
        return first(content)
    except _REFUSALS as refusal:
        try:
            return second(content)
        except _REFUSALS:
            raise refusal from None


_REFUSALS: Final = (NoPreview, *DECODE_ERRORS)


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


def _tiff(content: bytes) -> Opened:
    """Pillow turns the pixels of a TIFF itself while it loads them."""
    return _TiffReader(io.BytesIO(content)), UPRIGHT


class _TiffReader(TiffImageFile):
    def load_prepare(self) -> None:
        """Without Pillow's own limit on the dimensions."""
        if self._im is None:
            self.im = Image.new(self.mode, self._tile_size).im
        super().load_prepare()


_OPENERS: Final[dict[bytes, Callable[[bytes], Opened]]] = {
    b"\xff\xd8\xff": _jpeg,
    b"\x89PNG\r\n\x1a\n": _png,
    b"RIFF": _webp,
    b"II*\0": _tiff_or_raw,
    b"MM\0*": _tiff_or_raw,
    b"II+\0": _tiff,  # BigTIFF
    b"MM\0+": _tiff,
    **dict.fromkeys(RAW_MAGICS, preview_of),
}
