"""The hidden state folder that identifies an output folder."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

STATE_FOLDER: Final = ".picprocure"
MANIFEST: Final = "manifest.json"


def manifest_path(out: Path) -> Path:
    return out / STATE_FOLDER / MANIFEST


def is_output_folder(folder: Path) -> bool:
    """Return whether an earlier run delivered into this folder."""
    return manifest_path(folder).is_file()
