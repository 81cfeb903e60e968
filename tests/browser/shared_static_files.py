"""Static files are compressed for the first site of a test run, and copied for the others."""

from __future__ import annotations

import shutil
from pathlib import Path
from uuid import uuid4

from picprocure.cli.static_files import STAMP


def take(data_dir: Path) -> None:
    """Give a site that was never started the files of an earlier one."""
    shared = _shared_folder(data_dir)
    if shared.is_dir() and not (data_dir / STAMP).exists():
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        shutil.copytree(shared, data_dir, dirs_exist_ok=True)


def share(data_dir: Path) -> None:
    """Keep the files of a started site for others, if it is the first one."""
    shared = _shared_folder(data_dir)
    if shared.is_dir():
        return
    own = shared.with_name(uuid4().hex)
    shutil.copytree(data_dir / "static", own / "static")
    shutil.copy2(data_dir / STAMP, own / STAMP)
    try:
        own.rename(shared)
    except OSError:  # another process was faster
        shutil.rmtree(own)


def _shared_folder(data_dir: Path) -> Path:
    """Return a folder that all processes of the test run share. pytest deletes it later."""
    run = next(path for path in data_dir.parents if path.name.startswith("pytest-"))
    return run / "static-files"
