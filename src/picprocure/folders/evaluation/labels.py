"""What is known of an event's photos, as docs/sorting.md describes the files."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar, cast

from picprocure.faces.evaluation import labeled_box
from picprocure.folders.errors import UnusableFolders
from picprocure.folders.names import shown

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from picprocure.faces.evaluation import EventLabels
    from picprocure.faces.types import Box

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class LabeledFaces:
    """Of one photo. ``ignored`` are regions in which a found box counts neither way."""

    faces: list[Box]
    ignored: list[Box]


@dataclass(frozen=True, slots=True)
class LabeledEvent:
    """``people`` is None where only the faces' places are known; ``places`` are by photo."""

    photos: Path
    people: Path | None
    labels: EventLabels | None
    places: dict[str, LabeledFaces]


def read_event(event: Path) -> LabeledEvent:
    """Raises ``UnusableFolders``."""
    if not event.is_dir():
        raise UnusableFolders(f"{shown(str(event))} is not a folder.")
    labels = _read(event / "labels.json", _checked_labels)
    places = _read(event / "boxes.json", _checked_places) or {}
    if labels is None and not places:
        raise UnusableFolders(
            f"{shown(str(event))} has no labels.json and no boxes.json, so there is nothing to "
            "compare the results with."
        )
    if not places and labels is not None:
        places = {
            photo: LabeledFaces([labeled_box(box) for box in boxes], [])
            for photo, boxes in labels.get("boxes", {}).items()
        }
    photos, people = event / "photos", event / "people"
    if labels is not None and not people.is_dir():
        raise UnusableFolders(f"{shown(str(people))} is missing. It should contain the people.")
    return LabeledEvent(
        photos=photos if photos.is_dir() else event,
        people=people if labels is not None else None,
        labels=labels,
        places=places,
    )


def _read(path: Path, checked: Callable[[Any], T]) -> T | None:
    if not path.is_file():
        return None
    try:
        return checked(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise UnusableFolders(
            f"{shown(str(path))} is not in the form that docs/sorting.md describes: {error}"
        ) from error


def _checked_labels(written: Any) -> EventLabels:
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


def _checked_places(written: Any) -> dict[str, LabeledFaces]:
    return {
        photo: LabeledFaces(
            [labeled_box(box) for box in boxes["faces"]],
            [labeled_box(box) for box in boxes.get("ignore", [])],
        )
        for photo, boxes in written.items()
    }
