"""A folder of photos and a folder of people, sorted by a fast fake engine."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

import fakes
from picprocure.folders import run
from picprocure.folders.analysis.cache import AnalysisCache
from picprocure.folders.analysis.types import Analysis, EngineChoice, Job
from picprocure.folders.analysis.worker import analyze
from picprocure.folders.outcome import Outcome
from picprocure.folders.output.delivery import Delivery, output_folder
from picprocure.folders.run import RunOptions, sort_folders

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

    def deliver(self, *, copy: bool = False) -> tuple[Outcome, Delivery]:
        options = RunOptions(ENGINE, AnalysisCache(None), workers=1)
        with output_folder(self.out) as folder:
            outcome = sort_folders(
                self.photos,
                self.people,
                options,
                excluded=[self.out],
                thumbnail_folder=folder.thumbnail_folder,
            )
            return outcome, folder.deliver(outcome, copy=copy)

    def output_files(self) -> list[str]:
        """Return the files that a user sees in the output folder."""
        return sorted(
            path.relative_to(self.out).as_posix()
            for path in self.out.rglob("*")
            if ".picprocure" not in path.parts and (path.is_symlink() or not path.is_dir())
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
