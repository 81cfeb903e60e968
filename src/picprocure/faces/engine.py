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
"""Longer side, in pixels, to which a reference photo is reduced, since its face is large."""

SHARP_PX: Final = 64
MIN_USEFUL_PX: Final = 24
"""If a photo was decoded at half its size, and a face is narrower than ``SHARP_PX`` in that but not
narrower than ``MIN_USEFUL_PX`` in the original, the original is decoded for the embeddings.
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

Strangers came within .5 as seldom (1 in 10,000 pairs). The embeddings were not normalized. At 12
megapixels it costs 70 ms."""


class FaceEngine(Protocol):
    """Finds faces and embeds them; may be called from several threads at once."""

    @property
    def version(self) -> str:
        """Changes whenever results would; embeddings of two versions can't be compared."""
        ...

    def find_faces(self, image: LoadedImage) -> list[FoundFace]:
        """Return the faces of a picture with embeddings of length 1, the most certain first."""
        ...

    def embed_reference(self, image: LoadedImage, box: Box) -> Embedding:
        """Embed one face as the mean over augmented chips; ``box`` as `find_faces` gave it."""
        ...

    def head_yaw(self, image: LoadedImage, box: Box) -> float:
        """Return the yaw of the head (`picprocure.faces.embedding.pose`)."""
        ...

    def find_boxes(self, image: LoadedImage) -> list[Box]:
        """Return where faces are, without embedding them: much faster than `find_faces`."""
        ...


class DlibEngine:
    """A detector and an embedder, whose weights are read once per process."""

    def __init__(self, detector: Detector | None = None, embedder: Embedder | None = None) -> None:
        self._detector = detector or HogDetector()
        self._embedder = embedder or shared_embedder()

    @property
    def version(self) -> str:
        return f"{self._detector.name}-{self._embedder.name}-3"

    def find_faces(self, image: LoadedImage) -> list[FoundFace]:
        """Return the faces of a picture, the most certain first."""
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
        embedding = self._embedder.embed_augmented(image.pixels, shown)
        direction: Embedding = normalize(embedding[None, :])[0]
        return direction


def _wants_detail(box: Box, reduction: float) -> bool:
    return box.width < SHARP_PX and box.width * reduction >= MIN_USEFUL_PX


@cache
def shared_embedder() -> OnnxEmbedder:
    """Return the only embedder of this process; it reads its weights at the first face."""
    return OnnxEmbedder()


def analyze_photo(
    engine: FaceEngine,
    source: IO[bytes] | Path,
    *,
    name: str,
    max_pixels: int,
) -> list[FoundFace]:
    """Return the faces of a stored photo; the boxes are in pixels of the upright original.

    Raises ``UnreadableImage``, ``ImageTooLarge`` and ``FileTooLarge``.
    """
    return engine.find_faces(load_for_search(source, name=name, max_pixels=max_pixels))
