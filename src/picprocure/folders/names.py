"""Names of files and people, which may contain any character that a file system allows."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from pathlib import PurePath


def printable(name: str) -> str:
    """Return the name with control characters and undecodable bytes replaced, safe to print."""
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in name)


def name_with_problem(name: str, problem: str) -> str:
    """Return a printable message that begins with the file's name, without repeating the name."""
    return printable(problem if problem.startswith(name) else f"{name}: {problem}")


def relative_url(path: PurePath | str) -> str:
    """Return a relative path as a relative URL."""
    return "./" + quote(os.fsencode(path))
