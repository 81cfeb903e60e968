"""File names for display, and for files in a folder or ZIP."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from picprocure.accounts.invisible_characters import INVISIBLE_CATEGORIES, INVISIBLE_LETTERS
from picprocure.imaging.kinds import PHOTO_SUFFIXES, ImageKind
from picprocure.system.file_names import MAX_NAME_BYTES, UniqueNames, split_extension

if TYPE_CHECKING:
    from collections.abc import Sequence

FALLBACK_STEM = "photo"
FALLBACK_EXTENSION = ".jpg"

_SEPARATORS = re.compile(r"[/\\]")
_REMOVED_CATEGORIES = INVISIBLE_CATEGORIES | {"Cc"}  # control characters, too

_KNOWN_EXTENSIONS = frozenset({".mpo", ".gif"} | PHOTO_SUFFIXES)
_EXTENSIONS_OF_KIND = {
    ImageKind.JPEG: frozenset({".jpg", ".jpeg"}),
    ImageKind.PNG: frozenset({".png"}),
    ImageKind.WEBP: frozenset({".webp"}),
}

# https://learn.microsoft.com/windows/win32/fileio/naming-a-file
_WINDOWS_CHARACTERS = re.compile(r'[<>:"/\\|?*\x00-\x1f]')
_WINDOWS_DEVICES = re.compile(
    r"(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³])\s*(\.|\Z)", re.IGNORECASE
)


def display_name(raw: str, *, max_chars: int = 120) -> str:
    """Return the name under which an uploaded file is stored and displayed.

    Folders, control, bidirectional and zero-width characters are removed. The name is one line in
    Unicode's composed form. It is never empty. If it is cut, the extension is kept.
    """
    visible = "".join(_visible(character) for character in raw)
    base = _SEPARATORS.split(unicodedata.normalize("NFC", visible))[-1]
    stem, extension = split_extension(" ".join(base.split()))
    stem = stem.strip(" .")
    if not stem:
        stem, extension = FALLBACK_STEM, extension or FALLBACK_EXTENSION
    return stem[: max_chars - len(extension)].rstrip(" .") + extension


def name_for_kind(raw: str, kind: ImageKind, *, max_chars: int = 120) -> str:
    """Return the display name with an extension of the file's kind.

    People open downloads by this name, so it must not end with ".exe".
    """
    name = display_name(raw, max_chars=max_chars)
    stem, extension = split_extension(name)
    if extension.lower() in _EXTENSIONS_OF_KIND[kind]:
        return name
    base = stem if extension.lower() in _KNOWN_EXTENSIONS else name
    return display_name(base + kind.extension, max_chars=max_chars)


def unique_names(names: Sequence[str]) -> list[str]:
    """Return unique names for the files of one folder or ZIP, in the same order.

    The names differ also on systems that ignore case, and are allowed on Windows, Linux and macOS.
    The second "a.jpg" becomes "a (2).jpg".
    """
    unique = UniqueNames()
    return [unique.take(_portable(name)) for name in names]


def _visible(character: str) -> str:
    if character.isspace():
        return " "
    if character in INVISIBLE_LETTERS or unicodedata.category(character) in _REMOVED_CATEGORIES:
        return ""
    return character


def _portable(name: str) -> str:
    safe = _WINDOWS_CHARACTERS.sub("_", display_name(name))
    if _WINDOWS_DEVICES.match(safe):
        safe = f"_{safe}"
    stem, extension = split_extension(safe)
    return _cut_to_bytes(stem, MAX_NAME_BYTES - len(extension)).rstrip(" .") + extension


def _cut_to_bytes(text: str, max_bytes: int) -> str:
    return text.encode()[:max_bytes].decode(errors="ignore")
