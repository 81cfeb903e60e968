"""From a photo to its faces."""

from __future__ import annotations

from functools import cache
from typing import IO, TYPE_CHECKING, Final, Protocol

from picprocure.faces.detectors.hog import HogDetector
from picprocure.faces.embedding.embedder import OnnxEmbedder
from picprocure.faces.embedding.pose import yaw_of
from picprocure.faces.types import FoundFace
from picprocure.faces.vectors import normalize
from picprocure.imaging.loading import load_for_search

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from picprocure.faces.detectors import Detector
    from picprocure.faces.embedding.embedder import Embedder
    from picprocure.faces.types import Box, Embedding, Embeddings
    from picprocure.imaging.loaded_image import LoadedImage

ANALYSIS_SIDE: Final = 3200
"""Longer side, in pixels, to which a reference photo is reduced: its one face is a large one."""

SHARP_PX: Final = 64
LEAST_USEFUL_PX: Final = 24
"""Where a photo was decoded at half its size and a face is narrower than the first there, but not
than the second in the original, the embeddings are made from the original, which is decoded for it.
Of 400 faces of LFW in JPEG files of 24 megapixels, as many came within .5 of the person's other
photo (in brackets, how many were found, where these weren't all):

    =======================  ======================  =========  =============
    face, original's pixels  photo at 3200           from half  from original
    =======================  ======================  =========  =============
    24                       (.00)                   .03 (.78)  .38 (.78)
    32                       .00 (.02)               .12        .67
    40                       .35 (.42)               .31        .72
    48                       .49 (.87)               .50        .79
    64                       .72                     .71        .80
    80                       .77                     .76        .81
    100                      .79                     .80        .81
    130                      .80                     .81        .81
    =======================  ======================  =========  =============

Strangers came within .5 as seldom (1 in 10,000 pairs); the embeddings as they were before they were
brought to length 1. At 12 megapixels it costs 70 ms."""


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

    def head_yaw(self, image: LoadedImage, box: Box) -> float:
        """Where the head is turned to (`picprocure.faces.embedding.pose`)."""
        ...

    def find_boxes(self, image: LoadedImage) -> list[Box]:
        """Where faces are, without embedding them: much quicker than `find_faces`."""
        ...


class DlibEngine:
    """A detector and an embedder, the weights of which are read once per process."""

    def __init__(self, detector: Detector | None = None, embedder: Embedder | None = None) -> None:
        self._detector = detector or HogDetector()
        self._embedder = embedder or shared_embedder()

    @property
    def version(self) -> str:
        return f"{self._detector.name}-{self._embedder.name}-3"

    def find_faces(self, image: LoadedImage) -> list[FoundFace]:
        """The faces of a picture, the most certain first."""
        detections = self._detector.find(image.pixels, reduction=image.reduction)
        embeddings = normalize(self._embeddings(image, [found.box for found in detections]))
        return [
            FoundFace(found.box.scaled(image.reduction), embedding, found.score)
            for found, embedding in zip(detections, embeddings, strict=True)
        ]

    def find_boxes(self, image: LoadedImage) -> list[Box]:
        detections = self._detector.find(image.pixels, reduction=image.reduction)
        return [found.box.scaled(image.reduction) for found in detections]

    def head_yaw(self, image: LoadedImage, box: Box) -> float:
        shown = box.scaled(1 / image.reduction)
        return yaw_of(self._embedder.landmarks(image.pixels, shown))

    def _embeddings(self, image: LoadedImage, boxes: Sequence[Box]) -> Embeddings:
        wants_detail = any(_wants_detail(box, image.reduction) for box in boxes)
        if image.full_resolution is None or not wants_detail:
            return self._embedder.embed(image.pixels, boxes)
        originals = [box.scaled(image.reduction) for box in boxes]
        return self._embedder.embed(image.full_resolution(), originals)

    def embed_reference(self, image: LoadedImage, box: Box) -> Embedding:
        shown = box.scaled(1 / image.reduction)
        embedding = self._embedder.embed_carefully(image.pixels, shown)
        direction: Embedding = normalize(embedding[None, :])[0]
        return direction


def _wants_detail(box: Box, reduction: float) -> bool:
    return box.width < SHARP_PX and box.width * reduction >= LEAST_USEFUL_PX


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
) -> list[FoundFace]:
    """The faces of a photo as it is stored; the boxes are in pixels of the upright original.

    Raises ``UnreadableImage``, ``ImageTooLarge`` and ``FileTooLarge``.
    """
    return engine.find_faces(load_for_search(source, name=name, max_pixels=max_pixels))
