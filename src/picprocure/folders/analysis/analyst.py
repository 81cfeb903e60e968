"""Analysis of photo files: known results come from the cache, the rest from worker processes."""

from __future__ import annotations

from collections import deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from hashlib import file_digest
from typing import TYPE_CHECKING, Final

from picprocure.folders.analysis.thumbnail_names import face_name, thumbnail_name
from picprocure.folders.analysis.types import Job, Kind
from picprocure.imaging.limits import MAX_FILE_BYTES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
    from concurrent.futures import Future
    from pathlib import Path

    from picprocure.faces.types import Box
    from picprocure.folders.analysis.cache import AnalysisCache
    from picprocure.folders.analysis.types import Analysis
    from picprocure.folders.analysis.worker_pool import Workers
    from picprocure.folders.search import PhotoFile

HASHING_THREADS: Final = 4
LOOK_AHEAD: Final = 16
"""Photos hashed ahead of the analysis: few enough that they are still in the page cache then."""


@dataclass(slots=True)
class Analyses:
    """The results of an analysis.

    Attributes:
        digests: The SHA-256 of each file's content, by file name.
        problems: Why a file can't be used, by file name.
        by_digest: The analysis of each content.
        newly_analyzed: The number of contents that were not in the cache.
    """

    digests: dict[str, str] = field(default_factory=dict)
    problems: dict[str, str] = field(default_factory=dict)
    by_digest: dict[str, Analysis] = field(default_factory=dict)
    newly_analyzed: int = 0

    def error_of(self, name: str) -> str | None:
        """Return why this file has no analysis, or None if it has one."""
        if name in self.problems:
            return self.problems[name]
        return self.by_digest[self.digests[name]].error


@dataclass(frozen=True, slots=True)
class Analyst:
    """Analyzes files and writes their thumbnails.

    Attributes:
        thumbnail_folder: The folder for thumbnails, if they are wanted.
    """

    workers: Workers
    cache: AnalysisCache
    thumbnail_folder: Path | None = None

    def analyze(
        self, files: Sequence[PhotoFile], kind: Kind, *, on_done: Callable[[int], None]
    ) -> Analyses:
        """Analyze each distinct content once.

        Args:
            files: The files to analyze.
            kind: Whether the files are photos or references.
            on_done: Called with the number of files that have been completed since the last call.
        """
        result = Analyses()
        pending: dict[str, int] = {}
        jobs = self._jobs(files, kind, result, pending, on_done)
        for job, analysis in self.workers.run(jobs):
            result.by_digest[job.digest] = analysis
            result.newly_analyzed += 1
            self.cache.put(kind, job.digest, analysis)
            on_done(pending.pop(job.digest))
        return result

    def _jobs(
        self,
        files: Sequence[PhotoFile],
        kind: Kind,
        result: Analyses,
        pending: dict[str, int],
        on_done: Callable[[int], None],
    ) -> Iterator[Job]:
        for file, digest in _hash_ahead(files):
            if isinstance(digest, _Unreadable):
                result.problems[file.name] = str(digest)
                on_done(1)
                continue
            result.digests[file.name] = digest
            if digest in pending:
                pending[digest] += 1
            elif digest in result.by_digest or self._load_cached(kind, digest, result):
                on_done(1)
            else:
                pending[digest] = 1
                yield Job(kind, file.name, file.path, digest, self.thumbnail_folder)

    def _load_cached(self, kind: Kind, digest: str, result: Analyses) -> bool:
        cached = self.cache.get(kind, digest)
        if cached is not None:
            result.by_digest[digest] = cached
        return cached is not None

    def write_missing_thumbnails(
        self,
        photos: Set[str],
        boxes: Mapping[str, Iterable[Box]],
        paths: Mapping[str, Path],
        turns: Mapping[str, int],
    ) -> None:
        """Write the missing thumbnails of photos and faces, and delete all others in the folder.

        A thumbnail that can't be written is skipped.

        Args:
            photos: The digests of the photos that need a thumbnail.
            boxes: The faces that need a thumbnail, by the photo's digest.
            paths: The photo files, by digest.
            turns: The turns of photos that are not upright, by digest.
        """
        folder = self.thumbnail_folder
        if folder is None:
            return
        existing = {path.name for path in folder.iterdir()}
        missing_photos = {digest for digest in photos if thumbnail_name(digest) not in existing}
        missing_boxes = {
            digest: tuple(box for box in own if face_name(digest, box) not in existing)
            for digest, own in boxes.items()
        }
        jobs = [
            Job(
                *(Kind.THUMBNAILS, digest, paths[digest], digest, folder),
                boxes=missing_boxes.get(digest, ()),
                is_photo_missing=digest in missing_photos,
                turn=turns.get(digest, 0),
            )
            for digest in paths
            if digest in missing_photos or missing_boxes.get(digest)
        ]
        for _ in self.workers.run(jobs):
            pass
        used = {thumbnail_name(digest) for digest in photos}
        used.update(face_name(digest, box) for digest, own in boxes.items() for box in own)
        for unused in existing - used:
            (folder / unused).unlink()


class _Unreadable(Exception):
    pass


def _hash_ahead(files: Sequence[PhotoFile]) -> Iterator[tuple[PhotoFile, str | _Unreadable]]:
    """Yield each file with the SHA-256 of its content, hashing a few files ahead of the caller."""
    ahead: deque[tuple[PhotoFile, Future[str]]] = deque()
    pool = ThreadPoolExecutor(HASHING_THREADS)
    try:
        for file in files:
            ahead.append((file, pool.submit(_digest, file)))
            if len(ahead) > LOOK_AHEAD:
                yield _result_of(*ahead.popleft())
        while ahead:
            yield _result_of(*ahead.popleft())
    finally:
        pool.shutdown(cancel_futures=True)


def _result_of(file: PhotoFile, future: Future[str]) -> tuple[PhotoFile, str | _Unreadable]:
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
