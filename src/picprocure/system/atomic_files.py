"""Write files in one step: other processes see the whole file, the old one, or none."""

from __future__ import annotations

import os
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

PRIVATE: Final = 0o600
"""File mode: only the owner can read and write."""

READABLE: Final = 0o644
"""File mode: everyone can read, only the owner can write."""


def write_atomically(
    path: Path,
    content: bytes,
    *,
    mode: int = PRIVATE,
    is_durable: bool = False,
    scratch: Path | None = None,
) -> None:
    """Write a file, replacing the one that is there.

    Args:
        path: A file in an existing folder. If it is a link, the link is replaced.
        content: All bytes of the file.
        mode: The permissions of the new file.
        is_durable: Wait until the content is on the disk, so that it survives a power failure.
        scratch: A folder on the same file system for the temporary file. By default it is
            a hidden file beside `path`.

    Raises:
        OSError: The file can't be written. The old one is unchanged.
    """
    temporary_path = (scratch or path.parent) / path.name
    with _temporary(temporary_path, content, mode=mode, is_durable=is_durable) as temporary:
        temporary.replace(path)


def create_atomically(path: Path, content: bytes) -> bool:
    """Create a durable, private file, unless there is one.

    Of several processes that call this at the same time, one creates the file.

    Returns:
        Whether this call created the file.

    Raises:
        OSError: The file can't be written.
    """
    with _temporary(path, content, mode=PRIVATE, is_durable=True) as temporary:
        try:
            os.link(temporary, path)
        except FileExistsError:
            return False
    return True


@contextmanager
def _temporary(path: Path, content: bytes, *, mode: int, is_durable: bool) -> Iterator[Path]:
    """Write a hidden file beside a path. Remove it at the end if it is still there."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            if is_durable:
                file.flush()
                os.fsync(file.fileno())
        if mode != PRIVATE:  # as `mkstemp` made it
            temporary.chmod(mode)
        yield temporary
    finally:
        temporary.unlink(missing_ok=True)
