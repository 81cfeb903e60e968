"""A mutant is killed by a failing test; the code that is changed is used by everything."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from machine.places import ROOT
from mutation import runner
from mutation.runner import Mutant

CODE = """
import functools

def twice(function):
    @functools.wraps(function)
    def inner(*args, **kwargs):
        return [function(*args, **kwargs), function(*args, **kwargs)]
    return inner

@twice
def price(count, each=3):
    return count * each

class Cart:
    @property
    def size(self):
        return 1

    @functools.cached_property
    def weight(self):
        return 10

@functools.cache
def half(number):
    return number / 2

@functools.cache
def quarter(number):
    return half(number) / 2

def double(number):
    return 2 * number
"""
TESTS = """
from code_under_test import double

def test_double():
    assert double(2) == 4
"""
RUN = """
import json, sys
import pytest
from mutation import runner

runner.AND_SECONDS = 1
mutants = [runner.Mutant(**row) for row in json.load(sys.stdin)]
mutation = runner.MutationRun(mutants, 2, print)
status = pytest.main(["-q", "-p", "no:cacheprovider"], plugins=[mutation])
outcomes = {mutant.change: outcome.name for mutant, outcome in mutation.outcomes}
print(json.dumps([int(status), outcomes]))
"""


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Files with code and its tests."""
    (tmp_path / "test_code.py").write_text(TESTS)
    path = tmp_path / "code_under_test.py"
    path.write_text(CODE)
    monkeypatch.syspath_prepend(tmp_path)
    return path


def mutant(function: str, old: str, new: str) -> Mutant:
    assert CODE.count(old) == 1
    return Mutant("code_under_test", function, CODE.replace(old, new), new)


@pytest.mark.usefixtures("module")
def test_a_function_changes_where_it_was_imported_too() -> None:
    import code_under_test as code  # type: ignore[import-not-found]  # noqa: PLC0415

    imported, cart = code.price, code.Cart()
    assert (code.half(6), code.quarter(12)) == (3, 3)
    for change in (
        mutant("price", "count * each", "count + each"),
        mutant("price", "each=3", "each=4"),
        mutant("Cart.size", "return 1\n", "return 5\n"),
        mutant("Cart.weight", "return 10", "return 50"),
        mutant("half", "number / 2", "number / 3"),
    ):
        runner.become(runner.member_named(change.function, vars(code)), change)
    assert imported(2) == [8, 8]  # the last change of the function holds
    assert imported(2, each=2) == [4, 4]
    assert (cart.size, cart.weight) == (5, 50)
    assert (code.half(6), code.quarter(12)) == (2, 2)  # what was kept before is computed again


def outcomes_of(mutants: list[Mutant], folder: Path) -> tuple[int, dict[str, str]]:
    """Run the tests of a folder against mutants in a process of their own."""
    process = subprocess.run(
        [sys.executable, "-c", RUN],
        cwd=folder,
        env={"PYTHONPATH": f"{ROOT / 'tools'}:{folder}"},
        input=json.dumps([vars(change) for change in mutants]),
        capture_output=True,
        text=True,
        check=True,
    )
    status, outcomes = json.loads(process.stdout.splitlines()[-1])
    return status, outcomes


def test_each_mutant_gets_its_outcome(module: Path) -> None:
    endless = "[0 for _ in iter(int, 1)]"
    mutants = [
        mutant("double", "2 * number", "3 * number"),
        mutant("double", "2 * number", "2 + number"),
        mutant("double", "2 * number", endless),
        mutant("price", "count * each", "count"),  # no test calls it
    ]
    assert outcomes_of(mutants, module.parent) == (
        0,
        {
            "3 * number": "KILLED",
            "2 + number": "SURVIVED",
            endless: "ENDLESS",
            "count": "SURVIVED",
        },
    )


def test_nothing_is_tried_if_the_tests_fail_on_the_code_as_it_is(module: Path) -> None:
    module.write_text(CODE.replace("2 * number", "number"))
    status, outcomes = outcomes_of([mutant("double", "2 * number", "0")], module.parent)
    assert status == pytest.ExitCode.TESTS_FAILED
    assert outcomes == {}
