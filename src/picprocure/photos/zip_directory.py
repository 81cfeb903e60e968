"""Checks of the directory at the end of a ZIP, before `zipfile` reads all of it.

Source: PKWARE's APPNOTE 6.3.10, sections 4.3.12 to 4.3.16.
"""

from __future__ import annotations

import itertools
import os
import struct
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

_END: Final = struct.Struct("<4s4H2LH")
_END_OF_64: Final = struct.Struct("<4sQ2H2L4Q")
_LOCATOR: Final = struct.Struct("<4sLQL")
_ENTRY: Final = struct.Struct("<4s24xHHH12x")
_LONGEST_COMMENT: Final = 65_535
_UTF_8_BYTE, _IS_UTF_8 = 9, 0x08  # the position and bit of the flag in an entry

MAX_MEAN_ENTRY_BYTES: Final = 1_024
"""The mean size of directory entries. Most entries have 46 bytes and the file's name."""


class DamagedDirectory(Exception):
    """The directory is missing or contradicts itself."""


class SplitZip(Exception):
    """The ZIP is one part of several."""


class TooManyEntries(Exception):
    """The ZIP has too many entries. `count` is the number in its end record."""

    def __init__(self, count: int) -> None:
        self.count = count
        super().__init__(f"{count:,} entries")


@dataclass(frozen=True, slots=True)
class _End:
    """The end record: the number of entries, and the directory's size and end in bytes."""

    count: int
    size: int
    directory_end: int


class FileWithDirectory:
    """A readable ZIP with a replaced directory."""

    def __init__(self, file: IO[bytes], start: int, directory: bytes) -> None:
        self._file = file
        self._start = start
        self._directory = directory
        self.seek, self.tell, self.seekable = file.seek, file.tell, file.seekable

    def read(self, size: int = -1) -> bytes:
        at = self._file.tell()
        content = self._file.read(size)
        end = self._start + len(self._directory)
        if at + len(content) <= self._start or end <= at:
            return content
        replaced = self._directory[max(0, at - self._start) : at + len(content) - self._start]
        before = content[: max(0, self._start - at)]
        return before + replaced + content[len(before) + len(replaced) :]


def checked_directory(upload: IO[bytes], *, max_entries: int) -> FileWithDirectory:
    """Check the directory of a ZIP, and correct names that are wrongly marked as UTF-8.

    `zipfile` would read a directory of any size into memory, and refuse the whole ZIP for one such
    name.

    Returns:
        The file with the corrected directory.

    Raises:
        DamagedDirectory: The directory is missing, too large for its entries, or contradicts
            itself.
        SplitZip: The ZIP is one part of several.
        TooManyEntries: There are more than `max_entries` entries.
    """
    end = _end(upload)
    if end.count > max_entries:
        raise TooManyEntries(end.count)
    max_size = min(end.directory_end, end.count * MAX_MEAN_ENTRY_BYTES)
    if not end.count * _ENTRY.size <= end.size <= max_size:
        raise DamagedDirectory
    start = end.directory_end - end.size
    upload.seek(start)
    directory = bytearray(upload.read(end.size))
    entries = list(itertools.islice(_entries(directory), end.count + 1))
    if len(entries) != end.count:
        raise DamagedDirectory
    for at, name_length in entries:
        _correct_encoding(directory, at, name_length)
    return FileWithDirectory(upload, start, bytes(directory))


def _end(upload: IO[bytes]) -> _End:
    size = upload.seek(0, os.SEEK_END)
    start = max(0, size - _LONGEST_COMMENT - _END.size - _LOCATOR.size - _END_OF_64.size)
    upload.seek(start)
    tail = upload.read()
    at = _find_end(tail)
    _, disk, first_disk, on_disk, count, directory, _, _ = _END.unpack_from(tail, at)
    wide = _wide_end(tail, at)
    if wide is not None:
        directory_end = start + at - _LOCATOR.size - _END_OF_64.size
        _, _, _, _, disk, first_disk, on_disk, count, directory, _ = wide
    else:
        directory_end = start + at
    if disk or first_disk:
        raise SplitZip
    if on_disk != count:
        raise DamagedDirectory
    return _End(count, directory, directory_end)


def _find_end(tail: bytes) -> int:
    """Find the end record as `zipfile` does: at the very end, or else the last complete record."""
    at = len(tail) - _END.size
    if at >= 0 and tail[at : at + 4] == b"PK\5\6" and tail.endswith(b"\0\0"):
        return at
    at = tail.rfind(b"PK\5\6", max(0, at - _LONGEST_COMMENT))
    if at < 0 or at + _END.size > len(tail):
        raise DamagedDirectory
    return at


def _wide_end(tail: bytes, at: int) -> tuple[int, ...] | None:
    """Return the end record of ZIP64 if there is one. It is before its locator and `at`."""
    locator = at - _LOCATOR.size
    wide = locator - _END_OF_64.size
    if locator < 0 or tail[locator : locator + 4] != b"PK\6\7":
        return None
    if _LOCATOR.unpack_from(tail, locator)[3] > 1:
        raise SplitZip
    if wide < 0 or tail[wide : wide + 4] != b"PK\6\6":
        raise DamagedDirectory
    return _END_OF_64.unpack_from(tail, wide)


def _entries(directory: bytearray) -> Iterator[tuple[int, int]]:
    """Yield the start of each entry, and the length of its name, in bytes.

    Raises:
        DamagedDirectory: An entry is incomplete or has a wrong signature.
    """
    at = 0
    while at < len(directory):
        try:
            signature, name_length, *other_lengths = _ENTRY.unpack_from(directory, at)
        except struct.error as error:
            raise DamagedDirectory from error
        if signature != b"PK\1\2":
            raise DamagedDirectory
        yield at, name_length
        at += _ENTRY.size + name_length + sum(other_lengths)


def _correct_encoding(directory: bytearray, at: int, name_length: int) -> None:
    """Remove the UTF-8 flag of an entry whose name isn't UTF-8."""
    try:
        directory[at + _ENTRY.size : at + _ENTRY.size + name_length].decode()
    except UnicodeDecodeError:
        directory[at + _UTF_8_BYTE] &= ~_IS_UTF_8
