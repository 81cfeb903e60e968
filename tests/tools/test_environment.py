from __future__ import annotations

import json
from pathlib import Path

import pytest

from machine import environment, pip

PYPROJECT = """
[build-system]
requires = ["setuptools"]
[project]
name = "picprocure"
dependencies = ["django"]
[tool.setuptools]
[tool.ruff]
line-length = 100
"""


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a checkout with locks and a pyproject.toml, without an environment."""
    (tmp_path / "requirements").mkdir()
    (tmp_path / "requirements" / "runtime.txt").write_text("django==5.2")
    (tmp_path / "requirements" / "dev.txt").write_text("django==5.2\npytest==9")
    (tmp_path / "requirements" / "mutation.txt").write_text("mutmut==3.8")
    (tmp_path / "requirements" / "load.txt").write_text("locust==2.40")
    (tmp_path / "pyproject.toml").write_text(PYPROJECT)
    venv = tmp_path / ".venv"
    monkeypatch.setattr(environment, "ROOT", tmp_path)
    monkeypatch.setattr(environment, "REQUIREMENTS", tmp_path / "requirements")
    monkeypatch.setattr(environment, "RUNTIME", tmp_path / "requirements" / "runtime.txt")
    monkeypatch.setattr(environment, "DEV", tmp_path / "requirements" / "dev.txt")
    monkeypatch.setattr(environment, "MUTATION", tmp_path / "requirements" / "mutation.txt")
    monkeypatch.setattr(environment, "LOAD", tmp_path / "requirements" / "load.txt")
    monkeypatch.setattr(environment, "VENV", venv)
    monkeypatch.setattr(environment, "VENV_PYTHON", venv / "bin" / "python")
    monkeypatch.setattr(environment, "STAMP", venv / "picprocure.json")
    monkeypatch.setattr(environment, "UNFINISHED", venv / "unfinished")
    return tmp_path


@pytest.fixture
def installed(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the installed locks. Environments are only recorded, not made."""
    locks: list[str] = []

    def pretend_to_make(_reason: str) -> None:
        venv = checkout / ".venv"
        (venv / "bin").mkdir(parents=True, exist_ok=True)
        (venv / "bin" / "python").touch()
        (venv / "lib" / "python3.11" / "site-packages" / "pip").mkdir(parents=True, exist_ok=True)
        (venv / "unfinished").touch()

    monkeypatch.setattr(environment, "_make", pretend_to_make)
    monkeypatch.setattr(pip, "install", lambda lock: locks.append(lock.name))
    monkeypatch.setattr(pip, "install_checkout", lambda: None)
    return locks


def test_the_second_time_nothing_is_installed(installed: list[str]) -> None:
    environment.prepare_runtime()
    environment.prepare_runtime()

    assert installed == ["runtime.txt"]


def test_what_is_there_for_development_is_enough_to_run(installed: list[str]) -> None:
    environment.prepare_dev()
    environment.prepare_runtime()

    assert installed == ["dev.txt"]


def test_what_is_there_to_run_is_not_enough_for_development(installed: list[str]) -> None:
    environment.prepare_runtime()
    environment.prepare_dev()

    assert installed == ["runtime.txt", "dev.txt"]


@pytest.mark.parametrize("name", ["mutation", "load"])
def test_some_groups_add_to_what_is_there_for_development(installed: list[str], name: str) -> None:
    prepare = getattr(environment, f"prepare_{name}")
    prepare()
    environment.prepare_dev()
    prepare()

    assert installed == ["dev.txt", f"{name}.txt"]


def test_a_changed_lock_is_installed(installed: list[str], checkout: Path) -> None:
    environment.prepare_runtime()
    (checkout / "requirements" / "runtime.txt").write_text("django==5.2.1")
    environment.prepare_runtime()

    assert installed == ["runtime.txt", "runtime.txt"]


def test_a_changed_dependency_is_installed(installed: list[str], checkout: Path) -> None:
    environment.prepare_runtime()
    (checkout / "pyproject.toml").write_text(PYPROJECT.replace('"django"', '"django", "celery"'))
    environment.prepare_runtime()

    assert installed == ["runtime.txt", "runtime.txt"]


def test_a_changed_line_length_installs_nothing(installed: list[str], checkout: Path) -> None:
    environment.prepare_runtime()
    (checkout / "pyproject.toml").write_text(PYPROJECT.replace("100", "99"))
    environment.prepare_runtime()

    assert installed == ["runtime.txt"]


def test_a_spoiled_stamp_is_not_believed(installed: list[str], checkout: Path) -> None:
    environment.prepare_runtime()
    (checkout / ".venv" / "picprocure.json").write_text('{"runtime":')
    environment.prepare_runtime()

    assert installed == ["runtime.txt", "runtime.txt"]


def test_an_interrupted_installation_is_repeated(
    installed: list[str], checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(_lock: Path) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(pip, "install", interrupted)
        with pytest.raises(KeyboardInterrupt):
            environment.prepare_runtime()

    assert environment.why_broken({}) == "the last installation did not finish"
    environment.prepare_runtime()
    assert installed == ["runtime.txt"]
    assert json.loads((checkout / ".venv" / "picprocure.json").read_text())["runtime"]


@pytest.mark.usefixtures("installed")
def test_a_whole_environment_is_not_broken() -> None:
    environment.prepare_runtime()

    assert environment.why_broken(environment.read_stamp()) is None


@pytest.mark.usefixtures("installed")
def test_an_environment_whose_python_was_removed_is_broken(checkout: Path) -> None:
    environment.prepare_runtime()
    python = checkout / ".venv" / "bin" / "python"
    python.unlink()
    python.symlink_to(checkout / "removed" / "python3.11")

    assert environment.why_broken(environment.read_stamp()) == "its Python is gone"


@pytest.mark.usefixtures("installed")
def test_an_environment_that_was_moved_is_broken() -> None:
    environment.prepare_runtime()

    assert environment.why_broken({"place": "/elsewhere/.venv"}) == "the checkout was moved"


def test_debians_missing_package_is_named() -> None:
    message = environment.why_no_venv(
        "The virtual environment was not created successfully because ensurepip is not available."
    )

    assert "sudo apt-get install python3." in message
    assert "-venv" in message
