"""One directory of a TIFF file or of an EXIF block (TIFF 6.0; BigTIFF)."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from picprocure.imaging.errors import TooCostly
from picprocure.imaging.limits import MAX_TAGS, VALUES_TO_FILE

if TYPE_CHECKING:
    from collections.abc import Iterator

EXIF_PREFIX: Final = b"Exif\0\0"

_SIZES: Final = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4}
_SIZES_OF_BIG: Final = {16: 8, 17: 8, 18: 8}
_NUMBERS: Final = {1: "B", 3: "H", 4: "I", 13: "I", 16: "Q", 18: "Q"}


@dataclass(frozen=True, slots=True)
class _Form:
    """The layout of a directory.

    Attributes:
        order: The byte order, as `struct` writes it.
        count: The format of the number of entries.
        offset: The format of offsets and counts of values.
        first: Where the offset of the first directory is, in bytes.
        entry_bytes: The length of an entry.
        value_bytes: The length of the values that fit into an entry.
    """

    order: str
    count: str
    offset: str
    first: int
    entry_bytes: int
    value_bytes: int


_FORMS: Final = {
    b"II*\0": _Form("<", "H", "I", 4, 12, 4),
    b"MM\0*": _Form(">", "H", "I", 4, 12, 4),
    b"II+\0": _Form("<", "Q", "Q", 8, 20, 8),
    b"MM\0+": _Form(">", "Q", "Q", 8, 20, 8),
}


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of a directory.

    Attributes:
        tag: What the values mean.
        kind: The type of the values.
        count: How many values there should be.
        at: Where the values begin in the file.
        size: How many bytes of the values are in the file.
    """

    tag: int
    kind: int
    count: int
    at: int
    size: int


class Directory:
    """The first directory of a file; empty if there is none that can be read."""

    def __init__(self, content: bytes) -> None:
        """Read the entries.

        Raises:
            TooCostly: There are too many entries, or their values together are far larger than the
                file.
        """
        self._content = content
        self._form = _FORMS.get(content[:4])
        entries = list(self._read()) if self._form else []
        self.repeated = len({entry.tag for entry in entries}) < len(entries)
        self._entries = {entry.tag: entry for entry in reversed(entries)}
        if sum(entry.size for entry in entries) > VALUES_TO_FILE * len(content):
            raise TooCostly("its entries share the same bytes, which no camera does")

    def __bool__(self) -> bool:
        return bool(self._entries)

    def count(self, tag: int) -> int:
        """Return how many values a tag claims to have."""
        entry = self._entries.get(tag)
        return entry.count if entry else 0

    def numbers(self, tag: int, default: tuple[int, ...] = ()) -> tuple[int, ...]:
        """Return the integers of a tag that are in the file."""
        entry = self._entries.get(tag)
        form = _NUMBERS.get(entry.kind) if entry else None
        if entry is None or form is None or self._form is None:
            return default
        count = entry.size // struct.calcsize(f"={form}")
        return struct.unpack_from(f"{self._form.order}{count}{form}", self._content, entry.at)

    def number(self, tag: int, default: int) -> int:
        """Return the first integer of a tag."""
        return next(iter(self.numbers(tag)), default)

    def _read(self) -> Iterator[Entry]:
        form = self._form
        assert form is not None  # noqa: S101
        try:
            (at,) = struct.unpack_from(form.order + form.offset, self._content, form.first)
            (count,) = struct.unpack_from(form.order + form.count, self._content, at)
            at += struct.calcsize(f"={form.count}")
            if count > MAX_TAGS:
                raise TooCostly(f"its directory has {count:,} entries; the limit is {MAX_TAGS:,}")
            for index in range(count):
                yield self._entry(form, at + index * form.entry_bytes)
        except struct.error:
            return  # cut off: use what is there

    def _entry(self, form: _Form, at: int) -> Entry:
        layout = f"{form.order}HH{form.offset}{form.offset}"
        tag, kind, count, value = struct.unpack_from(layout, self._content, at)
        size = count * (_SIZES.get(kind) or _SIZES_OF_BIG.get(kind, 1))
        start = at + form.entry_bytes - form.value_bytes if size <= form.value_bytes else value
        return Entry(tag, kind, count, start, max(0, min(size, len(self._content) - start)))


def ensure_small_exif(block: bytes) -> None:
    """Raise TooCostly if reading an EXIF block would take too much."""
    Directory(block.removeprefix(EXIF_PREFIX))
