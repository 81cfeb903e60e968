"""Which decisions stand, and which contradict each other."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from itertools import combinations
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from picprocure.folders.corrections.types import Correction


@dataclass(frozen=True, slots=True)
class Settled:
    """All decisions, and how they stand to each other.

    Attributes:
        all: All of them, in the order of the file.
        standing: Those that were not taken back or replaced.
        contradictions: Pairs of standing decisions that can't both be right.
    """

    all: tuple[Correction, ...] = ()
    standing: tuple[Correction, ...] = ()
    contradictions: tuple[tuple[Correction, Correction], ...] = ()

    @property
    def doubtful(self) -> set[Correction]:
        return {one for pair in self.contradictions for one in pair}


def settle(corrections: Iterable[Correction]) -> Settled:
    """Let later decisions replace those from the same source that they contradict.

    Decisions from two sources that contradict each other both stand: the person who decided may
    not have known of the other one.
    """
    by_photo: dict[str, list[Correction]] = defaultdict(list)
    for one in merged(corrections):
        by_photo[one.photo].append(one)
    settled: list[Correction] = []
    contradictions: list[tuple[Correction, Correction]] = []
    for own in by_photo.values():
        own[:] = _replaced(own)
        settled += own
        standing = [one for one in own if one.undone is None]
        contradictions += [
            pair for pair in combinations(standing, 2) if pair[0].contradicts(pair[1])
        ]
    in_order = tuple(sorted(settled, key=order))
    return Settled(
        in_order,
        tuple(one for one in in_order if one.undone is None),
        tuple(sorted(contradictions, key=lambda pair: [order(one) for one in pair])),
    )


def merged(corrections: Iterable[Correction]) -> list[Correction]:
    """Return each decision once. It is undone if any copy says so."""
    known: dict[tuple[object, ...], Correction] = {}
    for one in sorted(corrections, key=order):
        earlier = known.setdefault(one.identity, one)
        if one.undone is not None and (earlier.undone is None or one.undone < earlier.undone):
            known[one.identity] = replace(earlier, undone=one.undone)
    return list(known.values())


def order(one: Correction) -> tuple[object, ...]:
    """Return the sort key of a decision in files and lists."""
    box = one.box
    place = (box.left, box.top, box.right, box.bottom) if box else ()
    return one.name, one.photo, place, one.at, one.person or "", one.answer, one.source


def _replaced(own: list[Correction]) -> list[Correction]:
    """Return the decisions about one photo, those that a later one replaced as undone."""
    in_time = sorted(own, key=lambda one: (one.at, order(one)))
    for place, later in enumerate(in_time):
        if later.undone is not None:
            continue
        for number, earlier in enumerate(in_time[:place]):
            is_replaced = earlier.source is later.source and earlier.at < later.at
            if earlier.undone is None and is_replaced and earlier.contradicts(later):
                in_time[number] = replace(earlier, undone=later.at)
    return in_time
