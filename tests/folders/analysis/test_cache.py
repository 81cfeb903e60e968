from __future__ import annotations

import stat
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import fakes
from picprocure.faces.types import Box, FoundFace
from picprocure.folders.analysis.cache import AnalysisCache, clear_cache
from picprocure.folders.analysis.types import Analysis, Kind

DIGEST = "ab" * 32
OTHER = "abcd" * 16
ANALYSIS = Analysis(
    (
        FoundFace(Box(-3, 1, 20, 30), fakes.embedding_of(fakes.BOB), 0.75),
        FoundFace(Box(5, 6, 7, 8), fakes.embedding_of(fakes.CHARLIE), 12.5, turn=270),
    )
)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "picprocure"


@pytest.fixture
def cache(home: Path) -> AnalysisCache:
    return AnalysisCache.for_user("engine-1")


def entry(home: Path) -> Path:
    (file,) = (path for path in home.rglob("*") if path.is_file())
    return file


def same(analysis: Analysis | None, other: Analysis) -> bool:
    return analysis is not None and all(
        (a.box, a.score, a.turn) == (b.box, b.score, b.turn)
        and np.array_equal(a.embedding, b.embedding)
        for a, b in zip(analysis.faces, other.faces, strict=True)
    )


def test_stored_analysis_is_loaded_by_the_next_run(cache: AnalysisCache) -> None:
    cache.put(Kind.PHOTO, DIGEST, ANALYSIS)
    cache.put(Kind.PHOTO, OTHER, Analysis())
    again = AnalysisCache.for_user("engine-1")
    assert same(again.get(Kind.PHOTO, DIGEST), ANALYSIS)
    assert again.get(Kind.PHOTO, OTHER) == Analysis()


def test_photos_references_and_engines_are_kept_apart(cache: AnalysisCache) -> None:
    cache.put(Kind.PHOTO, DIGEST, ANALYSIS)
    assert cache.get(Kind.REFERENCE, DIGEST) is None
    assert cache.get(Kind.PHOTO, OTHER) is None
    assert AnalysisCache.for_user("engine-2").get(Kind.PHOTO, DIGEST) is None


def test_errors_are_not_stored(cache: AnalysisCache, home: Path) -> None:
    cache.put(Kind.PHOTO, DIGEST, Analysis(error="damaged"))
    assert cache.get(Kind.PHOTO, DIGEST) is None


def test_entries_are_readable_only_by_the_user(cache: AnalysisCache, home: Path) -> None:
    cache.put(Kind.PHOTO, DIGEST, ANALYSIS)
    modes = {path: stat.S_IMODE(path.stat().st_mode) for path in [home, *home.rglob("*")]}
    assert {mode for path, mode in modes.items() if path.is_dir()} == {0o700}
    assert modes[entry(home)] == 0o600


def test_folder_readable_by_others_is_made_private(home: Path) -> None:
    home.mkdir(mode=0o755)
    AnalysisCache.for_user("engine-1").put(Kind.PHOTO, DIGEST, ANALYSIS)
    assert stat.S_IMODE(home.stat().st_mode) == 0o700


@pytest.mark.parametrize("mode", [0o777, 0o770, 0o702])
@pytest.mark.parametrize("which", [".", "analyses", "analyses/engine-1-2"])
def test_folder_writable_by_others_is_not_used(
    which: str, mode: int, cache: AnalysisCache, home: Path
) -> None:
    cache.put(Kind.PHOTO, DIGEST, ANALYSIS)
    (home / which).chmod(mode)
    unsafe = AnalysisCache.for_user("engine-1")
    assert unsafe.problem is not None
    assert "chmod 700" in unsafe.problem
    unsafe.put(Kind.PHOTO, OTHER, ANALYSIS)
    assert unsafe.get(Kind.PHOTO, DIGEST) is None
    assert len([path for path in home.rglob("*") if path.is_file()]) == 1


@pytest.mark.parametrize(
    "damage",
    [
        lambda whole: whole[:-1],
        lambda _: b"",
        lambda whole: whole[:40] + bytes([whole[40] ^ 1]) + whole[41:],
        lambda whole: whole + b"more",
    ],
)
def test_damaged_entry_is_ignored(
    damage: Callable[[bytes], bytes], cache: AnalysisCache, home: Path
) -> None:
    cache.put(Kind.PHOTO, DIGEST, ANALYSIS)
    entry(home).write_bytes(damage(entry(home).read_bytes()))
    assert cache.get(Kind.PHOTO, DIGEST) is None
    cache.put(Kind.PHOTO, DIGEST, ANALYSIS)
    assert same(cache.get(Kind.PHOTO, DIGEST), ANALYSIS)


def test_entry_of_another_photo_is_ignored(cache: AnalysisCache, home: Path) -> None:
    cache.put(Kind.PHOTO, DIGEST, ANALYSIS)
    entry(home).rename(entry(home).with_name(f"{OTHER}.photo"))
    assert cache.get(Kind.PHOTO, OTHER) is None


def test_unwritable_cache_is_no_error(
    cache: AnalysisCache, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", full)
        cache.put(Kind.PHOTO, DIGEST, ANALYSIS)
    assert [path for path in home.rglob("*") if path.is_file()] == []


def test_without_a_cache_folder_nothing_is_stored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    nowhere = AnalysisCache.for_user("engine-1")
    assert nowhere.problem is not None
    nowhere.put(Kind.PHOTO, DIGEST, ANALYSIS)
    assert nowhere.get(Kind.PHOTO, DIGEST) is None


def test_clearing_deletes_cached_files_and_returns_their_size(
    cache: AnalysisCache, home: Path
) -> None:
    cache.put(Kind.PHOTO, DIGEST, ANALYSIS)
    cache.put(Kind.REFERENCE, DIGEST, ANALYSIS)
    for model in ("dlib-resnet-1-0123.onnx", "sface-2-0123.onnx"):
        (home / model).write_bytes(b"x" * 1000)
    cleared = clear_cache()
    assert cleared.photos == 2
    assert cleared.size == 2 * 1000 + 2 * (32 + 2 * 540)
    assert not home.exists()
    assert clear_cache().photos == 0


def test_clearing_keeps_other_files(cache: AnalysisCache, home: Path, tmp_path: Path) -> None:
    (home / "mine.txt").touch()
    (tmp_path / "precious").mkdir()
    (tmp_path / "precious/thesis.txt").touch()
    cache.put(Kind.PHOTO, DIGEST, ANALYSIS)
    (home / "analyses/link").symlink_to(tmp_path / "precious")
    clear_cache()
    assert [path.name for path in home.iterdir()] == ["mine.txt"]
    assert (tmp_path / "precious/thesis.txt").exists()
