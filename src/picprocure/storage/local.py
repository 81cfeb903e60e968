"""Local files, without the empty folders that Django's own storage would leave."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.files import File
from django.core.files.storage import FileSystemStorage

from picprocure.storage.errors import StoreUnavailable


class LocalFiles(FileSystemStorage):
    """Files of one machine, or in a folder that several machines share.

    If a shared folder is missing, all methods raise StoreUnavailable. Otherwise, photos would look
    deleted, and new ones would be written to this machine's own disk.
    """

    def __init__(self, *, is_shared: bool = False, **options: Any) -> None:
        super().__init__(**options)
        self._is_shared = is_shared

    def exists(self, name: str) -> bool:
        self._ensure_mounted()
        return super().exists(name)

    def _open(self, name: str, mode: str = "rb") -> File[bytes]:
        self._ensure_mounted()
        opened: File[bytes] = super()._open(name, mode)  # type: ignore[misc]
        return opened

    def _save(self, name: str, content: File[bytes]) -> str:
        self._ensure_mounted()
        return str(super()._save(name, content))  # type: ignore[misc]

    def listdir(self, path: str) -> tuple[list[str], list[str]]:
        self._ensure_mounted()
        return super().listdir(path)

    def delete(self, name: str) -> None:
        """Delete a file, and the folders above it that are empty then."""
        self._ensure_mounted()
        super().delete(name)
        top = Path(self.location)
        for folder in Path(self.path(name)).parents:
            if folder == top:
                return
            with contextlib.suppress(FileNotFoundError):
                try:
                    folder.rmdir()
                except OSError:  # not empty
                    return

    def key_pages(self) -> Iterator[list[str]]:
        """Yield the keys of all files, those of one folder at a time."""
        self._ensure_mounted()
        for folder, _, names in os.walk(self.location):
            path = Path(folder).relative_to(self.location)
            yield [(path / name).as_posix() for name in names]

    def _ensure_mounted(self) -> None:
        if self._is_shared and not Path(self.location).is_dir():
            raise StoreUnavailable("The shared folder of files is missing. Is it mounted?")
