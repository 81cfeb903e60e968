"""The first site of a test run prepares itself wholly. The others begin with copies of its work.

They get its compressed static files and its empty database, but none of its rows, keys and secrets.
"""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from uuid import uuid4

from picprocure.cli.static_files import STAMP
from snapshots import NEVER_CHANGED

DATABASE = "picprocure.sqlite3"


def take(data_dir: Path) -> None:
    """Give a site that was never started what an earlier one prepared."""
    shared = _shared_folder(data_dir)
    if shared.is_dir() and not (data_dir / STAMP).exists():
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        shutil.copytree(shared, data_dir, dirs_exist_ok=True)


def share(data_dir: Path) -> None:
    """Keep what a started site prepared for others, if it is the first one."""
    shared = _shared_folder(data_dir)
    if shared.is_dir() or not (data_dir / DATABASE).exists():  # it may be on PostgreSQL
        return
    own = shared.with_name(uuid4().hex)
    shutil.copytree(data_dir / "static", own / "static")
    shutil.copy2(data_dir / STAMP, own / STAMP)
    _copy_empty(data_dir / DATABASE, own / DATABASE)
    try:
        own.rename(shared)
    except OSError:  # another process was faster
        shutil.rmtree(own)


def _copy_empty(source: Path, target: Path) -> None:
    """Copy a database without the rows that its site wrote after the migrations."""
    with (
        closing(sqlite3.connect(source, timeout=30)) as site,
        closing(sqlite3.connect(target, isolation_level=None)) as copy,
    ):
        site.backup(copy)
        tables = copy.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        for (name,) in tables:
            if name not in (*NEVER_CHANGED, "sqlite_sequence"):
                copy.execute(f'DELETE FROM "{name}"')  # noqa: S608
        copy.execute("VACUUM")
    target.chmod(0o600)


def _shared_folder(data_dir: Path) -> Path:
    """Return a folder that all processes of the test run share. pytest deletes it later."""
    run = next(path for path in data_dir.parents if path.name.startswith("pytest-"))
    return run / "prepared-site"
