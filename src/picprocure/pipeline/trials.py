"""The job of a trial sorting: what other steps of strictness would change, and pairs for checks.

It changes no match, and it may run twice. It does nothing while the event waits for its sorting,
whose job queues it again.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from dataclasses import asdict
from typing import Any
from uuid import UUID

from django.conf import settings

from picprocure.events.models import Event
from picprocure.faces.engine import FaceEngine
from picprocure.faces.matching.types import Decision
from picprocure.faces.sorting import SortedFaces
from picprocure.galleries import access
from picprocure.pipeline.queue import queue_pending_trial
from picprocure.recognition import release_checks, trials
from picprocure.recognition.engines import current_engine, replaced
from picprocure.recognition.models import ReleaseCheck, TrialSorting
from picprocure.recognition.sorting import Trial, event_thresholds, trial_of
from picprocure.recognition.sorting_inputs import SortingInputs
from picprocure.storage import claims

logger = logging.getLogger(__name__)


def try_sorting(event_id: UUID) -> None:
    """Sort an event in memory with other steps of strictness, and draw the pairs of its checks."""
    engine = current_engine()
    rows = TrialSorting.objects.pending().filter(~replaced(engine))
    event = Event.objects.filter(pk=event_id).first()
    if event is None or not trials.is_sorted(event):
        return
    row = claims.claim(rows, event_id, lease=settings.LEASE)
    if row is None:
        return
    with claims.working_on(row, lease=settings.LEASE):
        if row.crashes >= settings.MAX_CRASHES or row.errors >= settings.MAX_ERRORS:
            logger.error("The trial sorting of event %s gave up.", event_id)
            _finish(row, failure=trials.FAILED)
        else:
            _try(row, event, engine)
    queue_pending_trial(event_id)  # it may have been requested again while this ran


def _try(row: TrialSorting, event: Event, engine: FaceEngine) -> None:
    with trial_of(event, engine_version=engine.version) as (inputs, trial):
        now = trial(event_thresholds(event, engine.version))
        _draw_pairs(event, now, inputs, trial)
        if row.compares_steps:
            _compare_steps(row, event, now, inputs, trial)
    _finish(row, compares_steps=False)


def _finish(row: TrialSorting, **changes: Any) -> None:
    claims.finish(row, attempts=0, errors=0, done=row.requested, **changes)


def _draw_pairs(event: Event, now: SortedFaces, inputs: SortingInputs, trial: Trial) -> None:
    checks = ReleaseCheck.objects.filter(event=event, drawn_at=None)
    waiting = list(checks.select_related("host"))
    if not waiting:
        return
    pairs = release_checks.pairs_of(event, now, inputs, trial)
    delivered_to: dict[int, list[int]] = defaultdict(list)
    for match in now.matches:
        if match.decision is Decision.MATCH:
            delivered_to[match.face].append(match.person)  # type: ignore[arg-type] # an id
    for check in waiting:
        people = access.people_shown_in(event, check.host).values_list("pk", flat=True)
        release_checks.draw(
            check, event, pairs, inputs, visible=set(people), delivered_to=delivered_to
        )


def _compare_steps(
    row: TrialSorting, event: Event, now: SortedFaces, inputs: SortingInputs, trial: Trial
) -> None:
    """Store the outcome of each step as soon as it is there."""
    own = TrialSorting.objects.filter(pk=row.pk, claim=row.claim)
    known: dict[str, dict[str, int]] = {}
    own.update(outcomes=known, of_sorting=inputs.state.requests, of_strictness=event.strictness)

    def asked() -> int | None:
        return own.values_list("asked_step", flat=True).first()

    for step, outcome in trials.outcomes(event, now, inputs, trial, asked):
        known[str(step)] = asdict(outcome)
        if not own.update(outcomes=known) or not trials.is_sorted(event):
            return  # the sorting must not wait for outcomes that it makes out of date
