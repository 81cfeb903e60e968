"""Static files are collected once, and again after a change."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from picprocure.cli import static_files
from picprocure.cli.static_files import STAMP, collect_static_files


@pytest.fixture
def source(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a source file of a site that has collected its files."""
    settings.DATA_DIR, settings.STATIC_ROOT = tmp_path / "data", tmp_path / "data/static"
    settings.DATA_DIR.mkdir()
    source = tmp_path / "source"
    source.write_text("one")

    def collect(*_: object, **__: object) -> None:
        settings.STATIC_ROOT.mkdir(exist_ok=True)
        (settings.STATIC_ROOT / "file").write_text(source.read_text())

    monkeypatch.setattr(static_files, "call_command", collect)
    monkeypatch.setattr(static_files, "_sources", lambda: iter([source.read_text()]))
    collect_static_files()
    return source


def collected(settings: Any) -> str:
    return str((settings.STATIC_ROOT / "file").read_text())


def test_nothing_is_collected_again(source: Path, settings: Any) -> None:
    (settings.STATIC_ROOT / "file").write_text("as it was")
    collect_static_files()
    assert collected(settings) == "as it was"


def test_changed_source_is_collected(source: Path, settings: Any) -> None:
    source.write_text("two")
    collect_static_files()
    assert collected(settings) == "two"


def test_deleted_files_are_collected(source: Path, settings: Any) -> None:
    (settings.STATIC_ROOT / "file").unlink()
    settings.STATIC_ROOT.rmdir()
    collect_static_files()
    assert collected(settings) == "one"


def test_interrupted_collection_is_repeated(
    source: Path, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OSError("The disk is full.")

    source.write_text("two")
    with monkeypatch.context() as patch:
        patch.setattr(static_files, "call_command", fail)
        with pytest.raises(OSError, match="full"):
            collect_static_files()
    assert not (settings.DATA_DIR / STAMP).exists()
    collect_static_files()
    assert collected(settings) == "two"


def test_real_sources_are_named_with_size_and_time() -> None:
    lines = list(static_files._sources())
    assert any(line.startswith("django ") for line in lines)
    assert any(line.startswith("picprocure/") for line in lines)
    assert len(set(lines)) == len(lines) > 50
