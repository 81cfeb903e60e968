"""What a file is, judged by its first bytes, never by its name."""

from __future__ import annotations

from enum import StrEnum
from pathlib import PurePath
from typing import NamedTuple

from picprocure.faces.raw_preview import RAW_MAGICS


class ImageKind(StrEnum):
    """The kinds of picture that are taken."""

    JPEG = "jpeg"
    PNG = "png"
    WEBP = "webp"

    @property
    def extension(self) -> str:
        return ".jpg" if self is ImageKind.JPEG else f".{self.value}"

    @property
    def content_type(self) -> str:
        return f"image/{self.value}"


class ForeignKind(NamedTuple):
    """A kind that is not kept as it is: what it is, with its article, and the way out, a sentence;
    and whether photos of an event are made into a JPEG."""

    what: str
    way_out: str
    is_converted: bool = False


def accepted_kind(content: bytes) -> ImageKind | None:
    """The kind of picture, or None when it is none that is taken."""
    if content.startswith(b"\xff\xd8\xff"):
        return ImageKind.JPEG
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return ImageKind.PNG
    if content.startswith(b"RIFF") and content[8:12] == b"WEBP":
        return ImageKind.WEBP
    return None


def foreign_kind(content: bytes, name: str) -> ForeignKind:
    """What a file is for which `accepted_kind` knows nothing."""
    kind = _by_brand(content) or _by_magic(content)
    if kind is _TIFF and PurePath(name).suffix.lower() in _RAW_EXTENSIONS:
        return _RAW  # most raw formats are TIFF files inside
    return kind or (_TEXT if _is_text(content[:1000]) else _UNKNOWN)


_PICK_THE_PHOTO = "Pick the photo itself and upload it again."


def _picture(what: str, *, is_converted: bool = False) -> ForeignKind:
    return ForeignKind(what, "Export it as JPEG and upload it again.", is_converted)


_HEIC = _picture("a HEIC photo", is_converted=True)
_AVIF = _picture("an AVIF image", is_converted=True)
_TIFF = _picture("a TIFF image", is_converted=True)
_RAW = _picture("a raw camera file", is_converted=True)
_JPEG_XL = _picture("a JPEG XL image")
_JPEG_2000 = _picture("a JPEG 2000 image")
_VIDEO = ForeignKind("a video", "Export one picture of it as JPEG and upload that.")
_ARCHIVE = ForeignKind("an archive", "Unpack it and upload the photos in it.")
_TEXT = ForeignKind("a text file", _PICK_THE_PHOTO)
_UNKNOWN = ForeignKind("not a photo of a kind that is known here", _PICK_THE_PHOTO)

_MAGIC = {
    b"GIF8": _picture("a GIF image"),
    b"BM": _picture("a BMP image"),
    b"8BPS": _picture("a Photoshop document"),
    b"II*\0": _TIFF,
    b"MM\0*": _TIFF,
    b"II+\0": _TIFF,
    b"MM\0+": _TIFF,
    **dict.fromkeys(RAW_MAGICS, _RAW),
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
_BRANDS = {  # ISO base media files say what they are at bytes 8 to 12
    **dict.fromkeys((b"heic", b"heix", b"heim", b"heis", b"hevc", b"mif1", b"msf1"), _HEIC),
    **dict.fromkeys((b"avif", b"avis"), _AVIF),
    b"crx ": _RAW,
}
_RAW_EXTENSIONS = frozenset(
    {".3fr", ".arw", ".cr2", ".dng", ".erf", ".iiq", ".kdc", ".mef", ".nef", ".nrw", ".pef", ".srw"}
)


def _by_brand(content: bytes) -> ForeignKind | None:
    if content[4:8] == b"ftyp":
        return _BRANDS.get(content[8:12], _VIDEO)
    if content.startswith(b"RIFF") and content[8:12] == b"AVI ":
        return _VIDEO
    return None


def _by_magic(content: bytes) -> ForeignKind | None:
    return next((kind for magic, kind in _MAGIC.items() if content.startswith(magic)), None)


def _is_text(start: bytes) -> bool:
    printable = all(byte >= ord(" ") or byte in b"\t\n\f\r" for byte in start)
    # The cut may fall inside a character, which then is one that cannot be read.
    return printable and start.decode("utf-8", errors="replace").count("\ufffd") <= 1
