"""Which file gets which name in the output folder."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from picprocure.system.file_names import MAX_NAME_BYTES, UniqueNames, folded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


def readable_names(
    photos: Iterable[str], *, is_free: Callable[[str], bool] = lambda _: True
) -> dict[str, str]:
    """A file name for each photo (a path with slashes), all different on whatever disk.

    It is the photo's own name where that is clear, else its folders are put before it:
    ``monday/1.jpg`` and ``tuesday/1.jpg`` become ``monday-1.jpg`` and ``tuesday-1.jpg``.
    """
    names = sorted(photos)
    plain = {name: PurePosixPath(name).name for name in names}
    uses = Counter(folded(name) for name in plain.values())
    unique = UniqueNames(is_free=is_free)
    chosen: dict[str, str] = {}
    for name in sorted(names, key=lambda name: (uses[folded(plain[name])] > 1, name)):
        wanted = plain[name]
        if uses[folded(wanted)] > 1:
            wanted = _short(name.replace("/", "-"))
        chosen[name] = unique.take(wanted)
    return chosen


def _short(name: str) -> str:
    """The end of the name, where the photo's own is, if all of it is too long."""
    encoded = os.fsencode(name)
    if len(encoded) <= MAX_NAME_BYTES:
        return name
    return encoded[-MAX_NAME_BYTES:].decode("utf-8", errors="ignore").lstrip(". ")
