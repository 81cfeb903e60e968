"""Local files, without the empty folders that Django's own storage would leave."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from django.core.files.storage import FileSystemStorage


class LocalFiles(FileSystemStorage):
    def delete(self, name: str) -> None:
        """Delete a file, and the folders above it that are empty then."""
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
        for folder, _, names in os.walk(self.location):
            path = Path(folder).relative_to(self.location)
            yield [(path / name).as_posix() for name in names]
