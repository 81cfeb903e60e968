"""What runs put into an output folder, so that a later one removes that and nothing else."""

from __future__ import annotations

import json
import stat
from dataclasses import asdict, dataclass, field
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, Final, Self

from picprocure.folders.errors import UnusableFolders
from picprocure.folders.names import shown
from picprocure.folders.state_folder import manifest_path
from picprocure.system.atomic_files import write_atomically

if TYPE_CHECKING:
    from pathlib import Path

VERSION: Final = 1

_MTIME_STEP_NS: Final = 2_000_000_000
"""FAT keeps times in steps of two seconds."""


@dataclass(frozen=True, slots=True)
class Placed:
    """How a file was put: as a link to ``target``, or as a copy of the content ``digest``.

    ``size`` in bytes and ``mtime_ns`` are the copy's.
    """

    target: str | None = None
    digest: str | None = None
    size: int = 0
    mtime_ns: int = 0

    def is_still_at(self, path: Path) -> bool:
        """Whether the file there is the one that was put, and nobody changed it."""
        try:
            status = path.lstat()
            if self.target is not None:
                return stat.S_ISLNK(status.st_mode) and str(path.readlink()) == self.target
        except OSError:
            return False
        is_as_old = abs(status.st_mtime_ns - self.mtime_ns) <= _MTIME_STEP_NS
        return stat.S_ISREG(status.st_mode) and status.st_size == self.size and is_as_old


@dataclass(slots=True)
class Manifest:
    """``files`` and ``folders`` by their path in the output folder, with forward slashes."""

    files: dict[str, Placed] = field(default_factory=dict)
    folders: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, out: Path) -> Self:
        """The empty one for a new folder. Raises ``UnusableFolders`` when it can't be read."""
        path = manifest_path(out)
        if not path.exists():
            return cls()
        try:
            return cls._from(json.loads(path.read_text(encoding="utf-8")))
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise UnusableFolders(
                f"{shown(str(path))} can't be read, so we can't tell which files in that folder "
                "come from an earlier run. Name a new folder for the results."
            ) from error

    @classmethod
    def _from(cls, written: dict[str, Any]) -> Self:
        if written["version"] != VERSION:
            raise ValueError(f"version {written['version']} is not known here")
        files = {name: Placed(**placed) for name, placed in written["files"].items()}
        folders = set(written["folders"])
        for name in (*files, *folders):
            _require_inside(name)
        return cls(files, folders)

    def write(self, out: Path) -> None:
        content = {
            "version": VERSION,
            "files": {name: asdict(placed) for name, placed in sorted(self.files.items())},
            "folders": sorted(self.folders),
        }
        # In ASCII: a name that is no text keeps its bytes.
        write_atomically(manifest_path(out), json.dumps(content, indent=1).encode("ascii"))


def _require_inside(name: str) -> None:
    """Whoever hands on an output folder must not have files elsewhere removed."""
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts:
        raise ValueError(f"{name} leads out of the folder")
