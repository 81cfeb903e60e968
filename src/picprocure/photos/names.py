"""File names for display, and for files in a folder or ZIP."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from picprocure.accounts.invisible_characters import INVISIBLE_CATEGORIES, INVISIBLE_LETTERS
from picprocure.imaging.kinds import PHOTO_SUFFIXES, ImageKind

if TYPE_CHECKING:
    from collections.abc import Sequence

FALLBACK_STEM = "photo"
FALLBACK_EXTENSION = ".jpg"

_EXTENSION = re.compile(r"\.[A-Za-z0-9]{1,10}\Z")
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
_MAX_NAME_BYTES = 240  # most file systems allow 255; this leaves space for " (10000)"


def display_name(raw: str, *, max_chars: int = 120) -> str:
    """Return the name under which an uploaded file is stored and displayed.

    Folders, control, bidirectional and zero-width characters are removed. The name is one line in
    Unicode's composed form. It is never empty. If it is cut, the extension is kept.
    """
    visible = "".join(_visible(character) for character in raw)
    base = _SEPARATORS.split(unicodedata.normalize("NFC", visible))[-1]
    stem, extension = _split(" ".join(base.split()))
    stem = stem.strip(" .")
    if not stem:
        stem, extension = FALLBACK_STEM, extension or FALLBACK_EXTENSION
    return stem[: max_chars - len(extension)].rstrip(" .") + extension


def name_for_kind(raw: str, kind: ImageKind, *, max_chars: int = 120) -> str:
    """Return the display name with an extension of the file's kind.

    People open downloads by this name, so it must not end with ".exe".
    """
    name = display_name(raw, max_chars=max_chars)
    stem, extension = _split(name)
    if extension.lower() in _EXTENSIONS_OF_KIND[kind]:
        return name
    base = stem if extension.lower() in _KNOWN_EXTENSIONS else name
    return display_name(base + kind.extension, max_chars=max_chars)


def unique_names(names: Sequence[str]) -> list[str]:
    """Return unique names for the files of one folder or ZIP, in the same order.

    The names differ also on systems that ignore case, and are allowed on Windows, Linux and macOS.
    The second "a.jpg" becomes "a (2).jpg".
    """
    taken: set[str] = set()
    repeats: dict[str, int] = {}
    return [_unused(_portable(name), taken, repeats) for name in names]


def _visible(character: str) -> str:
    if character.isspace():
        return " "
    if character in INVISIBLE_LETTERS or unicodedata.category(character) in _REMOVED_CATEGORIES:
        return ""
    return character


def _split(name: str) -> tuple[str, str]:
    match = _EXTENSION.search(name)
    return (name[: match.start()], match.group()) if match else (name, "")


def _unused(name: str, taken: set[str], repeats: dict[str, int]) -> str:
    key = _folded(name)
    stem, extension = _split(name)
    candidate = name
    while _folded(candidate) in taken:
        repeats[key] = repeats.get(key, 1) + 1
        candidate = f"{stem} ({repeats[key]}){extension}"
    taken.add(_folded(candidate))
    return candidate


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", name.casefold())


def _portable(name: str) -> str:
    safe = _WINDOWS_CHARACTERS.sub("_", display_name(name))
    if _WINDOWS_DEVICES.match(safe):
        safe = f"_{safe}"
    stem, extension = _split(safe)
    return _cut_to_bytes(stem, _MAX_NAME_BYTES - len(extension)).rstrip(" .") + extension


def _cut_to_bytes(text: str, max_bytes: int) -> str:
    return text.encode()[:max_bytes].decode(errors="ignore")
