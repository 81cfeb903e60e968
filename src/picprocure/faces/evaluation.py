"""How good clusters and deliveries are, held against labels.

Labels have the form ``{"people": [name, ...], "photos": {photo: [name, ...]}}``: ``people`` are
registered, and a photo names everybody in it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypedDict

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray


class EventLabels(TypedDict):
    people: list[str]
    photos: dict[str, list[str]]


@dataclass(frozen=True, slots=True)
class DeliveryQuality:
    """Counts of (person, photo) pairs: given, rightly given, and owed."""

    given: int
    right: int
    owed: int

    @property
    def precision(self) -> float:
        """The share of what was given that was right; 1 when nothing was."""
        return self.right / self.given if self.given else 1.0

    @property
    def recall(self) -> float:
        """The share of what was owed that was given; 1 when nothing was."""
        return self.right / self.owed if self.owed else 1.0


def delivery_quality(given: Iterable[tuple[str, str]], labels: EventLabels) -> DeliveryQuality:
    """``given`` are pairs of a person's and a photo's name."""
    people = set(labels["people"])
    owed = {
        (name, photo)
        for photo, names in labels["photos"].items()
        for name in names
        if name in people
    }
    handed_out = set(given)
    return DeliveryQuality(len(handed_out), len(handed_out & owed), len(owed))


def bcubed(
    clusters: Sequence[int] | NDArray[np.integer], truth: Sequence[str] | NDArray[np.integer]
) -> tuple[float, float]:
    """Precision and recall of a clustering, averaged over the faces.

    Source: A. Bagga, B. Baldwin, "Entity-Based Cross-Document Coreferencing Using the Vector
    Space Model", 1998.
    """
    if not len(truth):
        return 1.0, 1.0
    _, found = np.unique(np.asarray(clusters), return_inverse=True)
    _, true = np.unique(np.asarray(truth), return_inverse=True)
    # Numbered, not laid out as a matrix: that would grow with clusters times people.
    together = found.astype(np.int64) * len(true) + true
    _, where, counts = np.unique(together, return_inverse=True, return_counts=True)
    same = counts[where]
    return (
        float((same / np.bincount(found)[found]).mean()),
        float((same / np.bincount(true)[true]).mean()),
    )
