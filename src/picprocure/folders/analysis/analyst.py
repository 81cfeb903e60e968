"""From files to analyses: what is known is taken from the cache, the rest is looked at."""

from __future__ import annotations

from collections import deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from hashlib import file_digest
from typing import TYPE_CHECKING, Final

from picprocure.folders.analysis.thumbnails import face_name, thumbnail_name
from picprocure.folders.analysis.types import Job, Kind
from picprocure.imaging.loading import MAX_FILE_BYTES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from concurrent.futures import Future
    from pathlib import Path

    from picprocure.faces.types import Box
    from picprocure.folders.analysis.cache import AnalysisCache
    from picprocure.folders.analysis.types import Analysis
    from picprocure.folders.analysis.worker_pool import Workers
    from picprocure.folders.search import PhotoFile

HASHING_THREADS: Final = 4
LOOK_AHEAD: Final = 16
"""Photos hashed before they are looked at: few enough that they are still in memory then."""


@dataclass(slots=True)
class Analyses:
    """``digests`` and ``problems`` by file name, ``found`` by digest; ``new`` were looked at."""

    digests: dict[str, str] = field(default_factory=dict)
    problems: dict[str, str] = field(default_factory=dict)
    found: dict[str, Analysis] = field(default_factory=dict)
    new: int = 0

    def error_of(self, name: str) -> str | None:
        if name in self.problems:
            return self.problems[name]
        return self.found[self.digests[name]].error


@dataclass(frozen=True, slots=True)
class Analyst:
    """``pictures`` is the folder for small pictures, where any are wanted."""

    workers: Workers
    cache: AnalysisCache
    pictures: Path | None = None

    def analyze(
        self, files: Sequence[PhotoFile], kind: Kind, *, on_done: Callable[[int], None]
    ) -> Analyses:
        """Equal contents are looked at once. ``on_done`` hears how many files are done now."""
        result = Analyses()
        waiting: dict[str, int] = {}
        jobs = self._jobs(files, kind, result, waiting, on_done)
        for job, analysis in self.workers.run(jobs):
            result.found[job.digest] = analysis
            result.new += 1
            self.cache.put(kind, job.digest, analysis)
            on_done(waiting.pop(job.digest))
        return result

    def _jobs(
        self,
        files: Sequence[PhotoFile],
        kind: Kind,
        result: Analyses,
        waiting: dict[str, int],
        on_done: Callable[[int], None],
    ) -> Iterator[Job]:
        for file, digest in _hashed(files):
            if isinstance(digest, _Unreadable):
                result.problems[file.name] = str(digest)
                on_done(1)
                continue
            result.digests[file.name] = digest
            if digest in waiting:
                waiting[digest] += 1
            elif digest in result.found or self._is_known(kind, digest, result):
                on_done(1)
            else:
                waiting[digest] = 1
                yield Job(kind, file.name, file.path, digest, self.pictures)

    def _is_known(self, kind: Kind, digest: str, result: Analyses) -> bool:
        known = self.cache.get(kind, digest)
        if known is not None:
            result.found[digest] = known
        return known is not None

    def draw_missing(self, wanted: Mapping[str, Iterable[Box]], paths: Mapping[str, Path]) -> None:
        """See that there are small pictures of photos and of faces in them, and no others.

        Both are by digest. What can't be drawn is left out.
        """
        folder = self.pictures
        if folder is None:
            return
        names = {
            digest: [thumbnail_name(digest), *(face_name(digest, box) for box in boxes)]
            for digest, boxes in wanted.items()
        }
        here = {path.name for path in folder.iterdir()}
        jobs = [
            Job(Kind.PICTURES, digest, paths[digest], digest, folder, tuple(wanted[digest]))
            for digest, files in names.items()
            if not here.issuperset(files)
        ]
        for _ in self.workers.run(jobs):
            pass
        for superfluous in here.difference(*names.values()):
            (folder / superfluous).unlink()


class _Unreadable(Exception):
    pass


def _hashed(files: Sequence[PhotoFile]) -> Iterator[tuple[PhotoFile, str | _Unreadable]]:
    """Every file with the SHA-256 of its content, a little ahead of whoever asks."""
    ahead: deque[tuple[PhotoFile, Future[str]]] = deque()
    pool = ThreadPoolExecutor(HASHING_THREADS)
    try:
        for file in files:
            ahead.append((file, pool.submit(_digest, file)))
            if len(ahead) > LOOK_AHEAD:
                yield _outcome(*ahead.popleft())
        while ahead:
            yield _outcome(*ahead.popleft())
    finally:
        pool.shutdown(cancel_futures=True)


def _outcome(file: PhotoFile, future: Future[str]) -> tuple[PhotoFile, str | _Unreadable]:
    try:
        return file, future.result()
    except _Unreadable as problem:
        return file, problem


def _digest(file: PhotoFile) -> str:
    try:
        size = file.path.stat().st_size
        if size > MAX_FILE_BYTES:
            raise _Unreadable(
                f"{file.name} has {size:,} bytes; the limit is {MAX_FILE_BYTES:,}. "
                "Export it smaller and try again."
            )
        with file.path.open("rb") as content:
            return file_digest(content, "sha256").hexdigest()
    except OSError as error:
        raise _Unreadable(f"{file.name} can't be read: {error.strerror}.") from error
