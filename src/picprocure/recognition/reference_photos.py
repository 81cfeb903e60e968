"""Photos that people enroll with: read, checked and cropped around one face."""

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
    """A photo that shows one clear face, ready to enroll with."""

    image: bytes  # a JPEG without metadata
    embedding: Embedding
    engine_version: str


def read_picture(
    upload: IO[bytes], *, name: str, size: int, limits: PhotoLimits | None = None
) -> LoadedImage:
    """Read a photo that a person adds of themselves: JPEG, PNG, WebP or HEIC.

    The uploaded file itself is never stored.

    Args:
        upload: The uploaded file.
        name: Its name, for messages.
        size: Its size in bytes.
        limits: The limits of size and pixels; by default those for profile photos.

    Raises:
        RefusedPhoto: The file isn't a usable picture.
        Busy: No decoder was free in time.
    """
    limits = limits or profile_photo_limits()
    return read_portrait(upload, name=name, size=size, limits=limits, max_side=ANALYSIS_SIDE)


def read_reference(
    image: LoadedImage, *, engine: FaceEngine, chosen: Box | None = None
) -> ReferencePhoto:
    """Check a picture, and crop it around the face. Nothing is stored.

    Args:
        image: The picture.
        engine: The engine that finds and embeds the face.
        chosen: The box of the person's face, if they chose one of several.

    Raises:
        UnusableReference: The picture doesn't show one clear face. The message says what was
            found and what to do.
    """
    face = reference_face(engine, image, chosen=chosen)
    check_pose(engine, image, face.box)
    return ReferencePhoto(
        image=as_jpeg(crop_around(image, face.box), max_side=REFERENCE_SIDE),
        embedding=face.embedding,
        engine_version=engine.version,
    )


def as_jpeg(pixels: Pixels, *, max_side: int) -> bytes:
    """Return pixels as a JPEG without metadata, at most `max_side` wide and high."""
    picture = Image.fromarray(pixels)
    picture.thumbnail((max_side, max_side), Image.Resampling.LANCZOS)
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=_JPEG_QUALITY)
    return out.getvalue()
