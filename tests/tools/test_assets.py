from __future__ import annotations

from pathlib import Path

import pytest

from machine import assets, pip
from machine.places import VENV_PYTHON


@pytest.mark.parametrize("version", ["11.19.1", "8.5.1"])
def test_new_npm_is_used(version: str) -> None:
    assert assets.is_new_enough(version)


@pytest.mark.parametrize("version", ["7.24.2", "", "not a version"])
def test_old_or_broken_npm_is_not_used(version: str) -> None:
    assert not assets.is_new_enough(version)


def test_npm_that_does_not_start_has_no_version(tmp_path: Path) -> None:
    npm = tmp_path / "npm"
    npm.write_text("no program")

    assert assets.npm_version(str(npm)) == ""


def test_without_npm_the_one_from_pypi_is_installed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    installed: list[str] = []
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(pip, "install", lambda lock: installed.append(lock.name))

    assert assets.npm_command()[0] == VENV_PYTHON
    assert installed == ["node.txt"]


def test_npm_of_the_machine_comes_first(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    npm = tmp_path / "npm"
    npm.write_text("#!/bin/sh\necho 10.8.2\n")
    npm.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))

    assert assets.npm_command() == [str(npm)]


@pytest.mark.parametrize(
    ("output", "meaning"),
    [
        ("npm error code EAI_AGAIN", "Is this machine online?"),
        ("npm error code SELF_SIGNED_CERT_IN_CHAIN", "NODE_EXTRA_CA_CERTS"),
        ("npm error code EINTEGRITY", "is not what package-lock.json names"),
        ("npm error code EUSAGE", "make lock"),
        ("npm error code ENOSPC", "The disk is full"),
        ("npm error code EWHATEVER", "Its last words:"),
    ],
)
def test_a_failure_of_npm_is_explained(output: str, meaning: str) -> None:
    assert meaning in assets.explain(output)
