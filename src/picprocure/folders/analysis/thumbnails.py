"""JPEG thumbnails of photos and faces for the HTML page of a run."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Final

from PIL import Image

from picprocure.folders.analysis.thumbnail_names import face_name, thumbnail_name
from picprocure.folders.analysis.thumbnail_sizes import size_comment
from picprocure.imaging.pixels import fitting
from picprocure.system.atomic_files import write_atomically

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from picprocure.faces.types import Box
    from picprocure.imaging.loaded_image import LoadedImage

THUMBNAIL_SIDE: Final = 400
FACE_SIDE: Final = 160
FACE_MARGIN: Final = 0.35
"""Margin on each side of a face, as a share of the face's width."""

QUALITY: Final = 78


def write_photo_thumbnail(image: LoadedImage, digest: str, folder: Path) -> None:
    """Write a thumbnail of the photo. Its comment is the size of the photo, for boxes of faces."""
    picture = Image.fromarray(image.pixels)
    comment = size_comment(image.width, image.height)
    _save(_reduce(picture, THUMBNAIL_SIDE), folder / thumbnail_name(digest), comment=comment)


def write_face_thumbnails(
    image: LoadedImage, digest: str, boxes: Iterable[Box], folder: Path
) -> None:
    """Write a thumbnail of each face, each to its own file."""
    for box in boxes:
        left, top, right, bottom = _face_region(box, image)
        face = Image.fromarray(image.pixels[top:bottom, left:right])
        _save(_reduce(face, FACE_SIDE), folder / face_name(digest, box))


def _face_region(box: Box, image: LoadedImage) -> tuple[int, int, int, int]:
    """Return the face with a margin, clipped to `image.pixels`, at least one pixel in size."""
    face = box.scaled(1 / image.reduction)
    margin = round(FACE_MARGIN * face.width)
    region = type(box)(
        face.left - margin, face.top - margin, face.right + margin, face.bottom + margin
    )
    height, width = image.pixels.shape[:2]
    inside = region.clipped(width, height)
    left, top = min(inside.left, width - 1), min(inside.top, height - 1)
    return left, top, max(inside.right, left + 1), max(inside.bottom, top + 1)


def _reduce(picture: Image.Image, max_side: int) -> Image.Image:
    size = fitting(*picture.size, max_side)
    if size == picture.size:
        return picture
    # A gap of 1 leaves most of the work to whole-number reduction, which takes a third of the time.
    return picture.resize(size, Image.Resampling.BICUBIC, reducing_gap=1.0)


def _save(picture: Image.Image, path: Path, *, comment: bytes = b"") -> None:
    content = io.BytesIO()
    picture.save(content, "JPEG", quality=QUALITY, comment=comment)
    write_atomically(path, content.getvalue())
