"""The file names of thumbnails."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from picprocure.faces.types import Box


def thumbnail_name(digest: str) -> str:
    """Return the name of a photo's thumbnail."""
    return f"{digest[:32]}.jpg"


def face_name(digest: str, box: Box) -> str:
    """Return the name of a face's thumbnail. The box is in pixels of the original."""
    return f"{digest[:32]}-{box.left}.{box.top}.{box.right}.{box.bottom}.jpg"
