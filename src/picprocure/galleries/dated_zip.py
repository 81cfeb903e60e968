"""A streamed ZIP whose entries have their own times."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, Final

from zipstream import ZIP_STORED, ZipStream, ZipStreamInfo

# Info-ZIP's "extended timestamp". Programs prefer it to the entry's own time, which has no zone and
# only even seconds.
_TIMESTAMP: Final = struct.Struct("<HHBi")
_TIMESTAMP_ID, _TIMESTAMP_BODY, _HAS_MODIFIED = 0x5455, 5, 1
_LATEST: Final = 2**31 - 1
_ORDINARY_FILE: Final = 0o600 << 16


class DatedZip(ZipStream):  # type: ignore[misc] # it has no types
    """A ZIP of known size without compression, whose entries keep their dates.

    zipstream dates each entry with the moment it is sent.
    """

    def __init__(self) -> None:
        super().__init__(sized=True, compress_type=ZIP_STORED)
        self._size_prog: tuple[int, int, int]
        self._times: dict[str, datetime] = {}

    def add_dated(
        self, content: Iterable[bytes], name: str, *, size: int, modified: datetime
    ) -> None:
        """Add an entry.

        Args:
            content: The bytes of the file.
            name: Its unique name in the archive.
            size: Its size in bytes.
            modified: Its date. Programs display it in this time zone.
        """
        self._times[name] = modified
        self.add(content, name, size=size)

    def _add_size_from_file(self, arcname: str, size: int) -> None:
        super()._add_size_from_file(arcname, size)
        if arcname in self._times:
            with self._size_lock:
                count, of_files, of_directory = self._size_prog
                self._size_prog = count, of_files + _TIMESTAMP.size, of_directory + _TIMESTAMP.size

    def _gen_file_entry(self, *, arcname: str, **entry: Any) -> Iterator[bytes]:
        modified = self._times.get(arcname)
        if modified is None:
            yield from super()._gen_file_entry(arcname=arcname, **entry)
            return
        info = ZipStreamInfo(arcname, modified.timetuple()[:6])
        info.extra = _timestamp(modified)
        info.external_attr = _ORDINARY_FILE
        info.file_size = entry["size"]
        info.compress_type = ZIP_STORED
        info.header_offset = self._pos
        for chunk in info._file_data(entry["iterable"]):  # noqa: SLF001
            yield self._track(chunk)
        if info.file_size != entry["size"]:
            raise RuntimeError(f"An entry has {info.file_size} bytes, not {entry['size']}.")
        self._filelist.append(info)


def _timestamp(modified: datetime) -> bytes:
    seconds = min(int(modified.timestamp()), _LATEST)
    return _TIMESTAMP.pack(_TIMESTAMP_ID, _TIMESTAMP_BODY, _HAS_MODIFIED, seconds)
