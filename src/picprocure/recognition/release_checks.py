"""A check before the release: a host judges some pairs, which tell how many photos are wrong.

A pair is a person and a photo. It is drawn at random from one of four strata: sure deliveries,
deliveries near the limit, doubtful ones, and the best of those that are neither. What hosts decided
themselves is in none of them. The pairs are stored, so that they stay the same, and so do the sizes
of the strata: the estimate is about the matches as they were when the pairs were drawn.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import astuple, dataclass
from typing import cast

from django.db import transaction
from django.utils import timezone

from picprocure.accounts.models import User
from picprocure.events.models import Event
from picprocure.faces.checked_pairs import (
    DELIVERED,
    MISSED,
    PairKind,
    deeper,
    pairs_by_kind,
    shares,
)
from picprocure.faces.estimates import Estimate, Stratum, estimate
from picprocure.faces.matching.types import FaceMatch
from picprocure.faces.sorting import SortedFaces
from picprocure.photos.models import Photo
from picprocure.recognition.models import CheckedPair, ReleaseCheck
from picprocure.recognition.sorting import Trial, event_thresholds
from picprocure.recognition.sorting_inputs import EventPeople, SortingInputs


@dataclass(frozen=True, slots=True)
class Estimates:
    """What a check tells.

    Attributes:
        wrong: How many deliveries are wrong. A photo counts for each person who gets it.
        missed: How many of the pairs that are not delivered should be.
    """

    wrong: Estimate
    missed: Estimate


@transaction.atomic
def begin_check(event: Event, host: User) -> ReleaseCheck:
    """Begin a check, whose pairs a job draws. It replaces an earlier one of this host."""
    earlier = ReleaseCheck.objects.filter(event=event, host=host)
    list(earlier.select_for_update())  # a job may be about to store its pairs
    earlier.delete()
    return ReleaseCheck.objects.get_or_create(event=event, host=host)[0]  # after two clicks


def pairs_of(
    event: Event, now: SortedFaces, inputs: SortingInputs, trial: Trial
) -> dict[PairKind, list[FaceMatch]]:
    """Return the pairs of each stratum of an event.

    Args:
        event: The event.
        now: Its sorting.
        inputs: What it depends on.
        trial: Sorts with other thresholds.
    """
    deep = trial(deeper(event_thresholds(event, inputs.faces.engine_version)))
    return pairs_by_kind(now, deep, inputs.faces.photo_ids)


@transaction.atomic
def draw(
    check: ReleaseCheck,
    event: Event,
    all_pairs: Mapping[PairKind, Sequence[FaceMatch]],
    inputs: SortingInputs,
    *,
    visible: Collection[int],
    delivered_to: Mapping[int, Collection[int]],
) -> None:
    """Draw the pairs of a check, and store them.

    Args:
        check: The check.
        event: Its event, with the strictness of these pairs.
        all_pairs: The pairs of each stratum.
        inputs: What the sorting depends on.
        visible: The registrations of the people whom the host may see.
        delivered_to: The people who get a photo for each face. Faces of people whom the host may
            not see are left out.
    """
    photos = _photos_in_scope(event, inputs)
    chooser = random.SystemRandom()
    pools = {
        stratum: [
            match
            for match in matches
            if match.person in visible
            and inputs.faces.photo_ids[match.face] in photos
            and _is_visible(delivered_to.get(match.face, ()), visible)
        ]
        for stratum, matches in all_pairs.items()
    }
    drawn = {
        stratum: chooser.sample(pools[stratum], count)
        for stratum, count in shares({key: len(pool) for key, pool in pools.items()}).items()
    }
    rows = [(stratum, match) for stratum, matches in drawn.items() for match in matches]
    chooser.shuffle(rows)  # so that hosts can't tell what is delivered
    # As decisions do, lock the account first. Its deletion ends the check.
    list(User.objects.select_for_update(no_key=True).filter(pk=check.host_id).values_list("pk"))
    matches = _still_there(event, [match for _, match in rows], inputs)
    locked = ReleaseCheck.objects.select_for_update().filter(pk=check.pk, drawn_at=None).first()
    if locked is None:  # it was replaced, or another worker has drawn it
        return
    CheckedPair.objects.bulk_create(
        _pair(check, position, stratum, match, inputs)
        for position, (stratum, match) in enumerate(rows)
        if match in matches
    )
    locked.sizes = {stratum.value: len(pool) for stratum, pool in pools.items()}
    locked.drawn = {stratum.value: len(matches) for stratum, matches in drawn.items()}
    locked.is_of_unreleased = _is_of_unreleased(event)
    locked.of_strictness = event.strictness
    locked.drawn_at = timezone.now()
    locked.save()


def _still_there(
    event: Event, matches: Sequence[FaceMatch], inputs: SortingInputs
) -> list[FaceMatch]:
    """Lock the people and photos of matches, and return those that are still as they were read.

    Nothing may be stored about a person who withdrew while the event was sorted.
    """
    people = EventPeople.of(
        event,
        engine_version=inputs.faces.engine_version,
        registrations={cast(int, match.person) for match in matches},
        locked=True,
    ).unchanged_since(inputs.people)
    photo_of = {
        match.face: inputs.faces.photos[inputs.faces.photo_ids[match.face]] for match in matches
    }
    photos = Photo.objects.filter(pk__in=set(photo_of.values())).order_by("pk")
    present = set(photos.select_for_update().values_list("pk", flat=True))
    return [
        match for match in matches if match.person in people and photo_of[match.face] in present
    ]


def _is_visible(people: Collection[int], visible: Collection[int]) -> bool:
    return not people or any(person in visible for person in people)


def _is_of_unreleased(event: Event) -> bool:
    return event.photos.analyzed().unreleased().exists()


def _photos_in_scope(event: Event, inputs: SortingInputs) -> set[int]:
    """Return the numbers of the unreleased photos, or of all if none is."""
    photos = event.photos.analyzed()
    if _is_of_unreleased(event):
        photos = photos.unreleased()
    wanted = set(photos.values_list("pk", flat=True))
    return {number for number, key in enumerate(inputs.faces.photos) if key in wanted}


def _pair(
    check: ReleaseCheck,
    position: int,
    stratum: PairKind,
    match: FaceMatch,
    inputs: SortingInputs,
) -> CheckedPair:
    pair = CheckedPair(check_of=check, position=position, stratum=stratum)
    pair.registration_id = cast(int, match.person)
    pair.photo_id = inputs.faces.photos[inputs.faces.photo_ids[match.face]]
    pair.left, pair.top, pair.right, pair.bottom = astuple(inputs.faces.boxes[match.face])
    return pair


def estimates(check: ReleaseCheck, pairs: Sequence[CheckedPair]) -> Estimates | None:
    """Return what a check tells, or None before all pairs are judged.

    Pairs that are no longer there, for example since their photo was deleted, count as unclear.
    """
    if not pairs or not all(pair.answer for pair in pairs):
        return None
    answers: dict[str, list[str]] = defaultdict(list)
    for pair in pairs:
        answers[pair.stratum].append(pair.answer)
    wrong = [_seen(check, one, answers[one], CheckedPair.Answer.OTHER) for one in DELIVERED]
    missed = [_seen(check, one, answers[one], CheckedPair.Answer.SAME) for one in MISSED]
    return Estimates(wrong=estimate(wrong), missed=estimate(missed))


def _seen(check: ReleaseCheck, stratum: str, answers: Sequence[str], counted: str) -> Stratum:
    drawn = check.drawn.get(stratum, 0)
    clear = [answer for answer in answers if answer != CheckedPair.Answer.UNCLEAR]
    return Stratum(
        size=check.sizes.get(stratum, 0),
        seen=drawn,
        wrong=clear.count(counted),
        unclear=drawn - len(clear),
    )
