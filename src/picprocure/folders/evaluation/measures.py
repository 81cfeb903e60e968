"""How good a run was, held against what is known of the photos."""

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
    """``with_review`` counts what is in review as given; ``reviews`` are pairs of person, photo."""

    delivery: DeliveryQuality
    with_review: DeliveryQuality
    wrong: dict[str, list[str]]
    reviews: int

    @property
    def reviews_per_delivery(self) -> float:
        return self.reviews / max(1, self.delivery.given)


@dataclass(frozen=True, slots=True)
class ClusterFigures:
    """B-cubed, over those of ``faces`` of which it is certain who they are."""

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
    """What can be said; ``unlabeled`` photos are left out of everything about people."""

    delivery: DeliveryFigures | None
    clusters: ClusterFigures | None
    detection: DetectionQuality | None
    unlabeled: int


def measured(outcome: Outcome, event: LabeledEvent, *, left_to_right: bool = False) -> Figures:
    """``left_to_right`` says that a photo's names are in the order in which people stand."""
    labels = event.labels
    return Figures(
        delivery=None if labels is None else _delivery(outcome, labels),
        clusters=None
        if labels is None
        else _clusters(outcome, labels, left_to_right=left_to_right),
        detection=_detection(outcome, event.places) if event.places else None,
        unlabeled=0 if labels is None else len(outcome.photos.keys() - labels["photos"].keys()),
    )


def _delivery(outcome: Outcome, labels: EventLabels) -> DeliveryFigures:
    known = labels["photos"]
    given = {(one.name, photo) for one in outcome.people for photo in one.photos if photo in known}
    doubted = {
        (one.name, photo) for one in outcome.people for photo in one.review if photo in known
    }
    return DeliveryFigures(
        delivery=delivery_quality(given, labels),
        with_review=delivery_quality(given | doubted, labels),
        wrong=wrongly_given(given, labels),
        reviews=len(doubted),
    )


def _clusters(outcome: Outcome, labels: EventLabels, *, left_to_right: bool) -> ClusterFigures:
    clusters, names, faces = [], [], 0
    for photo in outcome.photos.values():
        boxes = [face.box for face in photo.faces]
        faces += len(boxes)
        known = known_identities(boxes, photo.name, labels, left_to_right=left_to_right)
        for face, name in zip(photo.faces, known, strict=True):
            if name is not None:
                clusters.append(face.cluster)
                names.append(name)
    precision, recall = bcubed(clusters, names)
    return ClusterFigures(precision, recall, len(names), faces)


def _detection(outcome: Outcome, places: dict[str, LabeledFaces]) -> DetectionQuality:
    """A photo that is missing or could not be read has found nothing."""
    total = DetectionQuality()
    for name, labeled in places.items():
        photo = outcome.photos.get(name)
        found = [face.box for face in photo.faces] if photo else []
        total += detection_quality(found, labeled.faces, labeled.ignored)
    return total
