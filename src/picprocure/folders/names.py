"""Names of files and people, which may hold anything that a file system allows."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from pathlib import PurePath


def shown(name: str) -> str:
    """The name as it may be printed: no control characters, nothing that is not text."""
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in name)


def with_name(name: str, problem: str) -> str:
    """What is wrong with a file, beginning with its name; both as they may be printed."""
    return shown(problem if problem.startswith(name) else f"{name}: {problem}")


def address(path: PurePath | str) -> str:
    """A relative path as a relative URL."""
    return "./" + quote(os.fsencode(path))
