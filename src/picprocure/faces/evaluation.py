"""Measure the quality of detections, clusters and deliveries against labels.

Labels have the form `{"people": [name, ...], "photos": {photo: [name, ...]}}`. `people` are
registered, and a photo names all people in it. The optional `"boxes"` say where these people are,
in the order of their names: `{photo: [[left, top, width, height], ...]}`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NotRequired, TypedDict

import numpy as np

from picprocure.faces.types import Box

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray


MIN_OVERLAP: Final = 0.4
"""Intersection over union from which a found box matches a labeled one. It is low, since labels are
drawn by hand, and a square from brows to chin is smaller than a face with its hair."""


class EventLabels(TypedDict):
    people: list[str]
    photos: dict[str, list[str]]
    boxes: NotRequired[dict[str, list[list[float]]]]


@dataclass(frozen=True, slots=True)
class DeliveryQuality:
    """Counts of pairs of a person and a photo.

    Attributes:
        given: Delivered pairs.
        right: Delivered pairs that are right.
        owed: Pairs that should be delivered.
    """

    given: int
    right: int
    owed: int

    @property
    def precision(self) -> float:
        """Return the share of delivered pairs that are right, or 1 if none were delivered."""
        return self.right / self.given if self.given else 1.0

    @property
    def recall(self) -> float:
        """Return the share of owed pairs that were delivered, or 1 if none are owed."""
        return self.right / self.owed if self.owed else 1.0


def delivery_quality(given: Iterable[tuple[str, str]], labels: EventLabels) -> DeliveryQuality:
    """Measure a delivery.

    Args:
        given: The names of a person and of a photo, for each delivered pair.
        labels: Who is in which photo.
    """
    people = set(labels["people"])
    owed = {
        (name, photo)
        for photo, names in labels["photos"].items()
        for name in names
        if name in people
    }
    delivered = set(given)
    return DeliveryQuality(len(delivered), len(delivered & owed), len(owed))


def wrongly_given(given: Iterable[tuple[str, str]], labels: EventLabels) -> dict[str, list[str]]:
    """Return, for each person, the delivered photos that they are not in."""
    wrong: dict[str, list[str]] = {}
    for person, photo in sorted(set(given)):
        if person not in labels["photos"].get(photo, ()):
            wrong.setdefault(person, []).append(photo)
    return wrong


def known_identities(
    boxes: Sequence[Box], photo: str, labels: EventLabels, *, left_to_right: bool = False
) -> list[str | None]:
    """Return the name of each face of a photo, or None if the labels don't tell it.

    Labels with boxes tell it, and so does one name for one face.

    Args:
        boxes: The faces that were found.
        photo: The name of the photo.
        labels: Who is in which photo.
        left_to_right: Names are in the order of the faces in the photo, from left to right. They
            count if there are as many as faces.
    """
    names = labels["photos"].get(photo, [])
    known: list[str | None] = [None] * len(boxes)
    places = labels.get("boxes", {}).get(photo)
    if places is not None:
        for found, labeled in matched_boxes(boxes, [labeled_box(place) for place in places]):
            known[found] = names[labeled]
    elif len(names) == len(boxes) and (left_to_right or len(names) == 1):
        for found, name in zip(np.argsort([box.left for box in boxes]), names, strict=True):
            known[found] = name
    return known


def labeled_box(place: Sequence[float]) -> Box:
    """Make a box from left, top, width and height."""
    left, top, width, height = place
    return Box(round(left), round(top), round(left + width), round(top + height))


def share_inside(box: Box, region: Box) -> float:
    """Return the share of a box that lies in a region."""
    return box.shared_area(region) / max(1, box.area)


def matched_boxes(found: Sequence[Box], labeled: Sequence[Box]) -> list[tuple[int, int]]:
    """Pair found boxes with labeled ones, the best overlaps first, each at most once.

    Returns:
        Indices of a found and of a labeled box, for each pair.
    """
    by_overlap = sorted(
        ((a.overlap(b), i, j) for i, a in enumerate(found) for j, b in enumerate(labeled)),
        reverse=True,
    )
    chosen: dict[int, int] = {}
    for value, i, j in by_overlap:
        if value >= MIN_OVERLAP and i not in chosen and j not in chosen.values():
            chosen[i] = j
    return list(chosen.items())


@dataclass(frozen=True, slots=True)
class DetectionQuality:
    """Counts for labeled faces.

    Attributes:
        hits: Whether each labeled face was found.
        false_boxes: The number of found boxes that show no labeled face.
    """

    hits: tuple[bool, ...] = ()
    false_boxes: int = 0

    @property
    def recall(self) -> float:
        return sum(self.hits) / len(self.hits) if self.hits else 1.0

    @property
    def false_per_100(self) -> float:
        """Return how many false boxes there are for every 100 labeled faces."""
        return 100 * self.false_boxes / max(1, len(self.hits))

    def __add__(self, other: DetectionQuality) -> DetectionQuality:
        return DetectionQuality(self.hits + other.hits, self.false_boxes + other.false_boxes)


def detection_quality(
    found: Sequence[Box], labeled: Sequence[Box], ignored: Sequence[Box] = ()
) -> DetectionQuality:
    """Measure the detections in one photo.

    Args:
        found: The boxes that the detector found.
        labeled: The boxes of the faces.
        ignored: Regions in which other boxes are not counted as false.
    """
    pairs = matched_boxes(found, labeled)
    hit = {face for _, face in pairs}
    rest = set(range(len(found))) - {box for box, _ in pairs}
    false_boxes = sum(
        not any(share_inside(found[box], region) > MIN_OVERLAP for region in ignored)
        for box in rest
    )
    return DetectionQuality(tuple(face in hit for face in range(len(labeled))), false_boxes)


def bcubed(
    clusters: Sequence[int] | NDArray[np.integer], truth: Sequence[str] | NDArray[np.integer]
) -> tuple[float, float]:
    """Return B-cubed precision and recall of a clustering, averaged over the faces.

    Source: A. Bagga, B. Baldwin, "Entity-Based Cross-Document Coreferencing Using the Vector
    Space Model", 1998.
    """
    if not len(truth):
        return 1.0, 1.0
    _, found = np.unique(np.asarray(clusters), return_inverse=True)
    _, true = np.unique(np.asarray(truth), return_inverse=True)
    # A matrix of clusters and people would be too large, so the pairs are numbered.
    together = found.astype(np.int64) * len(true) + true
    _, where, counts = np.unique(together, return_inverse=True, return_counts=True)
    same = counts[where]
    return (
        float((same / np.bincount(found)[found]).mean()),
        float((same / np.bincount(true)[true]).mean()),
    )
