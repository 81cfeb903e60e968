"""Which files are photos: by their first bytes, or by an ending that promises one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from picprocure.imaging.kinds import HEAD_BYTES, PHOTO_SUFFIXES, kind_of

if TYPE_CHECKING:
    from pathlib import Path


def is_photo(path: Path) -> bool:
    """Whether to try it. What is no photo by name and by content is passed over.

    Whoever gives a file a photo's ending means a photo: when it can't be read, that is said.
    """
    return path.suffix.lower() in PHOTO_SUFFIXES or _begins_like_a_photo(path)


def _begins_like_a_photo(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return kind_of(file.read(HEAD_BYTES)) is not None
    except OSError:
        return False
