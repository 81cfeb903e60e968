"""Which files are photos: by their first bytes, or by an ending that promises one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from picprocure.faces.image import PHOTO_SUFFIXES

if TYPE_CHECKING:
    from pathlib import Path

_HEIF_BRANDS: Final = (b"heic", b"heix", b"mif1", b"avif")


def is_photo(path: Path) -> bool:
    """Whether to try it. What is no photo by name and by content is passed over.

    Whoever gives a file a photo's ending means a photo: when it can't be read, that is said.
    """
    return path.suffix.lower() in PHOTO_SUFFIXES or _begins_like_a_photo(path)


def _begins_like_a_photo(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            head = file.read(12)
    except OSError:
        return False
    is_webp = head[:4] == b"RIFF" and head[8:] == b"WEBP"
    is_heif = head[4:8] == b"ftyp" and head[8:] in _HEIF_BRANDS
    return is_webp or is_heif or head.startswith((b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n"))
