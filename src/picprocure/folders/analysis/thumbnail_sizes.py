"""The size of a photo in the comment of its thumbnail, so that faces can be drawn into it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

_COMMENT: Final = re.compile(rb"\xff\xfe..photo (\d{1,9})x(\d{1,9})\xff", re.DOTALL)
_HEAD_BYTES: Final = 1024


def size_comment(width: int, height: int) -> bytes:
    """Return the comment for a thumbnail of a photo of this size."""
    return f"photo {width}x{height}".encode("ascii")


def size_of_photo(thumbnail: Path) -> tuple[int, int] | None:
    """Return the width and height of the photo that a thumbnail shows, if it says so."""
    try:
        with thumbnail.open("rb") as file:
            found = _COMMENT.search(file.read(_HEAD_BYTES))
    except OSError:
        return None
    return (int(found[1]), int(found[2])) if found else None
