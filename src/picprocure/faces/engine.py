"""Find and embed the faces of a photo."""

from __future__ import annotations

from dataclasses import replace
from typing import IO, TYPE_CHECKING, Final, Protocol

from picprocure.faces.embedding.pose import yaw_of
from picprocure.faces.types import FoundFace
from picprocure.faces.vectors import normalize

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from picprocure.faces.detectors import Detection, Detector
    from picprocure.faces.embedding import Embedder
    from picprocure.faces.types import Box, Embedding, Embeddings
    from picprocure.imaging.loaded_image import LoadedImage

ANALYSIS_SIDE: Final = 3200
"""Longer side, in pixels, to which reference photos are reduced. Their faces are large."""

SHARP_PX: Final = 64
MIN_USEFUL_PX: Final = 24
"""A photo that was decoded at half its size is decoded again in full for the embeddings if one of
its faces is narrower than `SHARP_PX`, and at least `MIN_USEFUL_PX` wide in the original. Of 400
faces of LFW in JPEG files of 24 megapixels, these shares came within .5 of the person's other photo
(in brackets, the share that was found, if not all):

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

In all cases, 1 in 10,000 pairs of strangers came within .5. The embeddings were not normalized.
Decoding again takes 70 ms at 12 megapixels."""


class FaceEngine(Protocol):
    """Finds faces and embeds them. Several threads may call it at once."""

    @property
    def version(self) -> str:
        """A text that changes with the results. Embeddings of two versions can't be compared."""
        ...

    def find_faces(self, image: LoadedImage) -> list[FoundFace]:
        """Return the faces with embeddings of length 1, the most certain first."""
        ...

    def search_photo(self, image: LoadedImage) -> list[FoundFace]:
        """Return the faces of an event's photo, which may be sideways or upside down.

        Boxes are in the photo after it was turned by the faces' `turn`.
        """
        ...

    def embed_reference(self, image: LoadedImage, box: Box) -> Embedding:
        """Embed one face, with more effort if that separates people better.

        Args:
            image: A reference photo.
            box: The face, as `find_faces` returns it.

        Returns:
            An embedding (128,) of length 1.
        """
        ...

    def head_yaw(self, image: LoadedImage, box: Box) -> float:
        """Return the yaw of a head, as `picprocure.faces.embedding.pose` defines it."""
        ...

    def find_boxes(self, image: LoadedImage) -> list[Box]:
        """Return the boxes of the faces without embedding them. It is faster than `find_faces`."""
        ...


def engine_version(detector: str, embedder: str) -> str:
    """Return the version of the engine that is composed of these two, by their names."""
    return f"{detector}-{embedder}-5"


class ComposedEngine:
    """An engine that is composed of a detector and an embedder."""

    def __init__(self, detector: Detector, embedder: Embedder) -> None:
        self._detector = detector
        self._embedder = embedder

    @property
    def version(self) -> str:
        return engine_version(self._detector.name, self._embedder.name)

    def find_faces(self, image: LoadedImage) -> list[FoundFace]:
        """Return the faces with embeddings of length 1, the most certain first."""
        image = _improved(image)
        return self._embedded(image, self._detections(image))

    def search_photo(self, image: LoadedImage) -> list[FoundFace]:
        """Return the faces of a photo, which is turned if it is sideways or upside down."""
        # `picprocure sort` has this module in its main process, which needs no picture library.
        from picprocure.faces.turns import turned_upright  # noqa: PLC0415

        image = _improved(image)
        turn, detections = turned_upright(self._detector, image, self._detections(image))
        faces = self._embedded(image.turned(turn), detections)
        return [replace(face, turn=turn) for face in faces]

    def _detections(self, image: LoadedImage) -> list[Detection]:
        return self._detector.find(image.pixels, reduction=image.reduction)

    def _embedded(self, image: LoadedImage, detections: Sequence[Detection]) -> list[FoundFace]:
        embeddings = normalize(self._embeddings(image, [found.box for found in detections]))
        return [
            FoundFace(found.box.scaled(image.reduction), embedding, found.score)
            for found, embedding in zip(detections, embeddings, strict=True)
        ]

    def find_boxes(self, image: LoadedImage) -> list[Box]:
        detections = self._detections(_improved(image))
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
        embedding = self._embedder.embed_reference(_improved(image).pixels, shown)
        direction: Embedding = normalize(embedding[None, :])[0]
        return direction


def _improved(image: LoadedImage) -> LoadedImage:
    """Return a dark picture brighter and with less noise, and any other as it is.

    References are treated like photos, so that copies of a photo's faces are recognized.
    """
    # Not at the top, for the same reason as in `search_photo`.
    from picprocure.faces.dark_photos import improved  # noqa: PLC0415

    return improved(image)


def _wants_detail(box: Box, reduction: float) -> bool:
    return box.width < SHARP_PX and box.width * reduction >= MIN_USEFUL_PX


def analyze_photo(
    engine: FaceEngine,
    source: IO[bytes] | Path,
    *,
    name: str,
    max_pixels: int,
) -> list[FoundFace]:
    """Return the faces of a photo, with boxes in pixels of the upright original.

    A photo that is sideways or upside down is turned first (`FoundFace.turn`).

    Args:
        engine: Finds the faces.
        source: The file.
        name: What the user calls the photo, for messages.
        max_pixels: Larger photos are refused before they are decoded.

    Raises:
        UnusableImage: The photo can't be decoded or is too large.
    """
    # Not at the top, for the same reason as in `search_photo`.
    from picprocure.imaging.loading import load_for_search  # noqa: PLC0415

    return engine.search_photo(load_for_search(source, name=name, max_pixels=max_pixels))
