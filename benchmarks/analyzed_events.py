"""Find the faces of a labeled event once with each engine, and keep them.

Faces of made-up events are kept in `build/events`, so that trying other thresholds on the same
event takes seconds. The key of an entry is the plan of the event, the version of the engine, and
the code that finds and embeds faces. To analyze again, use `fresh=True` or delete the folder.
"""

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

import numpy as np
from numpy.typing import NDArray

import original
import picprocure
from engines import ORIGINAL, EngineChoice, EnginePool
from labeled_events import identities, photo_jpeg, plan_event, reference_jpeg
from picprocure.faces.engine import analyze_photo
from picprocure.faces.enrollment.quality import reference_face
from picprocure.faces.errors import UnusableReference
from picprocure.faces.matching.types import Person
from picprocure.faces.types import EMBEDDING_SIZE, Box
from picprocure.imaging.loading import load_upright
from picprocure.system.atomic_files import write_atomically

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from labeled_events import Kind, PlannedEvent, PlannedPhoto
    from picprocure.faces.engine import FaceEngine
    from picprocure.faces.evaluation import EventLabels
    from picprocure.faces.types import Embedding, Embeddings, FoundFace

Task = TypeVar("Task")
Answer = TypeVar("Answer")
Arrays = dict[str, NDArray[Any]]
"""Arrays by name."""

_PACKAGE: Final = Path(picprocure.__file__).parent
KEPT_IN: Final = Path(__file__).parents[1] / "build/events"
PHOTO_CODE: Final = (
    "imaging/loading.py",
    "imaging/pixels.py",
    "faces/embedding/*.py",
    "faces/models/*_onnx.py",
    "faces/models/*_weights.py",
    "faces/detectors/*.py",
)
"""Code that decides about faces in photos. The rest counts by the version of the engine."""
SORTING_CODE: Final = (
    "faces/clustering/*.py",
    "faces/matching/*.py",
    "faces/distances.py",
    "faces/evaluation.py",
    "faces/sorting.py",
    "faces/thresholds.py",
)
"""Code that runs after references are embedded. All other code decides about references."""
MAX_PIXELS: Final = 50_000_000


@dataclass(frozen=True, slots=True)
class AnalyzedEvent:
    """An event whose faces were found.

    Attributes:
        embeddings: The faces (n, 128).
        photos: The row of `photo_names` for each face, int64 (n,).
        boxes: The box of each face.
        photo_names: The names of the photos.
        people: The people who have a usable reference.
        labels: Who is in which photo.
    """

    embeddings: Embeddings
    photos: NDArray[np.int64]
    boxes: list[Box]
    photo_names: list[str]
    people: list[Person]
    labels: EventLabels


@dataclass(frozen=True, slots=True)
class Analysis:
    """How events are analyzed.

    Attributes:
        crops: The folder of crops.
        choice: The engine.
        processes: How many processes run at a time.
        fresh: Don't use results that were kept.
    """

    crops: Path
    choice: EngineChoice
    processes: int = 2
    fresh: bool = False

    def in_processes(
        self, call: Callable[[FaceEngine, Task], Answer], tasks: Iterable[Task]
    ) -> list[Answer]:
        """Call a function with an engine for each task, in several processes."""
        with EnginePool(self.choice, self.processes) as pool:
            return pool.map(call, tasks)


def analyzed_event(analysis: Analysis, kind: Kind, *, part: str, seed: int) -> AnalyzedEvent:
    """Plan, render and analyze an event, or return the faces that were kept.

    Raises:
        TooFewIdentities: The folder has too few people for the event.
    """
    return analyzed_plan(analysis, plan_event(identities(analysis.crops, part), kind, seed))


def analyzed_plan(analysis: Analysis, event: PlannedEvent) -> AnalyzedEvent:
    """Render and analyze a planned event, or return the faces that were kept."""
    version = analysis.choice.engine().version
    photos = _kept(
        _key(event.photos, version, _code_of_photos(analysis.choice)),
        lambda: _photo_faces(analysis, event),
        fresh=analysis.fresh,
    )
    references = _kept(
        _key(event.references, version, _code_of_references()),
        lambda: _reference_faces(analysis, event),
        fresh=analysis.fresh,
    )
    names = [photo.name for photo in event.photos]
    return _event(names, list(event.references), event.labels, photos, references)


def faces_of_photos(
    choice: EngineChoice, pool: EnginePool, contents: Sequence[bytes], *, fresh: bool = False
) -> Arrays:
    """Analyze photos, or return the faces that were kept: `embeddings`, `boxes` and `photos`.

    Args:
        choice: The engine.
        pool: Processes with this engine.
        contents: The files. `photos` counts them from 0.
        fresh: Don't use results that were kept.
    """
    digests = [sha256(content).hexdigest() for content in contents]
    return _kept(
        _key(digests, choice.engine().version, _code_of_photos(choice)),
        lambda: _flat(pool.map(_faces_in, contents)),
        fresh=fresh,
    )


def references_of_crops(analysis: Analysis) -> dict[str, Embeddings]:
    """Return the usable references of each identity, made of all its crops (crops, 128)."""
    crops = identities(analysis.crops)
    owners = np.repeat(np.arange(len(crops)), [len(own) for own in crops.values()])
    tasks = [(crop, analysis.crops) for own in crops.values() for crop in own]
    found = _kept(
        _key(crops, analysis.choice.engine().version, _code_of_references()),
        lambda: _usable(analysis.in_processes(_reference_in_crop, tasks), owners),
        fresh=analysis.fresh,
    )
    return {
        name: found["embeddings"][found["owners"] == number] for number, name in enumerate(crops)
    }


def analyzed_folder(choice: EngineChoice, folder: Path, processes: int) -> AnalyzedEvent:
    """Analyze an existing event: `photos`, `people` with NAME.jpg or NAME/, and `labels.json`."""
    labels: EventLabels = json.loads((folder / "labels.json").read_text(encoding="utf-8"))
    of_people = {name: _reference_files(folder / "people", name) for name in labels["people"]}
    files = [file for own in of_people.values() for file in own]
    owners = np.repeat(np.arange(len(of_people)), [len(own) for own in of_people.values()])
    with EnginePool(choice, processes) as pool:
        photos = _flat(pool.map(_faces_in_file, [folder / "photos" / n for n in labels["photos"]]))
        references = _usable(pool.map(_reference_in_file, files), owners)
    return _event(list(labels["photos"]), list(of_people), labels, photos, references)


def _reference_files(people: Path, name: str) -> list[Path]:
    return sorted([*people.glob(f"{name}.jpg"), *(people / name).glob("*.jpg")])


def _event(
    photo_names: list[str],
    people: list[str],
    labels: EventLabels,
    photos: Arrays,
    references: Arrays,
) -> AnalyzedEvent:
    embeddings, owners = references["embeddings"], references["owners"]
    return AnalyzedEvent(
        embeddings=photos["embeddings"],
        photos=photos["photos"],
        boxes=[Box(*box) for box in photos["boxes"].tolist()],
        photo_names=photo_names,
        people=[
            Person(name, embeddings[owners == number])
            for number, name in enumerate(people)
            if (owners == number).any()
        ],
        labels=labels,
    )


def _photo_faces(analysis: Analysis, event: PlannedEvent) -> Arrays:
    tasks = [(photo, analysis.crops) for photo in event.photos]
    return _flat(analysis.in_processes(_faces_in_planned, tasks))


def _reference_faces(analysis: Analysis, event: PlannedEvent) -> Arrays:
    tasks = [(crop, analysis.crops) for own in event.references.values() for crop in own]
    counts = [len(own) for own in event.references.values()]
    owners = np.repeat(np.arange(len(counts)), counts)
    return _usable(analysis.in_processes(_reference_in_crop, tasks), owners)


def _flat(found: list[list[FoundFace]]) -> Arrays:
    """Return the faces, photo after photo, as arrays."""
    flat = [face for of_photo in found for face in of_photo]
    boxes = [(f.box.left, f.box.top, f.box.right, f.box.bottom) for f in flat]
    return {
        "embeddings": _rows([face.embedding for face in flat]),
        "boxes": np.array(boxes, dtype=np.int64).reshape(-1, 4),
        "photos": np.repeat(np.arange(len(found)), [len(of_photo) for of_photo in found]),
    }


def _usable(found: list[Embedding | None], owners: NDArray[np.int64]) -> Arrays:
    """Return the references that show one clear face, as arrays."""
    usable = [row for row, embedding in enumerate(found) if embedding is not None]
    embeddings = _rows([embedding for embedding in found if embedding is not None])
    return {"embeddings": embeddings, "owners": owners[usable]}


def _rows(embeddings: list[Embedding]) -> Embeddings:
    return np.array(embeddings, dtype=np.float32).reshape(-1, EMBEDDING_SIZE)


def _faces_in_planned(engine: FaceEngine, task: tuple[PlannedPhoto, Path]) -> list[FoundFace]:
    return _faces_in(engine, photo_jpeg(*task))


def _reference_in_crop(engine: FaceEngine, task: tuple[str, Path]) -> Embedding | None:
    return _reference_in(engine, reference_jpeg(*task))


def _faces_in_file(engine: FaceEngine, file: Path) -> list[FoundFace]:
    return _faces_in(engine, file.read_bytes())


def _reference_in_file(engine: FaceEngine, file: Path) -> Embedding | None:
    return _reference_in(engine, file.read_bytes())


def _faces_in(engine: FaceEngine, content: bytes) -> list[FoundFace]:
    return analyze_photo(engine, io.BytesIO(content), name="photo", max_pixels=MAX_PIXELS)


def _reference_in(engine: FaceEngine, content: bytes) -> Embedding | None:
    image = load_upright(io.BytesIO(content), name="reference", max_pixels=MAX_PIXELS)
    try:
        return reference_face(engine, image).embedding
    except UnusableReference:
        return None


def _kept(key: str, make: Callable[[], Arrays], *, fresh: bool) -> Arrays:
    file = KEPT_IN / f"{key}.npz"
    if file.is_file() and not fresh:
        with np.load(file) as kept:
            return dict(kept)
    made = make()
    content = io.BytesIO()
    np.savez(content, allow_pickle=False, **made)
    KEPT_IN.mkdir(parents=True, exist_ok=True)
    write_atomically(file, content.getvalue())
    return made


def _key(*parts: object) -> str:
    return sha256(repr(parts).encode()).hexdigest()[:24]


def _code_of_photos(choice: EngineChoice) -> str:
    if choice.detector == ORIGINAL:
        return _digest([Path(original.__file__)])
    return _digest(_files(*PHOTO_CODE))


def _code_of_references() -> str:
    return _digest(_files("faces/**/*.py", "imaging/**/*.py") - _files(*SORTING_CODE))


def _files(*patterns: str) -> set[Path]:
    return {file for pattern in patterns for file in _PACKAGE.glob(pattern)}


def _digest(files: Iterable[Path]) -> str:
    return sha256(b"".join(file.read_bytes() for file in sorted(files))).hexdigest()
