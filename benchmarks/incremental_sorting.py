"""Measure what it costs to sort a large event again after a small change, on SQLite.

    python benchmarks/incremental_sorting.py [--faces 60000] [--people 1000]

Each step sorts the event in this process, which keeps what it computed
(`recognition.sorting_memory`). At last, a full sorting is done again as by another worker, and must
find the same. The columns are: distances that were computed, processor seconds for computing and
for writing, rows of matches and faces that were written, the longest time for which SQLite's write
lock was held, and what is kept.

A second table has what a host waits for on the page *Stricter or more generous*: the seconds until
each step's outcome is there, from the start of the job.
"""

from __future__ import annotations

import argparse
import resource
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

import numpy as np

from clustering import MadeUpEvent, make_event, side_by_side
from large_event import create_consents, make_accounts, make_photo
from page_costs import empty_site, insert
from picprocure.faces.vectors import normalize

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from picprocure.accounts.models import User
    from picprocure.events.models import Event
    from picprocure.recognition.sorting import ComputedSorting

ENGINE: Final = "made-up-dlib-1"
MIN_PHOTOS: Final = 4
WRITING: Final = ("INSERT", "UPDATE", "DELETE", "BEGIN")
HEAD: Final = (
    "| step | distances | computing | writing | rows | write lock | kept | peak |\n"
    "|---|---|---|---|---|---|---|---|"
)

STEPS_HEAD: Final = "| worker | step | photos | after | processor |\n|---|---|---|---|---|"


@dataclass(slots=True)
class Writes:
    """What was written to the database.

    Attributes:
        rows: Rows of matches and faces.
        longest: The longest time in seconds for which the write lock was held.
    """

    rows: int = 0
    longest: float = 0.0
    _since: float | None = None

    def note(self, execute: Any, sql: str, parameters: Any, many: Any, context: Any) -> Any:
        if sql.startswith(WRITING) and self._since is None:
            self._since = time.perf_counter()
        result = execute(sql, parameters, many, context)
        tables = ('"recognition_match"', '"recognition_matchedface"', "recognition_face")
        if sql.startswith(WRITING[:3]) and any(table in sql for table in tables):
            self.rows += len(parameters) if many else max(context["cursor"].rowcount, 0)
        if not context["connection"].in_atomic_block and not sql.startswith("BEGIN"):
            self.released()
        return result

    def released(self) -> None:
        if self._since is not None:
            self.longest = max(self.longest, time.perf_counter() - self._since)
        self._since = None


@contextmanager
def noted() -> Iterator[Writes]:
    """Note what is written to the database."""
    from django.db import connection  # noqa: PLC0415 -- once Django is set up

    writes, commit = Writes(), connection.commit

    def commit_and_note() -> None:
        commit()
        writes.released()

    connection.commit = commit_and_note  # type: ignore[method-assign]
    try:
        with connection.execute_wrapper(writes.note):
            yield writes
    finally:
        connection.commit = commit  # type: ignore[method-assign]


def sort(event: Event, step: str) -> ComputedSorting:
    """Sort the event, and print what it cost."""
    from picprocure.recognition.match_changes import write_sorting  # noqa: PLC0415
    from picprocure.recognition.sorting import compute_sorting  # noqa: PLC0415
    from picprocure.recognition.sorting_memory import MEMORY  # noqa: PLC0415

    with MEMORY.of(event.pk) as kept:
        before = kept.distances.computed
    started = time.process_time()
    computed = compute_sorting(event, engine_version=ENGINE)
    computing = time.process_time()
    with noted() as writes:
        write_sorting(computed, is_claimed=lambda: True)
    writing = time.process_time()
    with MEMORY.of(event.pk) as kept:
        distances = kept.distances.computed - before
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"| {step} | {distances:,} | {computing - started:.1f} s | {writing - computing:.1f} s "
        f"| {writes.rows:,} | {1000 * writes.longest:.0f} ms | {MEMORY.nbytes / 1e6:.0f} MB "
        f"| {peak:.0f} MB |",
        flush=True,
    )
    return computed


def try_steps(event: Event, worker: str) -> None:
    """Compute what each step of strictness would change, and print when each outcome was there."""
    from picprocure.recognition.sorting import event_thresholds, trial_of  # noqa: PLC0415
    from picprocure.recognition.trials import outcomes  # noqa: PLC0415

    started, processor = time.perf_counter(), time.process_time()
    with trial_of(event, engine_version=ENGINE) as (inputs, trial):
        now = trial(event_thresholds(event, ENGINE))
        for step, outcome in outcomes(event, now, inputs, trial):
            changes = f"{outcome.more:,} more, {outcome.fewer:,} fewer"
            elapsed, used = time.perf_counter() - started, time.process_time() - processor
            print(f"| {worker} | {step} | {changes} | {elapsed:.1f} s | {used:.1f} s |", flush=True)


def make_people(made_up: MadeUpEvent, event: Event, users: list[User]) -> None:
    """Register people with the mean of a few of their faces."""
    from picprocure.events.models import Registration  # noqa: PLC0415
    from picprocure.recognition.admission import admit  # noqa: PLC0415
    from picprocure.recognition.embeddings import seal_reference  # noqa: PLC0415
    from picprocure.recognition.models import Reference  # noqa: PLC0415

    insert(Registration(event=event, user=user) for user in users)
    create_consents(event)
    often = np.flatnonzero(np.bincount(made_up.people) >= MIN_PHOTOS)
    for user, person in zip(users, often.tolist(), strict=False):
        own = made_up.embeddings[made_up.people == person][:MIN_PHOTOS]
        key = uuid4()
        sealed = seal_reference(normalize(own.mean(axis=0)[None])[0], key)
        Reference.objects.create(
            id=key, user=user, image_key=str(key), embedding=sealed, engine_version=ENGINE
        )
        admit(registration=event.registrations.get(user=user), reference_ids=[key])


def make_photos(made_up: MadeUpEvent, event: Event, chosen: NDArray[np.integer]) -> None:
    """Create these photos with their faces."""
    from picprocure.recognition.embeddings import seal_face  # noqa: PLC0415
    from picprocure.recognition.models import Face  # noqa: PLC0415

    photos = {number: make_photo(event, number) for number in np.unique(chosen).tolist()}
    insert(photos.values())
    boxes = side_by_side(made_up.photos)
    insert(
        Face(
            photo=photos[number],
            left=boxes[row].left,
            top=boxes[row].top,
            right=boxes[row].right,
            bottom=boxes[row].bottom,
            embedding=seal_face(made_up.embeddings[row], photos[number].pk, boxes[row]),
            engine_version=ENGINE,
        )
        for row, number in enumerate(made_up.photos.tolist())
        if number in photos
    )


def measure(faces: int, people: int) -> None:
    """Create an event, and sort it after each of some changes."""
    from django.utils import timezone  # noqa: PLC0415

    from picprocure.events.models import Event  # noqa: PLC0415
    from picprocure.recognition.sorting_memory import MEMORY  # noqa: PLC0415

    made_up = make_event(faces)
    host, *users = make_accounts(0, people + 1)
    expires = timezone.now() + timedelta(days=2)
    event = Event.objects.create(
        creator=host,
        name="Large event",
        registration_closes_at=timezone.now() + timedelta(hours=1),
        expires_at=expires,
        faces_expire_at=expires,
    )
    numbers = np.unique(made_up.photos)
    *first, last = np.random.default_rng(0).permutation(numbers)[: len(numbers)]
    make_people(made_up, event, users[:-1])
    make_photos(made_up, event, np.array(first))
    print(HEAD)
    sort(event, "new event")
    sort(event, "nothing changed")
    make_photos(made_up, event, np.array([last]))
    sort(event, "one more photo")
    left = event.registrations.order_by("pk")[0]
    left.delete()
    sort(event, "one person less")
    event.photos.order_by("pk")[0].delete()
    kept = sort(event, "one photo less")
    MEMORY.forget()
    fresh = sort(event, "another worker")
    same = (kept.result.matches, kept.result.clusters.tolist(), kept.result.limits)
    if same != (fresh.result.matches, fresh.result.clusters.tolist(), fresh.result.limits):
        raise SystemExit("Another worker finds another result.")
    print(f"\n{STEPS_HEAD}")
    try_steps(event, "that sorted the event")
    MEMORY.forget()
    try_steps(event, "another")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--faces", type=int, default=60_000)
    parser.add_argument("--people", type=int, default=1_000)
    options = parser.parse_args()
    with empty_site(PICPROCURE_BROKER_URL="memory://localhost"):
        from picprocure.storage.sealing import accept_key_file  # noqa: PLC0415 -- with Django

        accept_key_file()
        measure(options.faces, options.people)


if __name__ == "__main__":
    main()
