"""A run: analyze photos and people, and decide who is in which photo."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from picprocure.faces.enrollment.agreement import at_odds
from picprocure.faces.thresholds import ONE_WRONG_IN, thresholds_of
from picprocure.faces.types import turn_of_faces
from picprocure.folders.analysis.analyst import Analyst
from picprocure.folders.analysis.types import Kind
from picprocure.folders.analysis.worker_pool import Workers
from picprocure.folders.corrections.by_hand import MachineFace, corrections_of, moves_in
from picprocure.folders.corrections.entries import now
from picprocure.folders.corrections.settling import settle
from picprocure.folders.corrections.types import FolderChanges
from picprocure.folders.decisions import decide, position
from picprocure.folders.outcome import Outcome, Reference, SortedPerson, SortedPhoto, Timing
from picprocure.folders.people import find_people
from picprocure.folders.search import find_photos

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from picprocure.faces.thresholds import Thresholds
    from picprocure.faces.types import Box, Embeddings
    from picprocure.folders.analysis.analyst import Analyses
    from picprocure.folders.analysis.cache import AnalysisCache
    from picprocure.folders.analysis.types import Analysis, EngineChoice
    from picprocure.folders.corrections.settling import Settled
    from picprocure.folders.corrections.types import Correction
    from picprocure.folders.decisions import Decisions
    from picprocure.folders.people import PersonFiles
    from picprocure.folders.search import FolderScan


@dataclass(frozen=True, slots=True)
class RunOptions:
    """What a run uses.

    Attributes:
        engine: How processes create the engine.
        cache: The results of earlier runs.
        workers: The number of processes.
        max_wrong_share: The share of delivered photos that may be wrong.
    """

    engine: EngineChoice
    cache: AnalysisCache
    workers: int
    max_wrong_share: float = 1 / ONE_WRONG_IN

    @property
    def thresholds(self) -> Thresholds:
        """The matching thresholds for the engine."""
        return replace(thresholds_of(self.engine.version), max_wrong_share=self.max_wrong_share)


@dataclass(slots=True)
class Progress:
    """Callbacks for a progress display.

    Attributes:
        on_start: Called once with the total number of files.
        on_done: Called with the number of files that have been completed since the last call.
    """

    on_start: Callable[[int], None] = field(default=lambda _: None)
    on_done: Callable[[int], None] = field(default=lambda _: None)


@dataclass(frozen=True, slots=True)
class UserInput:
    """What the user decided.

    Attributes:
        corrections: The decisions of the output folder.
        changes: What the user changed in the output folder since the last run.
    """

    corrections: tuple[Correction, ...] = ()
    changes: FolderChanges = field(default_factory=FolderChanges)


def sort_folders(
    photos: Path,
    people: Path | None,
    options: RunOptions,
    *,
    excluded: Iterable[Path] = (),
    thumbnail_folder: Path | None = None,
    progress: Progress | None = None,
    user: UserInput | None = None,
) -> Outcome:
    """Decide who is in which photo. Without `people`, only detect and cluster faces.

    Nothing is written but the cache and the thumbnails.

    Args:
        photos: The folder of photos.
        people: The folder of people, if any.
        options: The engine, cache, number of processes and thresholds.
        excluded: Folders in which to search for no photos.
        thumbnail_folder: The folder for thumbnails, if they are wanted.
        progress: Callbacks for a progress display.
        user: What the user decided.

    Raises:
        FoldersError: The people can't be used, or the analysis processes can't work.
    """
    start = time.monotonic()
    progress = progress or Progress()
    persons = find_people(people) if people else []
    scan = find_photos(photos, excluded=[*excluded, *([people] if people else [])])
    files = [file for person in persons for file in person.references]
    progress.on_start(len(files) + len(scan.photos))
    with Workers(options.engine.make, options.workers) as workers:
        analyst = Analyst(workers, options.cache, thumbnail_folder)
        references = analyst.analyze(files, Kind.REFERENCE, on_done=progress.on_done)
        _reject_mismatched_references(persons, references, options.thresholds)
        analyses = analyst.analyze(scan.photos, Kind.PHOTO, on_done=progress.on_done)
        analyzed = time.monotonic()
        decider = _Decider(persons, references, analyses, options.thresholds)
        settled, recorded, notices = decider.settle(user or UserInput())
        decisions = decider.decide(settled)
        decided = time.monotonic()
        sorted_people = [_person(person, references, analyses, decisions) for person in persons]
        sorted_photos = _photos(scan, analyses, decisions)
        reference_paths = {file.name: file.path for file in files}
        _write_thumbnails(analyst, sorted_people, sorted_photos, reference_paths)
    return Outcome(
        people=sorted_people,
        photos=sorted_photos,
        engine=options.engine,
        thresholds=options.thresholds,
        limits=decisions.limits,
        held_back=decisions.held_back,
        similar_photos=_names(decisions.similar_photos, analyses),
        same_face=decisions.same_face,
        settled=settled,
        corrections=decisions.corrections,
        recorded=recorded,
        folder_notices=notices,
        timing=Timing(time.monotonic() - start, analyzed - start, decided - analyzed),
        newly_analyzed=analyses.newly_analyzed,
        other_files=scan.other_files,
    )


MISMATCHED_REFERENCE: Final = (
    "It shows a different person than the other photos of this person. Remove the wrong ones."
)


def _reject_mismatched_references(
    persons: Iterable[PersonFiles], references: Analyses, thresholds: Thresholds
) -> None:
    """Reject reference photos that show someone other than the person's other photos.

    Otherwise a folder with photos of two people would give one of them the other's photos.
    """
    for person in persons:
        names = [file.name for file in person.references if references.error_of(file.name) is None]
        if len(names) > 1:
            embeddings = [_analysis(references, name).faces[0].embedding for name in names]
            mismatched = at_odds(np.stack(embeddings), agreement=thresholds.reference_odds)
            for name in np.array(names, dtype=object)[mismatched]:
                references.problems[name] = MISMATCHED_REFERENCE


@dataclass(frozen=True, slots=True)
class _Decider:
    """Decides with more or fewer decisions of the user."""

    persons: list[PersonFiles]
    references: Analyses
    analyses: Analyses
    thresholds: Thresholds

    def decide(self, settled: Settled) -> Decisions:
        by_digest = self.analyses.by_digest
        return decide(
            {digest: result for digest, result in by_digest.items() if result.error is None},
            self._embeddings(),
            thresholds=self.thresholds,
            settled=settled,
            people=[person.name for person in self.persons],
            known_photos=self.analyses.digests.values(),
        )

    def settle(self, user: UserInput) -> tuple[Settled, list[Correction], list[str]]:
        """Return all decisions, those that changes by hand are, and what to say about these.

        The faces of photos that were put into folders are decided without the changes first. That
        tells which of them may be meant.
        """
        settled = settle(user.corrections)
        names = {digest: name for name, digest in sorted(self.analyses.digests.items())[::-1]}
        moves = moves_in(user.changes, names, [person.name for person in self.persons])
        if not moves.taken and not moves.put:
            return settled, [], moves.notices
        faces: dict[str, list[MachineFace]] = {}
        if moves.put:
            before = self.decide(settled)
            put = {digest for digests in moves.put.values() for digest in digests}
            faces = {digest: list(self._machine_faces(digest, before)) for digest in put}
        found = corrections_of(
            moves,
            names=names,
            faces=faces,
            references=self._embeddings(),
            settled=settled,
            max_distance=self.thresholds.reference_odds,
            at=now(),
        )
        return settle([*settled.all, *found]), found, moves.notices

    def _machine_faces(self, digest: str, decisions: Decisions) -> Iterator[MachineFace]:
        analysis = self.analyses.by_digest.get(digest)
        found = sorted(analysis.faces, key=position) if analysis else []
        for face, decided in zip(found, decisions.faces.get(digest, []), strict=True):
            candidates = frozenset(
                person
                for person, photos in decisions.candidates.items()
                if any(one.box == face.box for one in photos.get(digest, ()))
            )
            yield MachineFace(face, decided.person, decided.decision, candidates)

    def _embeddings(self) -> dict[str, Embeddings]:
        usable = {person.name: _embeddings(person, self.references) for person in self.persons}
        return {name: embeddings for name, embeddings in usable.items() if len(embeddings)}


def _embeddings(person: PersonFiles, references: Analyses) -> Embeddings:
    """Return one embedding per distinct reference photo. Duplicates add no information."""
    names = [file.name for file in person.references if references.error_of(file.name) is None]
    distinct = {references.digests[name]: _analysis(references, name) for name in names}
    rows = [distinct[digest].faces[0].embedding for digest in sorted(distinct)]
    return np.array(rows, dtype=np.float32)


def _analysis(analyses: Analyses, name: str) -> Analysis:
    return analyses.by_digest[analyses.digests[name]]


def _person(
    person: PersonFiles, references: Analyses, analyses: Analyses, decisions: Decisions
) -> SortedPerson:
    matched = decisions.matched.get(person.name, set())
    candidates = decisions.candidates.get(person.name, {})
    return SortedPerson(
        name=person.name,
        references=[_reference(file.name, references) for file in person.references],
        photos=sorted(name for name, digest in analyses.digests.items() if digest in matched),
        review={
            name: candidates[digest]
            for name, digest in sorted(analyses.digests.items())
            if digest in candidates
        },
    )


def _reference(name: str, references: Analyses) -> Reference:
    reason = references.error_of(name)
    if reason is not None:
        return Reference(name, reason)
    digest = references.digests[name]
    return Reference(name, None, digest, references.by_digest[digest].faces[0].box)


def _photos(scan: FolderScan, analyses: Analyses, decisions: Decisions) -> dict[str, SortedPhoto]:
    photos = {}
    for file in scan.photos:
        digest = analyses.digests.get(file.name)
        faces = decisions.faces.get(digest, []) if digest else []
        error = analyses.error_of(file.name)
        turn = turn_of_faces(analyses.by_digest[digest].faces) if digest else 0
        photos[file.name] = SortedPhoto(file.name, file.path, digest, faces, error, turn)
    for name, problem in scan.problems.items():
        photos[name] = SortedPhoto(name, scan.root / name, None, [], problem)
    return dict(sorted(photos.items()))


def _names(digests: Iterable[str], analyses: Analyses) -> list[str]:
    """Return the names of photos in the order of their digests, with all copies of each."""
    names = sorted(analyses.digests.items())
    return [name for wanted in digests for name, digest in names if digest == wanted]


def _write_thumbnails(
    analyst: Analyst,
    people: Iterable[SortedPerson],
    photos: dict[str, SortedPhoto],
    references: dict[str, Path],
) -> None:
    """Write thumbnails of all photos and faces that the page shows, and of references."""
    boxes_by_digest: dict[str, list[Box]] = {}
    shown: set[str] = set()
    paths: dict[str, Path] = {}
    turns = {photo.digest: photo.turn for photo in photos.values() if photo.digest}
    for person in people:
        for reference in person.references:
            if reference.digest is not None and reference.box is not None:
                boxes_by_digest.setdefault(reference.digest, []).append(reference.box)
                paths[reference.digest] = references[reference.file]
        for photo in (photos[name] for name in [*person.photos, *person.review]):
            if photo.digest is not None:
                boxes = boxes_by_digest.setdefault(photo.digest, [])
                boxes += [candidate.box for candidate in person.review.get(photo.name, [])]
                paths.setdefault(photo.digest, photo.path)
                shown.add(photo.digest)
    analyst.write_missing_thumbnails(shown, boxes_by_digest, paths, turns)
