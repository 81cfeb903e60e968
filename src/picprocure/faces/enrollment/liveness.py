"""Check that camera frames show one person who turns their head as requested.

This is presentation attack detection by challenge and response. It stops printed photos. It doesn't
stop a video of a person who turns both ways, or a program that makes such a video.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

import numpy as np

from picprocure.faces.distances import distances_between
from picprocure.faces.errors import (
    AnotherFaceInFrames,
    FaceLostInFrames,
    SeveralFacesInFrames,
    TooFewFrames,
    TurnMissing,
)
from picprocure.faces.thresholds import LIVENESS, QUALITY

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from picprocure.faces.engine import FaceEngine
    from picprocure.faces.thresholds import Thresholds
    from picprocure.faces.types import Embedding, Embeddings
    from picprocure.imaging.loaded_image import LoadedImage

MAX_FRAMES: Final = 40
"""Frames of one check. All of them are in memory."""


class Turn(StrEnum):
    """A turn of the head, from the person's own point of view."""

    LEFT = "left"
    RIGHT = "right"


@dataclass(frozen=True, slots=True)
class Frame:
    """The face in one frame.

    Attributes:
        yaw: `picprocure.faces.embedding.pose`.
        embedding: (128,).
    """

    yaw: float
    embedding: Embedding

    @property
    def is_frontal(self) -> bool:
        """Return whether the head looks at the camera."""
        return abs(self.yaw) < LIVENESS.frontal

    @property
    def turn(self) -> Turn | None:
        """Return the side to which the head is turned, or None if it isn't turned far enough."""
        if abs(self.yaw) <= LIVENESS.turned:
            return None
        return Turn.LEFT if self.yaw > 0 else Turn.RIGHT


def read_frames(engine: FaceEngine, images: Iterable[LoadedImage]) -> list[Frame]:
    """Find the face in each frame. Frames without a face are left out.

    Args:
        engine: Finds and embeds faces.
        images: The frames in their order, not mirrored.

    Raises:
        TooFewFrames: There are too few frames.
        SeveralFacesInFrames: A frame shows several people.
        FaceLostInFrames: Too many frames show no face.
    """
    frames, count = [], 0
    for image in images:
        count += 1
        faces = engine.find_faces(image)
        widest = max((face.box.width for face in faces), default=0)
        shown = [face for face in faces if face.box.width >= QUALITY.max_background_width * widest]
        if len(shown) > 1:
            raise SeveralFacesInFrames
        frames += [Frame(engine.head_yaw(image, face.box), face.embedding) for face in shown]
    if count < LIVENESS.min_frames:
        raise TooFewFrames(count, LIVENESS.min_frames)
    if count - len(frames) > LIVENESS.max_lost_share * count:
        raise FaceLostInFrames
    return frames


def check_frames(
    frames: Sequence[Frame],
    turns: Sequence[Turn],
    references: Embeddings,
    thresholds: Thresholds,
) -> NDArray[np.bool_]:
    """Check that frames show the person of a reference, who makes exactly the requested turns.

    Each reference is compared with all frames, since references that agree with each other may
    still show two people, and since stills may be put among the frames.

    Args:
        frames: In their order.
        turns: The requested turns.
        references: (n, 128), of length 1.
        thresholds: Those of the engine that embedded all faces.

    Returns:
        Which references show the face in the frames, bool (n,).

    Raises:
        AnotherFaceInFrames: The frames show several people, or the person of no reference.
        TurnMissing: The frames show other turns.
    """
    is_frontal = np.array([frame.is_frontal for frame in frames], dtype=np.bool_)
    if not is_frontal.any():
        raise TurnMissing
    faces = np.stack([frame.embedding for frame in frames])
    if not _is_one_face(faces, is_frontal, thresholds):
        raise AnotherFaceInFrames
    distances = distances_between(faces, references)
    frontal_share = (distances[is_frontal] < thresholds.reference_agreement).mean(axis=0)
    limits = np.where(is_frontal, thresholds.front_reference, thresholds.reference_odds)
    seen: NDArray[np.bool_] = frontal_share > LIVENESS.min_frontal_share
    seen &= (distances < limits[:, np.newaxis]).all(axis=0)
    if not seen.any():
        raise AnotherFaceInFrames
    if _turns_of(frames) != list(turns):
        raise TurnMissing
    return seen


def _is_one_face(faces: Embeddings, is_frontal: NDArray[np.bool_], thresholds: Thresholds) -> bool:
    """Return whether all frames agree with the middle one of the frontal frames."""
    front = faces[is_frontal]
    middle = front[distances_between(front, front).sum(axis=1).argmin()]
    distances = distances_between(faces, middle[np.newaxis])[:, 0]
    limits = np.where(is_frontal, thresholds.front_agreement, thresholds.reference_odds)
    return bool((distances < limits).all())


def _turns_of(frames: Sequence[Frame]) -> list[Turn]:
    """Return the turns in their order. Each begins with the head at the front."""
    turns: list[Turn] = []
    was_frontal = False
    for frame in frames:
        if frame.is_frontal:
            was_frontal = True
        elif frame.turn and (was_frontal or not turns or turns[-1] != frame.turn):
            turns.append(frame.turn)
            was_frontal = False
    return turns
