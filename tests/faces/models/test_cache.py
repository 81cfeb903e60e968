"""The model is built once and kept. If it can't be kept safely, it is built each time."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from picprocure.faces.models import cache, registry, resnet_onnx
from picprocure.faces.models.cache import resnet_model
from picprocure.faces.models.onnx_builder import is_whole
from picprocure.faces.models.user_cache import user_cache_folder


class Builds:
    """Counts how often a (small) model is built."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, network: object) -> bytes:
        self.count += 1
        return b"a model"


@pytest.fixture
def builds(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Builds:
    counted = Builds()
    (tmp_path / "network.dat").write_bytes(b"weights")
    monkeypatch.setattr(registry, "resnet_path", lambda: tmp_path / "network.dat")
    monkeypatch.setattr(cache, "read_resnet", lambda path: None)
    monkeypatch.setattr(resnet_onnx, "build_model", counted)
    return counted


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "picprocure"


def only_file(folder: Path) -> Path:
    (file,) = folder.iterdir()
    return file


def test_the_second_process_takes_what_the_first_one_built(builds: Builds, folder: Path) -> None:
    built = resnet_model(folder)
    assert resnet_model(folder) == built
    assert builds.count == 1
    assert is_whole(built)
    assert only_file(folder).read_bytes() == built


def test_only_the_user_may_enter_the_folder(builds: Builds, folder: Path) -> None:
    resnet_model(folder)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE(only_file(folder).stat().st_mode) == 0o600


def test_other_weights_or_another_builder_give_another_file(
    builds: Builds, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    resnet_model(folder)
    (tmp_path / "network.dat").write_bytes(b"other weights")
    resnet_model(folder)
    monkeypatch.setattr(resnet_onnx, "BUILDER_VERSION", 1_000)
    resnet_model(folder)
    assert builds.count == 3
    assert len(list(folder.iterdir())) == 3


@pytest.mark.parametrize("damage", [lambda whole: whole[:-1], lambda _: b"", bytes.swapcase])
def test_a_damaged_file_is_built_again(
    damage: Callable[[bytes], bytes], builds: Builds, folder: Path
) -> None:
    built = resnet_model(folder)
    only_file(folder).write_bytes(damage(built))
    assert resnet_model(folder) == built
    assert only_file(folder).read_bytes() == built
    assert builds.count == 2


@pytest.mark.parametrize("mode", [0o777, 0o770, 0o702])
def test_a_folder_that_other_users_can_write_to_is_not_used(
    mode: int, builds: Builds, folder: Path
) -> None:
    built = resnet_model(folder)
    kept = only_file(folder)
    folder.chmod(mode)
    assert resnet_model(folder) == built
    kept.unlink()
    assert resnet_model(folder) == built
    assert builds.count == 3
    assert list(folder.iterdir()) == []


def test_a_folder_of_another_user_is_not_used(
    builds: Builds, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    resnet_model(folder)
    monkeypatch.setattr(os, "geteuid", lambda: folder.stat().st_uid + 1)
    resnet_model(folder)
    assert builds.count == 2


def test_where_nothing_can_be_written_the_model_is_built_each_time(
    builds: Builds, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    for _ in range(2):
        assert is_whole(resnet_model(tmp_path / "file" / "picprocure"))
    assert builds.count == 2


def test_without_a_folder_nothing_is_written(builds: Builds, tmp_path: Path) -> None:
    before = sorted(tmp_path.rglob("*"))
    assert resnet_model(None) == b"a model"
    assert sorted(tmp_path.rglob("*")) == before


def test_a_write_that_fails_leaves_nothing_half(
    builds: Builds, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError("No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", full)
        assert is_whole(resnet_model(folder))
    assert list(folder.iterdir()) == []


class TestUserCacheFolder:
    @pytest.fixture(autouse=True)
    def home(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("HOME", "/home/alice")
        monkeypatch.delenv("XDG_CACHE_HOME", raising=False)

    @pytest.mark.parametrize(
        ("platform", "expected"),
        [
            ("linux", "/home/alice/.cache/picprocure"),
            ("darwin", "/home/alice/Library/Caches/picprocure"),
        ],
    )
    def test_it_is_where_the_platform_wants_it(
        self, platform: str, expected: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(sys, "platform", platform)
        assert user_cache_folder() == Path(expected)

    def test_the_environment_may_name_another(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("XDG_CACHE_HOME", "/scratch/cache")
        assert user_cache_folder() == Path("/scratch/cache/picprocure")

    @pytest.mark.parametrize("named", ["", "relative/cache"])
    def test_a_relative_one_does_not_count(
        self, named: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("XDG_CACHE_HOME", named)
        monkeypatch.setattr(sys, "platform", "linux")
        assert user_cache_folder() == Path("/home/alice/.cache/picprocure")

    def test_a_user_without_a_home_has_none(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def homeless() -> Path:
            raise RuntimeError("Could not determine home directory.")

        monkeypatch.setattr(Path, "home", homeless)
        assert user_cache_folder() is None
