"""Which file gets which name in the output folder."""

from __future__ import annotations

import os
from collections import Counter
from itertools import count
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final

from picprocure.folders.names import folding

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

MAX_NAME_BYTES: Final = 240
"""Most file systems take 255; some are left for a number."""


def readable_names(
    photos: Iterable[str], *, is_free: Callable[[str], bool] = lambda _: True
) -> dict[str, str]:
    """A file name for each photo (a path with slashes), all different on whatever disk.

    It is the photo's own name where that is clear, else its folders are put before it:
    ``monday/1.jpg`` and ``tuesday/1.jpg`` become ``monday-1.jpg`` and ``tuesday-1.jpg``.
    """
    names = sorted(photos)
    plain = {name: PurePosixPath(name).name for name in names}
    uses = Counter(folding(name) for name in plain.values())
    chosen: dict[str, str] = {}
    taken: set[str] = set()
    for name in sorted(names, key=lambda name: (uses[folding(plain[name])] > 1, name)):
        wanted = plain[name]
        if uses[folding(wanted)] > 1:
            wanted = _short(name.replace("/", "-"))
        chosen[name] = next(
            free for free in _numbered(wanted) if folding(free) not in taken and is_free(free)
        )
        taken.add(folding(chosen[name]))
    return chosen


def _numbered(name: str) -> Iterable[str]:
    yield name
    path = PurePosixPath(name)
    for number in count(2):
        yield f"{path.stem} ({number}){path.suffix}"


def _short(name: str) -> str:
    """The end of the name, where the photo's own is, if all of it is too long."""
    encoded = os.fsencode(name)
    if len(encoded) <= MAX_NAME_BYTES:
        return name
    return encoded[-MAX_NAME_BYTES:].decode("utf-8", errors="ignore").lstrip(". ")
