"""File names in the output folder."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from picprocure.system.file_names import MAX_NAME_BYTES, UniqueNames, folded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


def unique_file_names(
    photos: Iterable[str], *, is_free: Callable[[str], bool] = lambda _: True
) -> dict[str, str]:
    """Return a file name for each photo. The names differ on every file system.

    A photo keeps its own name if no other photo has the same. Otherwise its folders are added:
    `monday/1.jpg` and `tuesday/1.jpg` become `monday-1.jpg` and `tuesday-1.jpg`.

    Args:
        photos: The photos' paths, with forward slashes.
        is_free: Returns whether a file name can be used.
    """
    names = sorted(photos)
    plain = {name: PurePosixPath(name).name for name in names}
    uses = Counter(folded(name) for name in plain.values())
    unique = UniqueNames(is_free=is_free)
    chosen: dict[str, str] = {}
    for name in sorted(names, key=lambda name: (uses[folded(plain[name])] > 1, name)):
        file_name = plain[name]
        if uses[folded(file_name)] > 1:
            file_name = _shorten(name.replace("/", "-"))
        chosen[name] = unique.take(file_name)
    return chosen


def _shorten(name: str) -> str:
    """Return the end of a name that is too long, as the photo's own name is there."""
    encoded = os.fsencode(name)
    if len(encoded) <= MAX_NAME_BYTES:
        return name
    return encoded[-MAX_NAME_BYTES:].decode("utf-8", errors="ignore").lstrip(". ")
