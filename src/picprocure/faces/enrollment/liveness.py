"""Whether a short film shows one person who turns their head as they were asked to.

It is friction, not proof: who has a film of somebody turning both ways, or a program that makes
one, gets past it. Who has a photo doesn't.

Measured on Labeled Faces in the Wild (YuNet): of 142 pairs of one person, one from the front (a yaw
below .15) and one turned (beyond .4), all were nearer than .44, and .95 nearer than .38.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

import numpy as np

from picprocure.faces.distances import distances_between
from picprocure.faces.enrollment.quality import BYSTANDER
from picprocure.faces.errors import (
    AnotherFaceInFilm,
    FaceLostInFilm,
    FilmTooShort,
    SeveralFacesInFilm,
    TurnMissing,
)
from picprocure.faces.thresholds import DEFAULT

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from picprocure.faces.engine import FaceEngine
    from picprocure.faces.types import Embedding, Embeddings
    from picprocure.imaging.loaded_image import LoadedImage

LEAST_FRAMES: Final = 8
MOST_FRAMES: Final = 40
MOST_LOST: Final = 0.4
"""Share of the frames in which no face need be found: detectors lose some that are far turned."""

TURNED: Final = 0.4
FRONTAL: Final = 0.25
"""Yaws (`embedding.pose`) from which on a head is turned, and below which it isn't. Of LFW, .08 are
beyond the first and .75 below the second."""


class Turn(StrEnum):
    """To which side, as the person themselves would say."""

    LEFT = "left"
    RIGHT = "right"


@dataclass(frozen=True, slots=True)
class FilmFrame:
    """The one face of a frame."""

    yaw: float
    embedding: Embedding

    @property
    def is_frontal(self) -> bool:
        return abs(self.yaw) < FRONTAL

    @property
    def turn(self) -> Turn | None:
        if abs(self.yaw) <= TURNED:
            return None
        return Turn.LEFT if self.yaw > 0 else Turn.RIGHT


def read_film(engine: FaceEngine, images: Iterable[LoadedImage]) -> list[FilmFrame]:
    """The frames in which a face was found, in their order; the images must not be mirrored.

    Raises FilmTooShort, SeveralFacesInFilm or FaceLostInFilm.
    """
    frames, count = [], 0
    for image in images:
        count += 1
        faces = engine.find_faces(image)
        widest = max((face.box.width for face in faces), default=0)
        shown = [face for face in faces if face.box.width >= BYSTANDER * widest]
        if len(shown) > 1:
            raise SeveralFacesInFilm
        frames += [FilmFrame(engine.head_yaw(image, face.box), face.embedding) for face in shown]
    if count < LEAST_FRAMES:
        raise FilmTooShort(count, LEAST_FRAMES)
    if count - len(frames) > MOST_LOST * count:
        raise FaceLostInFilm
    return frames


def check_film(
    frames: Sequence[FilmFrame], turns: Sequence[Turn], references: Embeddings
) -> NDArray[np.bool_]:
    """Check that the film shows the person of a reference, making exactly the requested turns.

    Args:
        references: directions (n, 128).

    Returns:
        Which references show the face in the film, (n,). Each is compared with the film itself,
        since references that agree with each other may still show two people.

    Raises:
        AnotherFaceInFilm, TurnMissing.
    """
    frontal = [frame.embedding for frame in frames if frame.is_frontal]
    if not frontal:
        raise TurnMissing
    front = np.stack(frontal)
    distances = distances_between(front, references)
    seen: NDArray[np.bool_] = distances.min(axis=0) < DEFAULT.reference_agreement
    if not seen.any():
        raise AnotherFaceInFilm
    nearest = distances[:, seen].min(axis=1).argmin()
    known = np.concatenate([references[seen], front[nearest][np.newaxis]])
    everything = np.stack([frame.embedding for frame in frames])
    if (distances_between(everything, known).min(axis=1) >= DEFAULT.reference_odds).any():
        raise AnotherFaceInFilm
    if _turns_of(frames) != list(turns):
        raise TurnMissing
    return seen


def _turns_of(frames: Sequence[FilmFrame]) -> list[Turn]:
    """The turns from the front and back; one that doesn't begin from the front is none."""
    turns: list[Turn] = []
    from_the_front = False
    for frame in frames:
        if frame.is_frontal:
            from_the_front = True
        elif frame.turn and (from_the_front or not turns or turns[-1] != frame.turn):
            turns.append(frame.turn)
            from_the_front = False
    return turns
