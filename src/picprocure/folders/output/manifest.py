"""The record of the files that runs wrote into an output folder.

A later run removes only the files that are listed here.
"""

from __future__ import annotations

import json
import stat
from dataclasses import asdict, dataclass, field
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, Final, Self

from picprocure.folders.errors import UnusableFolders
from picprocure.folders.names import printable
from picprocure.folders.state_folder import manifest_path
from picprocure.system.atomic_files import write_atomically

if TYPE_CHECKING:
    from pathlib import Path

VERSION: Final = 1

_MTIME_STEP_NS: Final = 2_000_000_000
"""FAT stores modification times in steps of two seconds."""


@dataclass(frozen=True, slots=True)
class DeliveredFile:
    """A file in the output folder, as a run wrote it.

    Attributes:
        target: The target of the link, or None for a copy.
        digest: The SHA-256 of the content that was copied or linked to.
        size: The size of the copy in bytes.
        mtime_ns: The modification time of the copy.
        is_named: Whether the user chose the file's name or subfolder. Later runs keep it.
    """

    target: str | None = None
    digest: str | None = None
    size: int = 0
    mtime_ns: int = 0
    is_named: bool = False

    def is_unchanged_at(self, path: Path) -> bool:
        """Return whether the file at this path is still the one that the run wrote."""
        try:
            status = path.lstat()
            if self.target is not None:
                return stat.S_ISLNK(status.st_mode) and str(path.readlink()) == self.target
        except OSError:
            return False
        has_same_time = abs(status.st_mtime_ns - self.mtime_ns) <= _MTIME_STEP_NS
        return stat.S_ISREG(status.st_mode) and status.st_size == self.size and has_same_time


@dataclass(slots=True)
class Manifest:
    """The delivered files and the created folders.

    Paths are relative to the output folder, with forward slashes.

    Attributes:
        pending: The files that a run was about to write or remove. If it was interrupted, it isn't
            known whether they are there. The absence of all others was caused by the user.
    """

    files: dict[str, DeliveredFile] = field(default_factory=dict)
    folders: set[str] = field(default_factory=set)
    pending: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, out: Path) -> Self:
        """Read the manifest of an output folder. A new folder has an empty one.

        Raises:
            UnusableFolders: The manifest can't be read.
        """
        path = manifest_path(out)
        if not path.exists():
            return cls()
        try:
            return cls._from(json.loads(path.read_text(encoding="utf-8")))
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise UnusableFolders(
                f"{printable(str(path))} can't be read, so we can't tell which files in that "
                "folder come from an earlier run. Name a new folder for the results."
            ) from error

    @classmethod
    def _from(cls, content: dict[str, Any]) -> Self:
        if content["version"] != VERSION:
            raise ValueError(f"version {content['version']} is not known here")
        files = {name: DeliveredFile(**file) for name, file in content["files"].items()}
        folders, pending = set(content["folders"]), set(content.get("pending", ()))
        for name in (*files, *folders):
            _require_inside(name)
        return cls(files, folders, pending)

    def write(self, out: Path) -> None:
        content = {
            "version": VERSION,
            "files": {name: asdict(file) for name, file in sorted(self.files.items())},
            "folders": sorted(self.folders),
            "pending": sorted(self.pending),
        }
        # ASCII keeps the bytes of names that can't be decoded.
        write_atomically(manifest_path(out), json.dumps(content, indent=1).encode("ascii"))


def _require_inside(name: str) -> None:
    """Refuse a path that leads out of the folder.

    A manifest may come from another person, and must not cause files elsewhere to be deleted.
    """
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts:
        raise ValueError(f"{name} leads out of the folder")
