"""Trials: what another step of strictness would change, computed without changing anything.

A host asks for them, and a job of a worker computes them, since that takes seconds in a large
event. The step that the host chose comes next, or else the nearest one, and the page shows each as
soon as it is there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Set
from dataclasses import dataclass
from typing import Any, Final

from django.conf import settings
from django.db.models import F

from picprocure.events.models import Event
from picprocure.faces.matching.types import Decision
from picprocure.faces.sorting import SortedFaces
from picprocure.faces.strictness import one_wrong_in, strictness_steps
from picprocure.recognition.models import Sorting, TrialSorting
from picprocure.recognition.sorting import Trial, event_thresholds
from picprocure.recognition.sorting_inputs import SortingInputs

FAILED: Final = "This stopped several times without a result."

Delivery = tuple[int, int]
"""A registration and the number of a photo within the event."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a step of strictness changes. Photos are counted for each person.

    Attributes:
        more: How many photos people get that they don't get now.
        people_with_more: How many people these are.
        fewer: How many photos people don't get that they get now.
        people_with_fewer: How many people these are.
        doubtful: How many photos are doubtful then.
    """

    more: int
    people_with_more: int
    fewer: int
    people_with_fewer: int
    doubtful: int

    @classmethod
    def between(cls, now: SortedFaces, then: SortedFaces, inputs: SortingInputs) -> Outcome:
        before, after = deliveries(now, inputs), deliveries(then, inputs)
        return cls(
            more=len(after - before),
            people_with_more=_people_in(after - before),
            fewer=len(before - after),
            people_with_fewer=_people_in(before - after),
            doubtful=len({photo for _, photo in deliveries(then, inputs, Decision.REVIEW)}),
        )


@dataclass(frozen=True, slots=True)
class Step:
    """A step of strictness that hosts can choose.

    Attributes:
        strictness: The step. Higher ones are stricter.
        one_wrong_in: In how many photos one may be wrong.
        is_current: Whether the event has it.
        outcome: What it would change, or None if that is not known.
    """

    strictness: int
    one_wrong_in: int
    is_current: bool
    outcome: Outcome | None


@dataclass(frozen=True, slots=True)
class Outlook:
    """What the steps of strictness would change in an event.

    Attributes:
        steps: The steps, the strictest first.
        is_computing: Whether a job computes what they change.
        failure: Why it was given up, or an empty text.
    """

    steps: list[Step]
    is_computing: bool
    failure: str

    @property
    def is_known(self) -> bool:
        """Whether it is known for all steps."""
        return all(step.is_current or step.outcome for step in self.steps)


def request_trial(event: Event, *, compares_steps: bool) -> None:
    """Record that a job is to be done: compare all steps, or only draw the pairs of checks."""
    TrialSorting.objects.get_or_create(event=event)
    changes: dict[str, Any] = {"requested": F("requested") + 1, "failure": ""}
    if compares_steps:
        changes |= {"compares_steps": True, "asked_step": None}
    TrialSorting.objects.filter(event=event).update(**changes)


def ask_for_step(event: Event, strictness: int) -> bool:
    """Have a step computed next, and return whether a job that compares steps was requested."""
    running = TrialSorting.objects.pending().filter(event=event, compares_steps=True)
    return bool(running.update(asked_step=strictness))


def is_sorted(event: Event) -> bool:
    """Return whether the matches of an event are up to date."""
    return Sorting.objects.filter(event=event, done__gte=F("requested"), failure="").exists()


def outlook(event: Event) -> Outlook:
    """Return what is known about the steps of an event."""
    trial = TrialSorting.objects.filter(event=event).first()
    sorting = Sorting.objects.filter(event=event).first()
    is_current = (
        trial is not None
        and sorting is not None
        and (trial.of_sorting, trial.of_strictness) == (sorting.requested, event.strictness)
    )
    outcomes = trial.outcomes if trial and is_current else {}
    usual = settings.ONE_WRONG_IN
    return Outlook(
        steps=[
            Step(
                strictness=step,
                one_wrong_in=round(one_wrong_in(step, usual=usual)),
                is_current=step == current_step(event),
                outcome=Outcome(**outcomes[str(step)]) if str(step) in outcomes else None,
            )
            for step in strictness_steps(usual=usual)
        ],
        is_computing=trial is not None and trial.compares_steps and trial.done < trial.requested,
        failure=trial.failure if trial else "",
    )


def current_step(event: Event) -> int:
    """Return which of the steps that differ an event has."""
    usual = settings.ONE_WRONG_IN
    wanted = one_wrong_in(event.strictness, usual=usual)
    steps = strictness_steps(usual=usual)
    return next(step for step in steps if one_wrong_in(step, usual=usual) == wanted)


def outcomes(
    event: Event,
    now: SortedFaces,
    inputs: SortingInputs,
    trial: Trial,
    asked: Callable[[], int | None] = lambda: None,
) -> Iterator[tuple[int, Outcome]]:
    """Yield what each other step would change.

    Args:
        event: The event.
        now: Its sorting.
        inputs: What it depends on.
        trial: Sorts with other thresholds.
        asked: Returns the step that comes next, or None for the nearest one.
    """
    current = current_step(event)
    others = [step for step in strictness_steps(usual=settings.ONE_WRONG_IN) if step != current]
    while others:
        first = asked()
        step = min(others, key=lambda one: (one != first, abs(one - current), -one))
        others.remove(step)
        thresholds = event_thresholds(event, inputs.faces.engine_version, strictness=step)
        yield step, Outcome.between(now, trial(thresholds), inputs)


def deliveries(
    result: SortedFaces, inputs: SortingInputs, decision: Decision = Decision.MATCH
) -> Set[Delivery]:
    """Return which people get which photos, or which are doubtful."""
    return {
        (match.person, inputs.faces.photo_ids[match.face])  # type: ignore[misc] # keys are ids
        for match in result.matches
        if match.decision is decision
    }


def _people_in(some: Set[Delivery]) -> int:
    return len({person for person, _ in some})
