"""Tell the kind of a file by its first bytes, never by its name.

The site and `picprocure sort` use the same rules, so they accept the same files.
"""

from __future__ import annotations

from enum import StrEnum
from pathlib import PurePath
from typing import Final, NamedTuple


class Kind(StrEnum):
    """The kinds of picture that can be read."""

    JPEG = "jpeg"
    PNG = "png"
    WEBP = "webp"
    HEIF = "heif"
    AVIF = "avif"
    TIFF = "tiff"  # and most raw files, which are TIFF inside
    RAW = "raw"


HEAD_BYTES: Final = 256
"""The bytes at the beginning of a file that tell its kind."""

RAW_SUFFIXES: Final = frozenset(
    {
        *(".3fr", ".arw", ".cr2", ".cr3", ".crw", ".dcr", ".dng", ".erf", ".fff", ".iiq", ".kdc"),
        *(".mef", ".mos", ".mrw", ".nef", ".nrw", ".orf", ".pef", ".raf", ".raw", ".rw2", ".rwl"),
        *(".sr2", ".srf", ".srw", ".x3f"),
    }
)

PHOTO_SUFFIXES: Final = RAW_SUFFIXES | {
    *(".avif", ".heic", ".heif", ".hif", ".jfif", ".jpe", ".jpeg", ".jpg"),
    *(".png", ".tif", ".tiff", ".webp"),
}
"""Suffixes of files that may be photos, in lower case."""

RAW_MAGICS: Final = (
    b"FUJIFILMCCD-RAW",  # RAF
    b"IIRO",  # ORF, four kinds
    b"IIRS",
    b"MMOR",
    b"IIU\0",  # RW2, RWL
    b"II\x1a\0\0\0HEAPCCDR",  # CRW
    b"\0MRM",  # MRW
    b"FOVb",  # X3F
)
"""First bytes of raw files that are neither TIFF (as most are) nor boxes (CR3)."""

TIFF_MAGICS: Final = (b"II*\0", b"MM\0*")
"""First bytes of a TIFF with offsets of 32 bits, and of an EXIF block, which is one."""

BIG_TIFF_MAGICS: Final = (b"II+\0", b"MM\0+")

_MAGICS: Final = {
    b"\xff\xd8\xff": Kind.JPEG,
    b"\x89PNG\r\n\x1a\n": Kind.PNG,
    **dict.fromkeys((*TIFF_MAGICS, *BIG_TIFF_MAGICS), Kind.TIFF),
    **dict.fromkeys(RAW_MAGICS, Kind.RAW),
}
_RAW_BRANDS: Final = frozenset({b"crx "})
_AVIF_BRANDS: Final = frozenset({b"avif", b"avis"})
_HEIF_BRANDS: Final = frozenset(
    {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1", b"msf1"}
)


def kind_of(content: bytes) -> Kind | None:
    """Return the kind of picture, or None if it can't be read. `HEAD_BYTES` are enough."""
    if content.startswith(b"RIFF") and content[8:12] == b"WEBP":
        return Kind.WEBP
    if has_boxes(content):
        return _kind_by_brands(_brands(content))
    return next((kind for magic, kind in _MAGICS.items() if content.startswith(magic)), None)


def has_boxes(content: bytes) -> bool:
    """Return whether a file consists of boxes (ISO/IEC 14496-12): HEIF, AVIF, CR3 and films."""
    return content[4:8] == b"ftyp"


def _brands(content: bytes) -> set[bytes]:
    """Return the brands in the first box, which tell HEIF, AVIF and CR3 apart."""
    end = min(int.from_bytes(content[:4], "big"), HEAD_BYTES)
    return {content[at : at + 4] for at in (8, *range(16, end, 4))}


def _kind_by_brands(brands: set[bytes]) -> Kind | None:
    if brands & _RAW_BRANDS:
        return Kind.RAW
    if brands & _AVIF_BRANDS:
        return Kind.AVIF
    return Kind.HEIF if brands & _HEIF_BRANDS else None


class ImageKind(StrEnum):
    """The kinds of picture that the site stores."""

    JPEG = "jpeg"
    PNG = "png"
    WEBP = "webp"

    @property
    def extension(self) -> str:
        """Return the usual file extension, with its dot."""
        return ".jpg" if self is ImageKind.JPEG else f".{self.value}"

    @property
    def content_type(self) -> str:
        return f"image/{self.value}"


_STORED: Final = frozenset({Kind.JPEG, Kind.PNG, Kind.WEBP})


class ForeignKind(NamedTuple):
    """A kind that is not stored as it is.

    Attributes:
        description: Its name with an article.
        way_out: A sentence that says what to do.
        is_converted: Whether event photos of this kind are converted to JPEG.
    """

    description: str
    way_out: str
    is_converted: bool = False


def accepted_kind(content: bytes) -> ImageKind | None:
    """Return the kind if the picture is stored as it is, or None."""
    kind = kind_of(content)
    return ImageKind(kind) if kind in _STORED else None


def foreign_kind(content: bytes, name: str) -> ForeignKind:
    """Return what a file is for which `accepted_kind` returns None.

    Args:
        content: The file.
        name: Its name, which tells RAW files from other TIFF files.
    """
    kind = kind_of(content)
    if kind is Kind.TIFF and PurePath(name).suffix.lower() in RAW_SUFFIXES:
        return _RAW
    if kind in _CONVERTED:
        return _CONVERTED[kind]
    unread = _film(content) or _by_magic(content)
    return unread or (_TEXT if _is_text(content[:1000]) else _UNKNOWN)


_PICK_THE_PHOTO = "Choose the photo again and upload it."


def _picture(description: str, *, is_converted: bool = False) -> ForeignKind:
    return ForeignKind(description, "Export it as JPEG and upload it again.", is_converted)


_RAW = _picture("a raw camera file", is_converted=True)
_CONVERTED: Final[dict[Kind | None, ForeignKind]] = {
    Kind.HEIF: _picture("a HEIC photo", is_converted=True),
    Kind.AVIF: _picture("an AVIF image", is_converted=True),
    Kind.TIFF: _picture("a TIFF image", is_converted=True),
    Kind.RAW: _RAW,
}
_JPEG_XL = _picture("a JPEG XL image")
_JPEG_2000 = _picture("a JPEG 2000 image")
_VIDEO = ForeignKind("a video", "Export one picture of it as JPEG and upload that.")
_ARCHIVE = ForeignKind("an archive", "Unpack it and upload the photos in it.")
_TEXT = ForeignKind("a text file", _PICK_THE_PHOTO)
_UNKNOWN = ForeignKind("not a photo of a known kind", _PICK_THE_PHOTO)

_UNREAD_MAGICS = {
    b"GIF8": _picture("a GIF image"),
    b"BM": _picture("a BMP image"),
    b"8BPS": _picture("a Photoshop document"),
    b"\0\0\0\x0cJXL ": _JPEG_XL,
    b"\xff\x0a": _JPEG_XL,
    b"\0\0\0\x0cjP  ": _JPEG_2000,
    b"\xff\x4f\xff\x51": _JPEG_2000,
    b"%PDF": ForeignKind("a PDF document", "Export its photos as JPEG and upload those."),
    b"PK\x03\x04": _ARCHIVE,
    b"PK\x05\x06": _ARCHIVE,
    b"Rar!": _ARCHIVE,
    b"7z\xbc\xaf\x27\x1c": _ARCHIVE,
    b"\x1f\x8b": _ARCHIVE,
    b"\x1aE\xdf\xa3": _VIDEO,
}


def _film(content: bytes) -> ForeignKind | None:
    is_film = has_boxes(content) or (content.startswith(b"RIFF") and content[8:12] == b"AVI ")
    return _VIDEO if is_film else None


def _by_magic(content: bytes) -> ForeignKind | None:
    return next((kind for magic, kind in _UNREAD_MAGICS.items() if content.startswith(magic)), None)


def _is_text(start: bytes) -> bool:
    printable = all(byte >= ord(" ") or byte in b"\t\n\f\r" for byte in start)
    # The last character may be cut in two, so it can't be decoded.
    return printable and start.decode("utf-8", errors="replace").count("\ufffd") <= 1
