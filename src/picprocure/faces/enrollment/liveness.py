"""Check that camera frames show one person who turns their head as requested.

This is presentation attack detection by challenge and response. It stops printed photos. It doesn't
stop a video of a person turning both ways, or a program that makes one.

Measured on Labeled Faces in the Wild (YuNet): of 142 pairs of one person, one from the front (a yaw
below .15) and one turned (beyond .4), all were nearer than .44, and .95 nearer than .38.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

import numpy as np

from picprocure.faces.distances import distances_between
from picprocure.faces.enrollment.quality import MAX_BACKGROUND_WIDTH
from picprocure.faces.errors import (
    AnotherFaceInFrames,
    FaceLostInFrames,
    SeveralFacesInFrames,
    TooFewFrames,
    TurnMissing,
)
from picprocure.faces.thresholds import DEFAULT

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from picprocure.faces.engine import FaceEngine
    from picprocure.faces.types import Embedding, Embeddings
    from picprocure.imaging.loaded_image import LoadedImage

MIN_FRAMES: Final = 8
MAX_FRAMES: Final = 40
MAX_LOST_SHARE: Final = 0.4
"""Share of the frames that may be without a face, since detectors lose some that are far turned."""

TURNED: Final = 0.4
FRONTAL: Final = 0.25
"""Yaws (`embedding.pose`) above which a head is turned, and below which it isn't. Of LFW, .08 are
beyond the first and .75 below the second."""


FRONT_AGREEMENT: Final = 0.3
"""Distance below which each frontal frame must be to the middle one. Frontal stills of six
people were tilted by up to 9 degrees, reduced to .6, blurred, and made half to 1.6 times as bright.
All were nearer than .20 to the middle one of their person, and all turned ones nearer than .36."""

FRONT_REFERENCE: Final = 0.4
MIN_FRONTAL_SHARE: Final = 0.5
"""A reference must be nearer than the first to every frontal frame, nearer than
``reference_agreement`` to more than this share of them, and nearer than ``reference_odds`` to every
other frame. So frames that are added bring hardly any reference that the other frames don't
show. Of 878 pairs of a reference that agrees with a frontal picture of its person and
another picture on which that person is turned, all were within ``reference_odds``. Of 37 other
pictures of the six people in the films of the tests, 36 were seen. Of 26 blends of these people
with others that were near enough to be enrolled, 12 were seen in a person's own film. With one to
20 stills of any blend appended, no other blend was seen."""


class Turn(StrEnum):
    """The side, from the person's own point of view."""

    LEFT = "left"
    RIGHT = "right"


@dataclass(frozen=True, slots=True)
class Frame:
    """The face in one frame: its yaw, and its embedding (128,)."""

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


def read_frames(engine: FaceEngine, images: Iterable[LoadedImage]) -> list[Frame]:
    """Return the frames with a face, in their order.

    Args:
        images: not mirrored.

    Raises:
        TooFewFrames, SeveralFacesInFrames, FaceLostInFrames.
    """
    frames, count = [], 0
    for image in images:
        count += 1
        faces = engine.find_faces(image)
        widest = max((face.box.width for face in faces), default=0)
        shown = [face for face in faces if face.box.width >= MAX_BACKGROUND_WIDTH * widest]
        if len(shown) > 1:
            raise SeveralFacesInFrames
        frames += [Frame(engine.head_yaw(image, face.box), face.embedding) for face in shown]
    if count < MIN_FRAMES:
        raise TooFewFrames(count, MIN_FRAMES)
    if count - len(frames) > MAX_LOST_SHARE * count:
        raise FaceLostInFrames
    return frames


def check_frames(
    frames: Sequence[Frame], turns: Sequence[Turn], references: Embeddings
) -> NDArray[np.bool_]:
    """Check that the frames show the person of a reference, making exactly the requested turns.

    Args:
        references: (n, 128), of length 1.

    Returns:
        Which references show the face in the frames, bool (n,). Each is compared with all frames,
        since references that agree with each other may still show two people. A few frames are
        never enough, since stills can be put among them.

    Raises:
        AnotherFaceInFrames, TurnMissing.
    """
    is_frontal = np.array([frame.is_frontal for frame in frames], dtype=np.bool_)
    if not is_frontal.any():
        raise TurnMissing
    faces = np.stack([frame.embedding for frame in frames])
    if not _is_one_face(faces, is_frontal):
        raise AnotherFaceInFrames
    distances = distances_between(faces, references)
    frontal_share = (distances[is_frontal] < DEFAULT.reference_agreement).mean(axis=0)
    limits = np.where(is_frontal, FRONT_REFERENCE, DEFAULT.reference_odds)
    seen: NDArray[np.bool_] = frontal_share > MIN_FRONTAL_SHARE
    seen &= (distances < limits[:, np.newaxis]).all(axis=0)
    if not seen.any():
        raise AnotherFaceInFrames
    if _turns_of(frames) != list(turns):
        raise TurnMissing
    return seen


def _is_one_face(faces: Embeddings, is_frontal: NDArray[np.bool_]) -> bool:
    """Return whether all frames agree with the frontal one that is nearest to the others."""
    front = faces[is_frontal]
    middle = front[distances_between(front, front).sum(axis=1).argmin()]
    distances = distances_between(faces, middle[np.newaxis])[:, 0]
    limits = np.where(is_frontal, FRONT_AGREEMENT, DEFAULT.reference_odds)
    return bool((distances < limits).all())


def _turns_of(frames: Sequence[Frame]) -> list[Turn]:
    """Return the turns that begin at the front."""
    turns: list[Turn] = []
    was_frontal = False
    for frame in frames:
        if frame.is_frontal:
            was_frontal = True
        elif frame.turn and (was_frontal or not turns or turns[-1] != frame.turn):
            turns.append(frame.turn)
            was_frontal = False
    return turns
