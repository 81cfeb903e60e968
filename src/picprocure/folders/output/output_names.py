"""File names in the output folder."""

from __future__ import annotations

import os
from collections import Counter
from itertools import count
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final

from picprocure.folders.names import collision_key

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

MAX_NAME_BYTES: Final = 240
"""Most file systems allow 255 bytes. The rest is for a number."""


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
    uses = Counter(collision_key(name) for name in plain.values())
    chosen: dict[str, str] = {}
    taken: set[str] = set()
    for name in sorted(names, key=lambda name: (uses[collision_key(plain[name])] > 1, name)):
        wanted = plain[name]
        if uses[collision_key(wanted)] > 1:
            wanted = _shorten(name.replace("/", "-"))
        chosen[name] = next(
            free
            for free in _numbered_variants(wanted)
            if collision_key(free) not in taken and is_free(free)
        )
        taken.add(collision_key(chosen[name]))
    return chosen


def _numbered_variants(name: str) -> Iterable[str]:
    yield name
    path = PurePosixPath(name)
    for number in count(2):
        yield f"{path.stem} ({number}){path.suffix}"


def _shorten(name: str) -> str:
    """Return the end of a name that is too long, as the photo's own name is there."""
    encoded = os.fsencode(name)
    if len(encoded) <= MAX_NAME_BYTES:
        return name
    return encoded[-MAX_NAME_BYTES:].decode("utf-8", errors="ignore").lstrip(". ")
