"""The faces of a labeled event, found once by each engine and then kept.

What was found lies in `build/events`, by what was planned and by the engine's version, so that
trying other limits on the same events takes seconds. References also depend on the code that
embeds them. `fresh=True` looks at nothing kept; deleting the folder does the same.
"""

from __future__ import annotations

import io
import os
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

import numpy as np

from engines import EngineChoice, EnginePool
from labeled_events import identities, photo_jpeg, plan_event, reference_jpeg
from picprocure import faces
from picprocure.faces.engine import analyze_photo
from picprocure.faces.errors import UnusableReference
from picprocure.faces.image import load_upright
from picprocure.faces.matching import Person
from picprocure.faces.reference import reference_face
from picprocure.faces.types import EMBEDDING_SIZE, Box

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from numpy.typing import NDArray

    from labeled_events import Kind, PlannedEvent, PlannedPhoto
    from picprocure.faces.engine import FaceEngine
    from picprocure.faces.evaluation import EventLabels
    from picprocure.faces.types import Embedding, Embeddings

Task = TypeVar("Task")
Answer = TypeVar("Answer")

KEPT_IN: Final = Path(__file__).parents[1] / "build/events"
REFERENCE_CODE: Final = ("engine.py", "reference.py", "embedder.py")
MAX_PIXELS: Final = 50_000_000


@dataclass(frozen=True, slots=True)
class AnalyzedEvent:
    """``photos`` int64 (n,) are rows of ``photo_names``; ``people`` have a usable reference."""

    embeddings: Embeddings
    photos: NDArray[np.int64]
    boxes: list[Box]
    photo_names: list[str]
    people: list[Person]
    labels: EventLabels


@dataclass(frozen=True, slots=True)
class Analysis:
    """Where the crops are, what finds the faces in them, and whether what is kept will do."""

    crops: Path
    choice: EngineChoice
    processes: int = 2
    fresh: bool = False

    def in_processes(
        self, call: Callable[[FaceEngine, Task], Answer], tasks: Iterable[Task]
    ) -> list[Answer]:
        with EnginePool(self.choice, self.processes) as pool:
            return pool.map(call, tasks)


def analyzed_event(analysis: Analysis, kind: Kind, *, part: str, seed: int) -> AnalyzedEvent:
    """Planned, rendered and analyzed, or what is kept of that.

    Raises ``TooFewIdentities``.
    """
    event = plan_event(identities(analysis.crops, part), kind, seed)
    version = analysis.choice.engine().version
    photos = _kept(
        _key(event.photos, version), lambda: _photo_faces(analysis, event), fresh=analysis.fresh
    )
    references = _kept(
        _key(event.references, version, _code_of_references()),
        lambda: _reference_faces(analysis, event),
        fresh=analysis.fresh,
    )
    return AnalyzedEvent(
        embeddings=photos["embeddings"],
        photos=photos["photos"],
        boxes=[Box(*box) for box in photos["boxes"].tolist()],
        photo_names=[photo.name for photo in event.photos],
        people=_people(event, references["embeddings"], references["owners"]),
        labels=event.labels,
    )


def _people(event: PlannedEvent, embeddings: Embeddings, owners: NDArray[np.int64]) -> list[Person]:
    return [
        Person(name, embeddings[owners == number])
        for number, name in enumerate(event.references)
        if (owners == number).any()
    ]


def _photo_faces(analysis: Analysis, event: PlannedEvent) -> dict[str, NDArray[Any]]:
    found = analysis.in_processes(
        _faces_in_photo, [(photo, analysis.crops) for photo in event.photos]
    )
    counts = [len(embeddings) for embeddings, _ in found]
    return {
        "embeddings": np.concatenate([embeddings for embeddings, _ in found]),
        "boxes": np.concatenate([boxes for _, boxes in found]),
        "photos": np.repeat(np.arange(len(found)), counts),
    }


def _reference_faces(analysis: Analysis, event: PlannedEvent) -> dict[str, NDArray[Any]]:
    """Without those in which no single clear face is found."""
    crops = [crop for own in event.references.values() for crop in own]
    owners = np.repeat(
        np.arange(len(event.references)), [len(own) for own in event.references.values()]
    )
    found = analysis.in_processes(_reference_in_crop, [(crop, analysis.crops) for crop in crops])
    usable = [row for row, embedding in enumerate(found) if embedding is not None]
    embeddings = [embedding for embedding in found if embedding is not None]
    return {
        "embeddings": np.array(embeddings, dtype=np.float32).reshape(-1, EMBEDDING_SIZE),
        "owners": owners[usable],
    }


def _faces_in_photo(
    engine: FaceEngine, task: tuple[PlannedPhoto, Path]
) -> tuple[Embeddings, NDArray[np.int64]]:
    """Their embeddings, and their boxes as rows of left, top, right and bottom."""
    photo, crops = task
    content = io.BytesIO(photo_jpeg(photo, crops))
    found = analyze_photo(engine, content, name=photo.name, max_pixels=MAX_PIXELS)
    boxes = [(f.box.left, f.box.top, f.box.right, f.box.bottom) for f in found]
    embeddings = np.array([face.embedding for face in found], dtype=np.float32)
    return embeddings.reshape(-1, EMBEDDING_SIZE), np.array(boxes, dtype=np.int64).reshape(-1, 4)


def _reference_in_crop(engine: FaceEngine, task: tuple[str, Path]) -> Embedding | None:
    crop, crops = task
    content = io.BytesIO(reference_jpeg(crop, crops))
    image = load_upright(content, name=crop, max_pixels=MAX_PIXELS)
    try:
        return reference_face(engine, image).embedding
    except UnusableReference:
        return None


def _kept(
    key: str, make: Callable[[], dict[str, NDArray[Any]]], *, fresh: bool
) -> dict[str, NDArray[Any]]:
    file = KEPT_IN / f"{key}.npz"
    if file.is_file() and not fresh:
        with np.load(file) as kept:
            return dict(kept)
    made = make()
    KEPT_IN.mkdir(parents=True, exist_ok=True)
    being_written = file.with_suffix(f".{os.getpid()}.npz")
    np.savez(being_written, allow_pickle=False, **made)
    being_written.replace(file)  # whole or not at all
    return made


def _key(*parts: object) -> str:
    return sha256(repr(parts).encode()).hexdigest()[:24]


def _code_of_references() -> str:
    (folder,) = faces.__path__
    code = b"".join(Path(folder, name).read_bytes() for name in REFERENCE_CODE)
    return sha256(code).hexdigest()
