"""What the workflows and the package say of Python and make must be true here."""

from __future__ import annotations

import re
import tomllib

import sharing_cores
from bootstrap import TESTED
from machine.places import ROOT

WORKFLOWS = "\n".join(file.read_text() for file in (ROOT / ".github/workflows").glob("*.yml"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
VERSIONS = {f"{major}.{minor}" for major, minor in TESTED}


def test_the_workflows_and_the_package_name_every_tested_python() -> None:
    classifiers = "\n".join(PROJECT["project"]["classifiers"])

    assert set(re.findall(r'python: "([\d.]+)"', WORKFLOWS)) == VERSIONS
    assert set(re.findall(r"Python :: (3\.\d+)$", classifiers, re.M)) == VERSIONS


def test_the_workflows_run_targets_that_exist() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.M))
    used = set(re.findall(r"(?:run: make|target:) ([a-z-]+)", WORKFLOWS))

    assert {"lint", "test", "test-oldest", "test-newest"} <= used <= targets


def test_every_marker_is_slow_or_quick() -> None:
    lines = PROJECT["tool"]["pytest"]["ini_options"]["markers"]

    assert sharing_cores.SLOW | {"light", "quick"} == {re.split(r"\W", line)[0] for line in lines}


def test_the_files_that_begin_first_exist() -> None:
    missing = [name for name in sharing_cores.LONGEST_FIRST if not (ROOT / name).is_file()]

    assert missing == []


def test_every_dependency_of_the_product_has_a_floor() -> None:
    extras = PROJECT["project"]["optional-dependencies"].values()
    needed = [*PROJECT["project"]["dependencies"], *(name for extra in extras for name in extra)]

    assert [name for name in needed if ">=" not in name] == []


def test_only_libraries_that_keep_their_interface_have_no_cap() -> None:
    uncapped = {
        name.partition(">=")[0] for name in PROJECT["project"]["dependencies"] if "<" not in name
    }

    assert uncapped == {"argon2-cffi", "cryptography", "tzdata"}
