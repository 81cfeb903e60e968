"""What makes a folder ours: the corner in which a run keeps its own things."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

STATE_FOLDER: Final = ".picprocure"
MANIFEST: Final = "manifest.json"


def manifest_path(out: Path) -> Path:
    return out / STATE_FOLDER / MANIFEST


def is_output_folder(folder: Path) -> bool:
    """Whether an earlier run delivered into it."""
    return manifest_path(folder).is_file()
