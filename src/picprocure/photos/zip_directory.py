"""The directory at the end of a ZIP, checked before a library reads all of it.

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
_UTF_8_BYTE, _IS_UTF_8 = 9, 0x08  # of an entry's flags

BYTES_OF_AN_ENTRY: Final = 1_024
"""Average bytes of an entry, with its name. Most take 46 and the name."""


class DamagedDirectory(Exception):
    """The directory is missing or contradicts itself."""


class SplitZip(Exception):
    """The ZIP is one part of several."""


class TooManyEntries(Exception):
    """`count` comes from the end of the ZIP."""

    def __init__(self, count: int) -> None:
        self.count = count
        super().__init__(f"{count:,} entries")


@dataclass(frozen=True, slots=True)
class _End:
    """`before` is where the directory must have ended."""

    count: int
    size: int
    before: int


class WithDirectory:
    """A readable file with a replaced directory."""

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
        middle = self._directory[max(0, at - self._start) : at + len(content) - self._start]
        before = content[: max(0, self._start - at)]
        return before + middle + content[len(before) + len(middle) :]


def checked_directory(upload: IO[bytes], *, max_entries: int) -> WithDirectory:
    """Return the file with a directory that the library can read.

    One name that is marked as UTF-8 and isn't must not make all entries unreadable.

    Raises DamagedDirectory, SplitZip and TooManyEntries.
    """
    end = _end(upload)
    if end.count > max_entries:
        raise TooManyEntries(end.count)
    if not end.count * _ENTRY.size <= end.size <= min(end.before, end.count * BYTES_OF_AN_ENTRY):
        raise DamagedDirectory
    start = end.before - end.size
    upload.seek(start)
    directory = bytearray(upload.read(end.size))
    places = list(itertools.islice(_places(directory), end.count + 1))
    if len(places) != end.count:
        raise DamagedDirectory
    for at, length in places:
        _correct_encoding(directory, at, length)
    return WithDirectory(upload, start, bytes(directory))


def _end(upload: IO[bytes]) -> _End:
    size = upload.seek(0, os.SEEK_END)
    start = max(0, size - _LONGEST_COMMENT - _END.size - _LOCATOR.size - _END_OF_64.size)
    upload.seek(start)
    tail = upload.read()
    at = _place_of_end(tail)
    _, disk, first_disk, on_disk, count, directory, _, _ = _END.unpack_from(tail, at)
    wide = _wide_end(tail, at)
    if wide is not None:
        before = start + at - _LOCATOR.size - _END_OF_64.size
        _, _, _, _, disk, first_disk, on_disk, count, directory, _ = wide
    else:
        before = start + at
    if disk or first_disk:
        raise SplitZip
    if on_disk != count:
        raise DamagedDirectory
    return _End(count, directory, before)


def _place_of_end(tail: bytes) -> int:
    """Find the end record as `zipfile` does: at the very end, or else the last complete one."""
    at = len(tail) - _END.size
    if at >= 0 and tail[at : at + 4] == b"PK\5\6" and tail.endswith(b"\0\0"):
        return at
    at = tail.rfind(b"PK\5\6", max(0, at - _LONGEST_COMMENT))
    if at < 0 or at + _END.size > len(tail):
        raise DamagedDirectory
    return at


def _wide_end(tail: bytes, at: int) -> tuple[int, ...] | None:
    """Return the end record of ZIP64, which comes before the other, with its locator."""
    locator = at - _LOCATOR.size
    wide = locator - _END_OF_64.size
    if locator < 0 or tail[locator : locator + 4] != b"PK\6\7":
        return None
    if _LOCATOR.unpack_from(tail, locator)[3] > 1:
        raise SplitZip
    if wide < 0 or tail[wide : wide + 4] != b"PK\6\6":
        raise DamagedDirectory
    return _END_OF_64.unpack_from(tail, wide)


def _places(directory: bytearray) -> Iterator[tuple[int, int]]:
    """Yield where each entry begins, and the length of its name."""
    at = 0
    while at < len(directory):
        try:
            signature, name, *others = _ENTRY.unpack_from(directory, at)
        except struct.error as error:
            raise DamagedDirectory from error
        if signature != b"PK\1\2":
            raise DamagedDirectory
        yield at, name
        at += _ENTRY.size + name + sum(others)


def _correct_encoding(directory: bytearray, at: int, length: int) -> None:
    try:
        directory[at + _ENTRY.size : at + _ENTRY.size + length].decode()
    except UnicodeDecodeError:
        directory[at + _UTF_8_BYTE] &= ~_IS_UTF_8
