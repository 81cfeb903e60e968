"""A folder of photos and a folder of people, sorted by a fast fake engine."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import fakes
from picprocure.folders import run
from picprocure.folders.analysis.cache import AnalysisCache
from picprocure.folders.analysis.types import Analysis, EngineChoice, Job
from picprocure.folders.analysis.worker import analyze
from picprocure.folders.corrections.files import StoredCorrections
from picprocure.folders.outcome import Outcome
from picprocure.folders.output.delivery import Delivery, output_folder
from picprocure.folders.people import find_people
from picprocure.folders.run import RunOptions, UserInput, sort_folders

ENGINE = EngineChoice(
    fakes.StripeEngine, fakes.StripeEngine.version, {"detector": "stripes", "embedder": "stripes"}
)


class InProcessWorkers:
    """Workers that analyze the photos in this process."""

    def __init__(self, make_engine: object, count: int) -> None:
        self._engine = fakes.StripeEngine()

    def __enter__(self) -> InProcessWorkers:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def run(self, jobs: Iterable[Job]) -> Iterator[tuple[Job, Analysis]]:
        for job in jobs:
            yield job, analyze(self._engine, job)


@dataclass
class Folders:
    """Bob is in two photos, Charlie in none, and strangers in the third."""

    root: Path

    @property
    def photos(self) -> Path:
        return self.root / "photos"

    @property
    def people(self) -> Path:
        return self.root / "people"

    @property
    def out(self) -> Path:
        return self.root / "out"

    def add_photo(self, name: str, *people: tuple[int, int, int], serial: int = 0) -> Path:
        return self._write(self.photos / name, fakes.stripes(*people, serial=serial))

    def add_person(self, name: str, color: tuple[int, int, int], serial: int = 0) -> Path:
        return self._write(self.people / name, fakes.portrait(color, serial))

    def _write(self, path: Path, content: bytes) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return path

    def sort(self, *, cache: AnalysisCache | None = None) -> Outcome:
        options = RunOptions(ENGINE, cache or AnalysisCache(None), workers=1)
        return sort_folders(self.photos, self.people, options, excluded=[self.out])

    def deliver(
        self,
        *,
        copy: bool = False,
        engine: EngineChoice = ENGINE,
        decisions: Sequence[Path] = (),
    ) -> tuple[Outcome, Delivery]:
        """Sort into the output folder as the command does, with a page."""
        options = RunOptions(engine, AnalysisCache(None), workers=1)
        with output_folder(self.out) as folder:
            stored = StoredCorrections.of(self.out, decisions)
            names = [person.name for person in find_people(self.people)]
            outcome = sort_folders(
                self.photos,
                self.people,
                options,
                excluded=[self.out],
                thumbnail_folder=folder.thumbnail_folder,
                user=UserInput(tuple(stored.corrections), folder.changes_by_hand(names)),
            )
            stored.write(outcome.settled)
            outcome.folder_notices.extend(stored.notices)
            return outcome, folder.deliver(outcome, copy=copy)

    def decisions(self) -> list[dict[str, Any]]:
        """Return the entries of the file of decisions, without those that don't stand."""
        path = self.out / "decisions.json"
        entries = json.loads(path.read_text())["decisions"] if path.exists() else []
        return [entry for entry in entries if "undone" not in entry]

    def answers(self) -> list[tuple[str, str, str]]:
        """Return the photo, the answer and the person of each standing decision."""
        return [(one["photo"], one["answer"], one.get("person", "")) for one in self.decisions()]

    def output_files(self) -> list[str]:
        """Return the files that a user sees in the output folder."""
        return sorted(
            path.relative_to(self.out).as_posix()
            for path in self.out.rglob("*")
            if ".picprocure" not in path.parts
            and path.name not in {"decisions.json", "index.html"}
            and (path.is_symlink() or not path.is_dir())
        )


@pytest.fixture
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Folders:
    monkeypatch.setattr(run, "Workers", InProcessWorkers)
    folders = Folders(tmp_path)
    folders.add_person("Bob.png", fakes.BOB)
    folders.add_person("Charlie.png", fakes.CHARLIE)
    folders.add_photo("1.png", fakes.BOB, fakes.STRANGER, serial=1)
    folders.add_photo("deep/2.png", fakes.BOB, serial=2)
    folders.add_photo("3.png", fakes.OTHER_STRANGER, serial=3)
    return folders
