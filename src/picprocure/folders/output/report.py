"""The JSON report of a run, in the form that docs/sorting.md describes."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

from picprocure.system.atomic_files import write_atomically

if TYPE_CHECKING:
    from pathlib import Path

    from picprocure.folders.decisions import DecidedFace
    from picprocure.folders.outcome import Outcome, SortedPerson

VERSION: Final = 1

Json = dict[str, Any]


def build_report(outcome: Outcome) -> Json:
    from importlib.metadata import version  # noqa: PLC0415 -- slow to import, for reports alone

    timing = outcome.timing
    return {
        "version": VERSION,
        "engine": {
            "version": outcome.engine.version,
            **outcome.engine.about,
            "picprocure": version("picprocure"),
        },
        "people": {person.name: _person(person) for person in outcome.people},
        "photos": {
            name: {
                "turn": photo.turn,
                "faces": [_face(face) for face in photo.faces],
                "error": photo.error,
            }
            for name, photo in outcome.photos.items()
        },
        "held_back": outcome.held_back,
        "similar_photos": outcome.similar_photos,
        "same_face": outcome.same_face,
        "thresholds": {**asdict(outcome.thresholds), **outcome.limits},
        "timing": {
            "seconds": round(timing.seconds, 3),
            "analyse_seconds": round(timing.analyze_seconds, 3),
            "cluster_seconds": round(timing.cluster_seconds, 3),
        },
    }


def _person(person: SortedPerson) -> Json:
    return {
        "photos": person.photos,
        "review": list(person.review),
        "references": [
            {"file": reference.file, "ok": reference.ok, "reason": reference.reason}
            for reference in person.references
        ],
    }


def _face(face: DecidedFace) -> Json:
    box = face.box
    return {
        "box": [box.left, box.top, box.right, box.bottom],
        "cluster": face.cluster,
        "person": face.person,
        "decision": face.decision.value,
        "distance": face.distance,
        "reason": face.reason,
    }


def is_report(path: Path) -> bool:
    """Return whether a file is a report or empty, so that a new report may replace it."""
    with path.open("rb") as file:
        start = file.read(100)
    return not start.strip() or b"".join(start.split()).startswith(
        b'{"version":%d,"engine":{' % VERSION
    )


def write_report(outcome: Outcome, path: Path) -> None:
    """Write the report. An older report is replaced only when the new one is complete.

    Raises:
        OSError: The report can't be written.
    """
    # ASCII keeps the bytes of file names that can't be decoded.
    text = json.dumps(build_report(outcome), indent=1)
    write_atomically(path.resolve(), f"{text}\n".encode("ascii"))
