"""Which pairs of a person and a photo a check before a release looks at."""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from picprocure.faces.decisions import DECIDED
from picprocure.faces.matching.types import Decision
from picprocure.faces.thresholds import CHECK_DEPTH, CHECK_SHARE

if TYPE_CHECKING:
    from collections.abc import Collection, Hashable, Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from picprocure.faces.matching.types import FaceMatch
    from picprocure.faces.sorting import SortedFaces
    from picprocure.faces.thresholds import Thresholds

PAIRS: Final = 30
DELIVERED_PAIRS: Final = 20
"""How many pairs are drawn from deliveries. A photo that a stranger gets is worse than one that is
missed, so more of the pairs tell about them."""

NEAR_SHARE: Final = 0.25
"""The share of deliveries that count as near the limit."""

MIN_OF_STRATUM: Final = 3


class PairKind(StrEnum):
    """A stratum of pairs."""

    SURE = "sure"
    """Delivered."""

    NEAR = "near"
    """Delivered, near the limit."""

    DOUBTFUL = "doubtful"
    """For review."""

    BELOW = "below"
    """The best of those that are neither."""


DELIVERED: Final = (PairKind.SURE, PairKind.NEAR)
MISSED: Final = (PairKind.DOUBTFUL, PairKind.BELOW)

Pair = tuple["Hashable", int]
"""The key of a person, and the number of a photo."""


def deeper(thresholds: Thresholds) -> Thresholds:
    """Return thresholds with which pairs that are neither delivered nor doubtful are found, too."""
    return replace(thresholds, review_depth=CHECK_DEPTH, review_share=CHECK_SHARE)


def pairs_by_kind(
    usual: SortedFaces, deep: SortedFaces, photos: Sequence[int] | NDArray[np.integer]
) -> dict[PairKind, list[FaceMatch]]:
    """Return the pairs of each stratum, one match for each. What hosts decided is left out.

    Args:
        usual: The sorting.
        deep: The sorting with the thresholds of `deeper`.
        photos: The photo of each face (n,).
    """
    given = _by_pair(usual, Decision.MATCH, photos)
    doubtful = _by_pair(usual, Decision.REVIEW, photos, without=given)
    below = _by_pair(deep, Decision.REVIEW, photos, without={**given, **doubtful})
    delivered = [match for match in given.values() if match.reason != DECIDED]
    delivered.sort(key=lambda match: match.threshold - match.distance)
    near = round(NEAR_SHARE * len(delivered))
    return {
        PairKind.SURE: delivered[near:],
        PairKind.NEAR: delivered[:near],
        PairKind.DOUBTFUL: [*doubtful.values()],
        PairKind.BELOW: [*below.values()],
    }


def _by_pair(
    result: SortedFaces,
    decision: Decision,
    photos: Sequence[int] | NDArray[np.integer],
    without: Collection[Pair] = (),
) -> dict[Pair, FaceMatch]:
    """Return the nearest match of each person and photo."""
    pairs: dict[Pair, FaceMatch] = {}
    for match in result.matches:
        pair = match.person, int(photos[match.face])
        if match.decision is decision and pair not in without:
            pairs[pair] = min(pairs.get(pair, match), match, key=lambda one: one.distance)
    return pairs


def shares(sizes: Mapping[PairKind, int]) -> dict[PairKind, int]:
    """Return how many pairs are drawn from each stratum.

    In the worst case all errors are where the fewest of the pairs are seen. So the narrowest
    interval comes from strata that are drawn in proportion to their size, with a few of each.
    """
    delivered, missed = (sum(sizes[one] for one in part) for part in (DELIVERED, MISSED))
    for_delivered = min(delivered, max(DELIVERED_PAIRS, PAIRS - missed))
    return {
        **_split(for_delivered, DELIVERED, sizes),
        **_split(min(missed, PAIRS - for_delivered), MISSED, sizes),
    }


def _split(
    count: int,
    both: tuple[PairKind, PairKind],
    sizes: Mapping[PairKind, int],
) -> dict[PairKind, int]:
    first, second = both
    total = sizes[first] + sizes[second]
    proportional = round(count * sizes[second] / total) if total else 0
    at_least = max(min(MIN_OF_STRATUM, sizes[second]), count - sizes[first])
    at_most = min(sizes[second], count - min(MIN_OF_STRATUM, sizes[first]))
    of_second = max(at_least, min(proportional, at_most))
    return {first: count - of_second, second: of_second}
