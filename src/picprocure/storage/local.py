"""Local files, without the empty folders that Django's own storage leaves behind."""

from __future__ import annotations

import contextlib
from pathlib import Path

from django.core.files.storage import FileSystemStorage


class LocalFiles(FileSystemStorage):
    def delete(self, name: str) -> None:
        """Remove a file, and the folders above it that it leaves empty."""
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
