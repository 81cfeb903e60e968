"""The first site of a test run prepares itself wholly. The others begin with copies of its work.

They get its compressed static files and its empty database, but none of its rows, keys and secrets.
"""

from __future__ import annotations

import fcntl
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from uuid import uuid4

from picprocure.cli.static_files import STAMP
from snapshots import NEVER_CHANGED

DATABASE = "picprocure.sqlite3"


@contextmanager
def prepared(data_dir: Path) -> Iterator[None]:
    """Give a site to be started in this context what the first one prepared.

    The first site prepares itself in the context. Others wait for it.
    """
    shared = _shared_folder(data_dir)
    if not shared.is_dir():
        with shared.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not shared.is_dir():
                yield
                share(data_dir)
                return
    take(data_dir)
    yield


def take(data_dir: Path) -> None:
    """Give a site that was never started what an earlier one prepared."""
    shared = _shared_folder(data_dir)
    if shared.is_dir() and not (data_dir / STAMP).exists():
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        shutil.copytree(shared, data_dir, dirs_exist_ok=True)


def share(data_dir: Path) -> None:
    """Keep what a started site prepared for others."""
    if not (data_dir / DATABASE).exists():  # it may be on PostgreSQL
        return
    shared = _shared_folder(data_dir)
    own = shared.with_name(uuid4().hex)
    shutil.copytree(data_dir / "static", own / "static")
    shutil.copy2(data_dir / STAMP, own / STAMP)
    _copy_empty(data_dir / DATABASE, own / DATABASE)
    own.rename(shared)


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
