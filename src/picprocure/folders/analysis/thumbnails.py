"""Small pictures for the page that a run leaves: photos and faces, as JPEG."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Final

from PIL import Image

from picprocure.imaging.pixels import fitting
from picprocure.system.atomic_files import write_atomically

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from picprocure.faces.types import Box
    from picprocure.imaging.loaded_image import LoadedImage

THUMBNAIL_SIDE: Final = 400
FACE_SIDE: Final = 160
AROUND_FACE: Final = 0.35
"""How much of a face's width is shown on each side of it."""

QUALITY: Final = 78


def thumbnail_name(digest: str) -> str:
    return f"{digest[:32]}.jpg"


def face_name(digest: str, box: Box) -> str:
    return f"{digest[:32]}-{box.left}.{box.top}.{box.right}.{box.bottom}.jpg"


def draw(image: LoadedImage, digest: str, boxes: Iterable[Box], folder: Path) -> None:
    """The photo and the faces in it, each small and in a file of its own."""
    picture = Image.fromarray(image.pixels)
    _save(_reduced(picture, THUMBNAIL_SIDE), folder / thumbnail_name(digest))
    for box in boxes:
        face = picture.crop(_surroundings(box, image))
        _save(_reduced(face, FACE_SIDE), folder / face_name(digest, box))


def _surroundings(box: Box, image: LoadedImage) -> tuple[int, int, int, int]:
    """The face with some space around it, in ``image.pixels``; at least one pixel."""
    shown = box.scaled(1 / image.reduction)
    space = round(AROUND_FACE * shown.width)
    wide = type(box)(
        shown.left - space, shown.top - space, shown.right + space, shown.bottom + space
    )
    height, width = image.pixels.shape[:2]
    inside = wide.clipped(width, height)
    left, top = min(inside.left, width - 1), min(inside.top, height - 1)
    return left, top, max(inside.right, left + 1), max(inside.bottom, top + 1)


def _reduced(picture: Image.Image, max_side: int) -> Image.Image:
    size = fitting(*picture.size, max_side)
    if size == picture.size:
        return picture
    # A gap near 1 leaves nearly all of it to whole-number reduction: a third of the time.
    return picture.resize(size, Image.Resampling.BICUBIC, reducing_gap=1.1)


def _save(picture: Image.Image, path: Path) -> None:
    content = io.BytesIO()
    picture.save(content, "JPEG", quality=QUALITY)
    write_atomically(path, content.getvalue())
