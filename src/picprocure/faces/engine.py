"""From a photo to its faces."""

from __future__ import annotations

from functools import cache
from typing import IO, TYPE_CHECKING, Final, Protocol

from picprocure.faces.detectors.hog import HogDetector
from picprocure.faces.embedder import OnnxEmbedder
from picprocure.faces.image import load_upright
from picprocure.faces.sphere import directions
from picprocure.faces.types import FoundFace

if TYPE_CHECKING:
    from pathlib import Path

    from picprocure.faces.detectors import Detector
    from picprocure.faces.embedder import Embedder
    from picprocure.faces.types import Box, Embedding, LoadedImage

ANALYSIS_SIDE: Final = 3200


class FaceEngine(Protocol):
    """Finds faces and embeds them; may be called from several threads at once."""

    @property
    def version(self) -> str:
        """Another one whenever results would be others: embeddings of two don't compare."""
        ...

    def find_faces(self, image: LoadedImage) -> list[FoundFace]: ...

    def embed_reference(self, image: LoadedImage, box: Box) -> Embedding:
        """With more care than one face of many gets; ``box`` as `find_faces` gave it."""
        ...


class DlibEngine:
    """A detector and an embedder, the weights of which are read once per process."""

    def __init__(self, detector: Detector | None = None, embedder: Embedder | None = None) -> None:
        self._detector = detector or HogDetector()
        self._embedder = embedder or shared_embedder()

    @property
    def version(self) -> str:
        return f"{self._detector.name}-{self._embedder.name}-2"

    def find_faces(self, image: LoadedImage) -> list[FoundFace]:
        """The faces of a picture, the most certain first."""
        detections = self._detector.find(image.pixels)
        boxes = [found.box for found in detections]
        embeddings = directions(self._embedder.embed(image.pixels, boxes))
        return [
            FoundFace(found.box.scaled(image.reduction), embedding, found.score)
            for found, embedding in zip(detections, embeddings, strict=True)
        ]

    def embed_reference(self, image: LoadedImage, box: Box) -> Embedding:
        shown = box.scaled(1 / image.reduction)
        embedding = self._embedder.embed_carefully(image.pixels, shown)
        direction: Embedding = directions(embedding[None, :])[0]
        return direction


@cache
def shared_embedder() -> OnnxEmbedder:
    """The process's one embedder; it reads its weights when the first face comes."""
    return OnnxEmbedder()


def analyze_photo(
    engine: FaceEngine,
    source: IO[bytes] | Path,
    *,
    name: str,
    max_pixels: int,
    max_side: int = ANALYSIS_SIDE,
) -> list[FoundFace]:
    """The faces of a photo as it is stored; the boxes are in pixels of the upright original.

    Raises ``UnreadableImage`` and ``ImageTooLarge``.
    """
    image = load_upright(source, name=name, max_pixels=max_pixels, max_side=max_side)
    return engine.find_faces(image)
