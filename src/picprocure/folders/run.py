"""One run: photos and people in, who is in which photo out."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np

from picprocure.faces.enrollment.quality import at_odds
from picprocure.faces.thresholds import DEFAULT, Thresholds
from picprocure.folders.analysis.analyst import Analyst
from picprocure.folders.analysis.types import Kind
from picprocure.folders.analysis.worker_pool import Workers
from picprocure.folders.decisions import decide
from picprocure.folders.outcome import Outcome, Reference, SortedPerson, SortedPhoto, Timing
from picprocure.folders.people import find_people
from picprocure.folders.search import find_photos

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from picprocure.faces.types import Box, Embeddings
    from picprocure.folders.analysis.analyst import Analyses
    from picprocure.folders.analysis.cache import AnalysisCache
    from picprocure.folders.analysis.types import Analysis, EngineChoice
    from picprocure.folders.decisions import Decisions
    from picprocure.folders.people import PersonFiles
    from picprocure.folders.search import Found


@dataclass(frozen=True, slots=True)
class RunOptions:
    """What a run works with. ``thresholds`` say how strict it is."""

    engine: EngineChoice
    cache: AnalysisCache
    workers: int
    thresholds: Thresholds = DEFAULT


@dataclass(slots=True)
class Progress:
    """Whom to tell: ``on_start`` how many files there are, ``on_done`` how many more are done."""

    on_start: Callable[[int], None] = field(default=lambda _: None)
    on_done: Callable[[int], None] = field(default=lambda _: None)


def sort_folders(
    photos: Path,
    people: Path | None,
    options: RunOptions,
    *,
    leave_out: Iterable[Path] = (),
    pictures: Path | None = None,
    progress: Progress | None = None,
) -> Outcome:
    """Who is in which photo; without ``people`` only where faces are.

    Nothing is written but the cache and small ``pictures``.

    Raises ``FoldersError``.
    """
    start = time.monotonic()
    progress = progress or Progress()
    persons = find_people(people) if people else []
    found = find_photos(photos, leave_out=[*leave_out, *([people] if people else [])])
    files = [file for person in persons for file in person.references]
    progress.on_start(len(files) + len(found.photos))
    with Workers(options.engine.make, options.workers) as workers:
        analyst = Analyst(workers, options.cache, pictures)
        references = analyst.analyze(files, Kind.REFERENCE, on_done=progress.on_done)
        _set_aside_odd_ones(persons, references, options.thresholds)
        analyses = analyst.analyze(found.photos, Kind.PHOTO, on_done=progress.on_done)
        analyzed = time.monotonic()
        decisions = _decisions(persons, references, analyses, options.thresholds)
        decided = time.monotonic()
        sorted_people = [_person(person, references, analyses, decisions) for person in persons]
        sorted_photos = _photos(found, analyses, decisions)
        _draw(analyst, sorted_people, sorted_photos, {file.name: file.path for file in files})
    return Outcome(
        people=sorted_people,
        photos=sorted_photos,
        engine=options.engine,
        thresholds=options.thresholds,
        limits=decisions.limits,
        timing=Timing(time.monotonic() - start, analyzed - start, decided - analyzed),
        new=analyses.new,
        others=found.others,
    )


ODD_ONE: Final = (
    "It shows a different person than the other photos of this person. Remove the wrong ones."
)


def _set_aside_odd_ones(
    persons: Iterable[PersonFiles], references: Analyses, thresholds: Thresholds
) -> None:
    """Photos of two people in one folder would give one of them the other's photos."""
    for person in persons:
        names = [file.name for file in person.references if references.error_of(file.name) is None]
        if len(names) > 1:
            embeddings = [_analysis(references, name).faces[0].embedding for name in names]
            odd = at_odds(np.stack(embeddings), agreement=thresholds.reference_odds)
            for name in np.array(names, dtype=object)[odd]:
                references.problems[name] = ODD_ONE


def _decisions(
    persons: Iterable[PersonFiles], references: Analyses, analyses: Analyses, thresholds: Thresholds
) -> Decisions:
    usable = {person.name: _embeddings(person, references) for person in persons}
    return decide(
        {digest: found for digest, found in analyses.found.items() if found.error is None},
        {name: embeddings for name, embeddings in usable.items() if len(embeddings)},
        thresholds=thresholds,
    )


def _embeddings(person: PersonFiles, references: Analyses) -> Embeddings:
    """One row for each content: the same photo twice says nothing more."""
    names = [file.name for file in person.references if references.error_of(file.name) is None]
    found = {references.digests[name]: _analysis(references, name) for name in names}
    rows = [found[digest].faces[0].embedding for digest in sorted(found)]
    return np.array(rows, dtype=np.float32)


def _analysis(analyses: Analyses, name: str) -> Analysis:
    return analyses.found[analyses.digests[name]]


def _person(
    person: PersonFiles, references: Analyses, analyses: Analyses, decisions: Decisions
) -> SortedPerson:
    matched = decisions.matched.get(person.name, set())
    doubts = decisions.doubts.get(person.name, {})
    return SortedPerson(
        name=person.name,
        references=[_reference(file.name, references) for file in person.references],
        photos=sorted(name for name, digest in analyses.digests.items() if digest in matched),
        review={
            name: doubts[digest]
            for name, digest in sorted(analyses.digests.items())
            if digest in doubts
        },
    )


def _reference(name: str, references: Analyses) -> Reference:
    reason = references.error_of(name)
    if reason is not None:
        return Reference(name, reason)
    digest = references.digests[name]
    return Reference(name, None, digest, references.found[digest].faces[0].box)


def _photos(found: Found, analyses: Analyses, decisions: Decisions) -> dict[str, SortedPhoto]:
    photos = {}
    for file in found.photos:
        digest = analyses.digests.get(file.name)
        faces = decisions.faces.get(digest, []) if digest else []
        error = analyses.error_of(file.name)
        photos[file.name] = SortedPhoto(file.name, file.path, digest, faces, error)
    for name, problem in found.problems.items():
        photos[name] = SortedPhoto(name, found.root / name, None, [], problem)
    return dict(sorted(photos.items()))


def _draw(
    analyst: Analyst,
    people: Iterable[SortedPerson],
    photos: dict[str, SortedPhoto],
    references: dict[str, Path],
) -> None:
    """Small pictures of what somebody gets or may be in, and of the references."""
    wanted: dict[str, list[Box]] = {}
    paths: dict[str, Path] = {}
    for person in people:
        for reference in person.references:
            if reference.digest is not None and reference.box is not None:
                wanted.setdefault(reference.digest, []).append(reference.box)
                paths[reference.digest] = references[reference.file]
        for photo in (photos[name] for name in [*person.photos, *person.review]):
            if photo.digest is not None:
                boxes = wanted.setdefault(photo.digest, [])
                boxes += [doubt.box for doubt in person.review.get(photo.name, [])]
                paths.setdefault(photo.digest, photo.path)
    analyst.draw_missing(wanted, paths)
