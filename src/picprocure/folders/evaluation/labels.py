"""Ground-truth labels of an event, in the files that docs/sorting.md describes."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar, cast

from picprocure.faces.evaluation import labeled_box
from picprocure.folders.errors import UnusableFolders
from picprocure.folders.names import printable

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from picprocure.faces.evaluation import EventLabels
    from picprocure.faces.types import Box

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class LabeledFaces:
    """The labeled faces of one photo.

    Attributes:
        ignored: Regions in which a detected face counts neither as a hit nor as a false one.
    """

    faces: list[Box]
    ignored: list[Box]


@dataclass(frozen=True, slots=True)
class LabeledEvent:
    """An event with its labels.

    Attributes:
        people: The folder of people. None if only the boxes of faces are labeled.
        labels: Who is in which photo, if known.
        face_boxes: The labeled faces by photo. Photos without labels are missing.
    """

    photos: Path
    people: Path | None
    labels: EventLabels | None
    face_boxes: dict[str, LabeledFaces]


def read_event(event: Path) -> LabeledEvent:
    """Read the labels of an event.

    Raises:
        UnusableFolders: The folder has no labels, or labels in the wrong form.
    """
    if not event.is_dir():
        raise UnusableFolders(f"{printable(str(event))} is not a folder.")
    labels = _read(event / "labels.json", _parse_labels)
    face_boxes = _read(event / "boxes.json", _parse_face_boxes) or {}
    if labels is None and not face_boxes:
        raise UnusableFolders(
            f"{printable(str(event))} has no labels.json and no boxes.json, so there is nothing to "
            "compare the results with."
        )
    if not face_boxes and labels is not None:
        face_boxes = {
            photo: LabeledFaces([labeled_box(box) for box in boxes], [])
            for photo, boxes in labels.get("boxes", {}).items()
        }
    photos, people = event / "photos", event / "people"
    if labels is not None and not people.is_dir():
        raise UnusableFolders(f"{printable(str(people))} is missing. It should contain the people.")
    return LabeledEvent(
        photos=photos if photos.is_dir() else event,
        people=people if labels is not None else None,
        labels=labels,
        face_boxes=face_boxes,
    )


def _read(path: Path, checked: Callable[[Any], T]) -> T | None:
    if not path.is_file():
        return None
    try:
        return checked(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise UnusableFolders(
            f"{printable(str(path))} is not in the form that docs/sorting.md describes: {error}"
        ) from error


def _parse_labels(written: Any) -> EventLabels:
    people, photos = written["people"], written["photos"]
    if not isinstance(people, list) or not all(isinstance(name, str) for name in people):
        raise TypeError("people is not a list of names")
    for photo, names in photos.items():
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            raise TypeError(f"{photo} has no list of names")
    for photo, boxes in written.get("boxes", {}).items():
        if len([labeled_box(box) for box in boxes]) != len(photos[photo]):
            raise ValueError(f"{photo} has {len(photos[photo])} names and {len(boxes)} boxes")
    return cast("EventLabels", written)


def _parse_face_boxes(written: Any) -> dict[str, LabeledFaces]:
    return {
        photo: LabeledFaces(
            [labeled_box(box) for box in boxes["faces"]],
            [labeled_box(box) for box in boxes.get("ignore", [])],
        )
        for photo, boxes in written.items()
    }
