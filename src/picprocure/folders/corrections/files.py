"""`decisions.json` in the output folder: read at the start of a run, and written with what is new.

A file that can't be read stops the run before it changes anything, and is never written over.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from picprocure.folders.corrections.entries import BadEntries, parse, written
from picprocure.folders.corrections.settling import settle
from picprocure.folders.errors import UnusableFolders
from picprocure.folders.names import printable
from picprocure.folders.state_folder import STATE_FOLDER
from picprocure.system.atomic_files import write_atomically

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from picprocure.folders.corrections.settling import Settled
    from picprocure.folders.corrections.types import Correction

FILE: Final = "decisions.json"
MAX_BYTES: Final = 50_000_000

_RESTORED: Final = (
    f"{FILE} was missing, so the decisions of the last run were used, and it was written again. To "
    f"forget them, delete {FILE} and {STATE_FOLDER}/{FILE}."
)
_CHANGED: Final = (
    f"{FILE} was changed during this run. What was added to it is kept, and counts from the next "
    "run on: run the command again."
)


@dataclass(slots=True)
class StoredCorrections:
    """The decisions of an output folder, as a run found them.

    Attributes:
        corrections: What was decided so far.
        notices: What the person who sorts should know about the files.
    """

    out: Path
    corrections: list[Correction] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    _content: bytes | None = None

    @classmethod
    def of(cls, out: Path, more: Iterable[Path] = ()) -> StoredCorrections:
        """Read the decisions of an output folder, and those of other files.

        In the folder, each file whose name begins with `decisions` is read, as browsers number the
        files that they save. A page knows only the decisions of its own run. So if it saved one of
        the files, the decisions of the last run are read, too.

        Raises:
            UnusableFolders: A file can't be read.
        """
        stored = cls(out)
        main = out / FILE
        is_by_page = False
        for path in [*_decision_files(out), *more]:
            content = _read(path)
            corrections, is_own_by_page = _parsed(path, content)
            stored.corrections += corrections
            is_by_page |= is_own_by_page
            if path == main:
                stored._content = content
            elif path.parent == out:
                stored.notices.append(
                    f"{printable(path.name)} was read, too. Its decisions are in {FILE} now, so "
                    "you can delete it."
                )
        backup = out / STATE_FOLDER / FILE
        is_missing = stored._content is None
        if (is_missing or is_by_page) and backup.is_file():
            last, _ = _parsed(backup, _read(backup))
            stored.corrections += last
            if is_missing and any(one.undone is None for one in last):
                stored.notices.append(_RESTORED)
        return stored

    def write(self, settled: Settled) -> None:
        """Write the decisions. A file that was changed since it was read keeps what was added.

        Raises:
            UnusableFolders: The file was changed, and can't be read now.
            OSError: It can't be written.
        """
        path = self.out / FILE
        current = _read(path) if path.exists() else None
        if current is not None and current != self._content:
            self.notices.append(_CHANGED)
            settled = settle([*settled.all, *_parsed(path, current)[0]])
        content = written(settled.all)
        if content != current and (settled.all or current is not None):
            write_atomically(path, content, is_durable=True)
        backup = self.out / STATE_FOLDER / FILE
        if settled.all or backup.exists():
            write_atomically(backup, content)


def is_decisions_file(name: str) -> bool:
    """Return whether a file of this name in the output folder is read as decisions."""
    folded = name.casefold()
    return folded.startswith("decisions") and folded.endswith(".json")


def _decision_files(out: Path) -> list[Path]:
    if not out.is_dir():
        return []
    return sorted(
        path for path in out.iterdir() if is_decisions_file(path.name) and not path.is_dir()
    )


def _read(path: Path) -> bytes:
    name = printable(str(path))
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise UnusableFolders(
                f"{name} has {size:,} bytes; the limit is {MAX_BYTES:,}. Move it away, or name the "
                "right file. Nothing was changed."
            )
        return path.read_bytes()
    except OSError as error:
        raise UnusableFolders(
            f"{name} can't be read: {error.strerror}. Without it, people might get photos that you "
            "took from them, so nothing was changed."
        ) from error


def _parsed(path: Path, content: bytes) -> tuple[list[Correction], bool]:
    try:
        return parse(content)
    except BadEntries as problem:
        raise UnusableFolders(
            f"{printable(str(path))} can't be used: {printable(str(problem))}. Correct it, or move "
            "it away to use the decisions of the last run. Nothing was changed."
        ) from problem
