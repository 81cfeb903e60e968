"""Static files are collected once, and again after a change."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Final

import pytest
from django.templatetags.static import static

from picprocure import web
from picprocure.cli import static_files
from picprocure.cli.static_files import STAMP, collect_static_files

STATIC_TAG: Final = re.compile(r"{% static '([^']+)'")


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


def test_real_files(settings: Any, tmp_path: Path) -> None:
    """Files that pages use have a hash in their names and are compressed; no others are kept."""
    settings.DATA_DIR, settings.STATIC_ROOT = tmp_path, tmp_path / "static"
    storage = "picprocure.web.serving.static_files.StaticFilesStorage"
    settings.STORAGES = {**settings.STORAGES, "staticfiles": {"BACKEND": storage}}
    collect_static_files()

    def stored(name: str) -> Path:
        return tmp_path / "static" / static(name).removeprefix("/static/")

    templates = (Path(web.__file__).parent / "templates").rglob("*.html")
    used = {name for page in templates for name in STATIC_TAG.findall(page.read_text())}
    assert "bootstrap/css/bootstrap.min.css" in used
    for name in used:
        assert stored(name).name != Path(name).name
        assert stored(name).is_file()
        assert stored(name).with_name(f"{stored(name).name}.gz").is_file()

    script = stored("picprocure/camera.js")
    imported = re.findall(r'from "\./(.+?)"', script.read_text())
    assert imported
    assert all(re.fullmatch(r"[\w-]+\.[0-9a-f]{12}\.js", name) for name in imported)
    assert all(script.with_name(name).is_file() for name in imported)

    names = {path.name for path in settings.STATIC_ROOT.rglob("*")}
    assert not [name for name in names if name.startswith(("bootstrap.rtl", "htmx.esm"))]
    assert not [name for name in names if name.endswith((".map.br", ".map.gz"))]
    assert "camera.js" not in names
