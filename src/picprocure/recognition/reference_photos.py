"""Profile photos: read, checked and cut to the surroundings of one face."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import IO

from PIL import Image

from picprocure.faces.engine import ANALYSIS_SIDE, FaceEngine
from picprocure.faces.enrollment.quality import check_pose, crop_around, reference_face
from picprocure.faces.types import Box, Embedding
from picprocure.imaging.loaded_image import LoadedImage, Pixels
from picprocure.photos.intake import PhotoLimits
from picprocure.photos.profile_photos import read_portrait
from picprocure.photos.services import profile_photo_limits

# Enough for a host to recognize the person, and no more.
REFERENCE_SIDE = 1024

_JPEG_QUALITY = 92


@dataclass(frozen=True, slots=True)
class ReferencePhoto:
    """A profile photo that shows one clear face, ready to enroll with."""

    image: bytes  # a clean JPEG
    embedding: Embedding
    engine_version: str


def read_picture(
    upload: IO[bytes], *, name: str, size: int, limits: PhotoLimits | None = None
) -> LoadedImage:
    """Read the picture that a person adds of themselves: JPEG, PNG, WebP or HEIC.

    It is decoded, never stored as it is. Raises RefusedPhoto if it isn't a usable picture, and
    Busy when no decoder is free for too long.
    """
    limits = limits or profile_photo_limits()
    return read_portrait(upload, name=name, size=size, limits=limits, max_side=ANALYSIS_SIDE)


def read_reference(
    image: LoadedImage, *, engine: FaceEngine, chosen: Box | None = None
) -> ReferencePhoto:
    """Check a picture before anything of it is stored; ``chosen`` is the face that was picked.

    Only the surroundings of the face are kept. Raises UnusableReference when it doesn't show one
    clear face, which says what was found and what to do.
    """
    face = reference_face(engine, image, chosen=chosen)
    check_pose(engine, image, face.box)
    return ReferencePhoto(
        image=as_jpeg(crop_around(image, face.box), max_side=REFERENCE_SIDE),
        embedding=face.embedding,
        engine_version=engine.version,
    )


def as_jpeg(pixels: Pixels, *, max_side: int) -> bytes:
    """Pixels as a JPEG without metadata, reduced to ``max_side`` if they are more."""
    picture = Image.fromarray(pixels)
    picture.thumbnail((max_side, max_side), Image.Resampling.LANCZOS)
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=_JPEG_QUALITY)
    return out.getvalue()
