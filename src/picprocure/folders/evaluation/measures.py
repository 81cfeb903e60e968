"""Comparison of a run's results with the labels of the event."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from picprocure.faces.evaluation import (
    DeliveryQuality,
    DetectionQuality,
    bcubed,
    delivery_quality,
    detection_quality,
    known_identities,
    wrongly_given,
)

if TYPE_CHECKING:
    from picprocure.faces.evaluation import EventLabels
    from picprocure.folders.evaluation.labels import LabeledEvent, LabeledFaces
    from picprocure.folders.outcome import Outcome


@dataclass(frozen=True, slots=True)
class DeliveryFigures:
    """How well photos were delivered.

    Attributes:
        with_review: The quality if all photos in review were delivered, too.
        wrong: The photos that were delivered to people who are not in them, by person.
        reviews: The number of pairs of person and photo in review.
    """

    delivery: DeliveryQuality
    with_review: DeliveryQuality
    wrong: dict[str, list[str]]
    reviews: int

    @property
    def reviews_per_delivery(self) -> float:
        return self.reviews / max(1, self.delivery.given)


@dataclass(frozen=True, slots=True)
class ClusterFigures:
    """B-cubed precision and recall of the clusters.

    Attributes:
        scored: The number of faces whose identity is certain. Only these count.
        faces: The number of all detected faces.
    """

    precision: float
    recall: float
    scored: int
    faces: int

    @property
    def f1(self) -> float:
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0


@dataclass(frozen=True, slots=True)
class Figures:
    """All figures that the labels allow.

    Attributes:
        unlabeled: The number of photos without labels. They don't count in the figures on people.
    """

    delivery: DeliveryFigures | None
    clusters: ClusterFigures | None
    detection: DetectionQuality | None
    unlabeled: int


def measure(outcome: Outcome, event: LabeledEvent, *, left_to_right: bool = False) -> Figures:
    """Compare the outcome of a run with the event's labels.

    Args:
        outcome: The outcome of the run.
        event: The labels.
        left_to_right: Whether each photo's names are in the order of the faces from left to right.
    """
    labels = event.labels
    return Figures(
        delivery=None if labels is None else _delivery(outcome, labels),
        clusters=None
        if labels is None
        else _clusters(outcome, labels, left_to_right=left_to_right),
        detection=_detection(outcome, event.face_boxes) if event.face_boxes else None,
        unlabeled=0 if labels is None else len(outcome.photos.keys() - labels["photos"].keys()),
    )


def _delivery(outcome: Outcome, labels: EventLabels) -> DeliveryFigures:
    labeled = labels["photos"]
    people = outcome.people
    delivered = {(person.name, photo) for person in people for photo in person.photos}
    in_review = {(person.name, photo) for person in people for photo in person.review}
    delivered = {(name, photo) for name, photo in delivered if photo in labeled}
    in_review = {(name, photo) for name, photo in in_review if photo in labeled}
    return DeliveryFigures(
        delivery=delivery_quality(delivered, labels),
        with_review=delivery_quality(delivered | in_review, labels),
        wrong=wrongly_given(delivered, labels),
        reviews=len(in_review),
    )


def _clusters(outcome: Outcome, labels: EventLabels, *, left_to_right: bool) -> ClusterFigures:
    clusters, names, faces = [], [], 0
    for photo in outcome.photos.values():
        boxes = [face.box for face in photo.faces]
        faces += len(boxes)
        identities = known_identities(boxes, photo.name, labels, left_to_right=left_to_right)
        for face, name in zip(photo.faces, identities, strict=True):
            if name is not None:
                clusters.append(face.cluster)
                names.append(name)
    precision, recall = bcubed(clusters, names)
    return ClusterFigures(precision, recall, len(names), faces)


def _detection(outcome: Outcome, face_boxes: dict[str, LabeledFaces]) -> DetectionQuality:
    """Return the detection quality. A photo that can't be read counts as one without detections."""
    total = DetectionQuality()
    for name, labeled in face_boxes.items():
        photo = outcome.photos.get(name)
        detected = [face.box for face in photo.faces] if photo else []
        total += detection_quality(detected, labeled.faces, labeled.ignored)
    return total
