"""Reading of photos from an uploaded ZIP.

Nothing is unpacked to disk. The names of entries are only displayed, never used as paths. The size
in an entry's header is checked before the entry is read, and enforced while it is read.
"""

from __future__ import annotations

import io
import stat
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import IO

from picprocure.photos.errors import DamagedPhoto, RefusedPhoto, RefusedZip, TooManyBytes
from picprocure.photos.names import display_name
from picprocure.photos.zip_directory import SplitZip, TooManyEntries, checked_directory

MAX_ENTRIES = 5_000
MAX_LISTED_ENTRIES = 3 * MAX_ENTRIES
"""The limit for all entries, with folders and the files that systems add beside each photo."""

_MAGIC = (b"PK\x03\x04", b"PK\x05\x06")
_SYSTEM_FILES = frozenset({"thumbs.db", "desktop.ini"})
_MAC_FOLDER = "__MACOSX"
_IS_ENCRYPTED = 0x1
# Other methods, such as bzip2 and LZMA, unpack a few bytes to any length in one step.
_METHODS = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
_MEBIBYTE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class ZipLimits:
    """The largest number of unpacked bytes, for one photo and for all photos together."""

    max_photo_bytes: int
    max_bytes: int


@dataclass(frozen=True, slots=True)
class ZippedPhoto:
    """An entry of a ZIP, with its unchanged content or the reason why it is refused."""

    name: str
    content: bytes = b""
    refusal: RefusedPhoto | None = None


def is_zip(upload: IO[bytes]) -> bool:
    """Return whether an upload is a ZIP, by its first bytes."""
    upload.seek(0)
    first = upload.read(4)
    upload.seek(0)
    return first in _MAGIC


def photos_in(upload: IO[bytes], *, name: str, limits: ZipLimits) -> Iterator[ZippedPhoto]:
    """Yield the photos of a ZIP in its order, with only one photo in memory at a time.

    Folders, and files that systems add beside photos, are skipped.

    Raises:
        RefusedZip: The ZIP as a whole is refused. This is raised before the first photo.
    """
    safe_name = display_name(name)
    with _opened(upload, safe_name) as archive:
        entries = [entry for entry in archive.infolist() if _is_wanted(entry)]
        _check(entries, name=safe_name, limits=limits)
        for entry in entries:
            yield _photo(archive, entry, limits.max_photo_bytes)


def _opened(upload: IO[bytes], name: str) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(checked_directory(upload, max_entries=MAX_LISTED_ENTRIES))
    except TooManyEntries as error:
        raise _too_many(name, error.count) from error
    except SplitZip as error:
        raise RefusedZip(
            name, "is one part of several", "Upload a ZIP that isn't split."
        ) from error
    except Exception as error:  # `zipfile` raises many kinds of errors for damaged files
        raise RefusedZip(
            name,
            "can't be read as a ZIP",
            "It may be damaged. Create it again and upload the new one.",
        ) from error


def _is_wanted(entry: zipfile.ZipInfo) -> bool:
    """Return whether an entry is neither a folder nor a file that a system has added."""
    name = _with_slashes(entry.filename)
    path = PurePosixPath(name)
    if name.endswith("/") or _MAC_FOLDER in path.parts:
        return False
    return not path.name.startswith(".") and path.name.lower() not in _SYSTEM_FILES


def _check(entries: list[zipfile.ZipInfo], *, name: str, limits: ZipLimits) -> None:
    if not entries:
        raise RefusedZip(name, "contains no photos", "Create a ZIP of the photos and upload that.")
    if len(entries) > MAX_ENTRIES:
        raise _too_many(name, len(entries))
    unpacked_bytes = sum(entry.file_size for entry in entries)
    if unpacked_bytes > limits.max_bytes:
        raise RefusedZip(
            name,
            f"unpacks to {-(-unpacked_bytes // _MEBIBYTE):,} MB; the limit here is "
            f"{limits.max_bytes // _MEBIBYTE:,} MB",
            "Use several ZIPs, or upload the photos themselves.",
        )


def _too_many(name: str, count: int) -> RefusedZip:
    return RefusedZip(
        name,
        f"contains {count:,} files; the limit is {MAX_ENTRIES:,}",
        "Use several ZIPs, or upload the photos themselves.",
    )


def _photo(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, max_bytes: int) -> ZippedPhoto:
    name = display_name(entry.filename)
    try:
        return ZippedPhoto(name, _content(archive, entry, name=name, max_bytes=max_bytes))
    except RefusedPhoto as refusal:
        return ZippedPhoto(name, refusal=refusal)


def _content(
    archive: zipfile.ZipFile, entry: zipfile.ZipInfo, *, name: str, max_bytes: int
) -> bytes:
    way_out = "Take it out of the ZIP and upload it separately."
    if stat.S_ISLNK(entry.external_attr >> 16):
        raise RefusedZip(name, "is a link to another file, not a photo", way_out)
    if _leads_out(entry.filename):
        raise RefusedZip(name, "has a path that leads out of the ZIP", way_out)
    if entry.flag_bits & _IS_ENCRYPTED:
        raise RefusedZip(
            name, "is encrypted", "Create the ZIP without a password and upload it again."
        )
    if entry.compress_type not in _METHODS:
        raise RefusedZip(name, "uses an unusual kind of compression", "Create an ordinary ZIP.")
    if entry.file_size > max_bytes:
        raise TooManyBytes(name, size=entry.file_size, max_bytes=max_bytes)
    try:
        with archive.open(entry) as packed:
            content = packed.read(entry.file_size + 1)
    except Exception as error:  # `zipfile` raises many kinds of errors for damaged files
        raise DamagedPhoto(name, "it can't be unpacked") from error
    if len(content) != entry.file_size:
        raise DamagedPhoto(name, "its size is not what the ZIP says")
    if is_zip(io.BytesIO(content)):
        raise RefusedZip(name, "is a ZIP within a ZIP", "Upload it separately.")
    return content


def _leads_out(path: str) -> bool:
    parts = _with_slashes(path).split("/")
    return ".." in parts or not parts[0] or parts[0].endswith(":")


def _with_slashes(path: str) -> str:
    """Return a path with slashes. Some programs write backslashes, as on Windows."""
    return path.replace("\\", "/")
