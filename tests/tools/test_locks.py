"""The locks must name every file by its hash, and no place to get it from."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

import pytest

from lock import LOCKS, addresses_in
from machine.places import REQUIREMENTS, ROOT

PACKAGE_LOCK = ROOT / "package-lock.json"


def pinned(lock: Path) -> dict[str, str]:
    """Each requirement of a lock with its lines: name → text."""
    text = "\n".join(line for line in lock.read_text().splitlines() if "#" not in line)
    blocks = re.split(r"\n(?=\S)", text.strip())
    return {re.split(r"[=\s]", block)[0]: block for block in blocks}


def normalized(requirement: str) -> str:
    name = re.split(r"[\[<>=~! ]", requirement)[0]
    return re.sub(r"[-_.]+", "-", name).lower()


@pytest.mark.parametrize("name", LOCKS)
def test_every_requirement_is_pinned_by_version_and_hash(name: str) -> None:
    requirements = pinned(REQUIREMENTS / f"{name}.txt")

    assert requirements
    for requirement, block in requirements.items():
        assert block.startswith(f"{requirement}=="), requirement
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", block), requirement


@pytest.mark.parametrize(
    "lock", [*(REQUIREMENTS / f"{name}.txt" for name in LOCKS), PACKAGE_LOCK], ids=lambda p: p.name
)
def test_no_lock_names_a_registry(lock: Path) -> None:
    assert addresses_in(lock) == []


def test_an_address_in_a_lock_would_be_found(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("--index-url https://registry.test/simple\ndjango==5.2\n")
    (tmp_path / "a.json").write_text('{\n "resolved": "https://registry.test/a.tgz"\n}')

    assert addresses_in(tmp_path / "a.txt") == ["--index-url https://registry.test/simple"]
    assert len(addresses_in(tmp_path / "a.json")) == 1


def test_the_runtime_lock_holds_every_dependency_and_the_build_backend() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    needed = [*project["project"]["dependencies"], *project["build-system"]["requires"]]

    assert {normalized(name) for name in needed} <= set(pinned(REQUIREMENTS / "runtime.txt"))


def test_development_uses_the_versions_of_the_runtime() -> None:
    runtime, dev = (pinned(REQUIREMENTS / f"{name}.txt") for name in ("runtime", "dev"))
    versions = {name: block.splitlines()[0] for name, block in dev.items()}

    assert {name: block.splitlines()[0] for name, block in runtime.items()}.items() <= (
        versions.items()
    )


def test_every_npm_package_carries_its_integrity() -> None:
    packages = json.loads(PACKAGE_LOCK.read_text())["packages"]
    installed = {name: entry for name, entry in packages.items() if name}

    assert installed
    assert all(entry["integrity"].startswith("sha512-") for entry in installed.values())
