"""Files that are written in one step."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from picprocure.system.atomic_files import READABLE, create_atomically, write_atomically


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_file_is_private_and_replaces_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "file"
    write_atomically(path, b"old")
    write_atomically(path, b"new", is_durable=True)

    assert path.read_bytes() == b"new"
    assert mode_of(path) == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_may_be_readable_for_everyone(tmp_path: Path) -> None:
    path = tmp_path / "file"
    write_atomically(path, b"content", mode=READABLE)

    assert mode_of(path) == 0o644


def test_the_temporary_file_may_be_in_another_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    replace, seen = Path.replace, list[Path]()

    def watched(source: Path, target: Path) -> Path:
        seen.append(source)
        return replace(source, target)

    monkeypatch.setattr(Path, "replace", watched)
    write_atomically(tmp_path / "file", b"content", scratch=scratch)

    assert [source.parent for source in seen] == [scratch]
    assert list(scratch.iterdir()) == []


def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "file"
    write_atomically(path, b"old")
    monkeypatch.setattr(os, "fdopen", failing)

    with pytest.raises(OSError, match="No space left"):
        write_atomically(path, b"new")

    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_only_the_first_creates_a_file(tmp_path: Path) -> None:
    path = tmp_path / "file"

    assert create_atomically(path, b"first")
    assert not create_atomically(path, b"second")
    assert path.read_bytes() == b"first"
    assert mode_of(path) == 0o600
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("write", [write_atomically, create_atomically])
def test_a_missing_folder_is_an_error(write: Callable[..., object], tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        write(tmp_path / "missing" / "file", b"content")


def failing(*_: object) -> None:
    raise OSError("No space left on device")
