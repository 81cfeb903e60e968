"""File names that differ on every file system."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_NAME_BYTES: Final = 240
"""Most file systems allow 255. The rest is for a number such as " (10000)"."""

_EXTENSION: Final = re.compile(r"\.[A-Za-z0-9]{1,10}\Z")


def split_extension(name: str) -> tuple[str, str]:
    """Return the stem and the extension with its dot. The extension may be empty."""
    found = _EXTENSION.search(name)
    return (name[: found.start()], found.group()) if found else (name, "")


def folded(name: str) -> str:
    """Return a key that is equal for names that some file system takes for the same name.

    Such names differ only in case, in the form of accented letters, or in dots and spaces at the
    end.
    """
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold()).rstrip(" .")


class UniqueNames:
    """The names of the files of one folder or ZIP. The second `a.jpg` becomes `a (2).jpg`."""

    def __init__(self, *, is_free: Callable[[str], bool] = lambda _: True) -> None:
        """Start without names.

        Args:
            is_free: Returns whether a name may be used. The answer for a name must not change.
        """
        self._is_free = is_free
        self._taken: set[str] = set()
        self._last_numbers: dict[str, int] = {}

    def take(self, wanted: str) -> str:
        """Return the name, with a number if it is in use."""
        key = folded(wanted)
        stem, extension = split_extension(wanted)
        name = wanted
        while folded(name) in self._taken or not self._is_free(name):
            number = self._last_numbers.get(key, 1) + 1
            self._last_numbers[key] = number
            name = f"{stem} ({number}){extension}"
        self._taken.add(folded(name))
        return name
