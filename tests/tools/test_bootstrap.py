from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

import bootstrap
from machine import steps
from machine.errors import NotReadyError


def test_old_python_gets_its_version_and_a_solution() -> None:
    message = bootstrap.too_old_message((3, 9))

    assert "This is Python 3.9; PicProcure needs 3.11 or newer." in message
    assert "apt-get install" in message
    assert "brew install" in message
    assert "PYTHON=" in message


def test_the_version_check_can_be_read_by_python_3_8() -> None:
    source = Path(bootstrap.__file__).read_text()

    assert ast.parse(source, feature_version=(3, 8)).body


def test_a_python_that_does_not_start_makes_no_environments(tmp_path: Path) -> None:
    not_a_program = tmp_path / "python3.13"
    not_a_program.write_text("no program")

    assert not bootstrap.makes_environments(str(not_a_program))


def test_this_python_makes_environments() -> None:
    assert bootstrap.makes_environments(sys.executable)


def test_an_old_python_hands_over_to_a_tested_one(monkeypatch: pytest.MonkeyPatch) -> None:
    handed_over: list[list[str]] = []
    monkeypatch.setattr(sys, "version_info", (3, 9, 2, "final", 0))
    monkeypatch.setattr(sys, "argv", ["tools/bootstrap.py", "runtime"])
    monkeypatch.setattr(bootstrap, "tested_python", lambda: "/usr/bin/python3.13")

    def stop_here(_path: str, command: list[str]) -> None:
        handed_over.append(command)
        raise SystemExit

    monkeypatch.setattr("os.execv", stop_here)
    with pytest.raises(SystemExit):
        bootstrap.main()

    assert handed_over == [["/usr/bin/python3.13", "tools/bootstrap.py", "runtime"]]


def test_an_old_python_alone_ends_with_the_message(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 9, 2, "final", 0))
    monkeypatch.setattr(bootstrap, "tested_python", lambda: None)

    assert bootstrap.main() == 1
    assert "This is Python 3.9" in capsys.readouterr().err


@pytest.fixture
def own_lock(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(steps, "ONE_AT_A_TIME", tmp_path / "bootstrap.lock")


@pytest.mark.usefixtures("own_lock")
def test_steps_run_in_the_order_they_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []
    monkeypatch.setattr(
        steps, "STEPS", {"a": lambda: done.append("a"), "b": lambda: done.append("b")}
    )

    assert steps.run_steps(["b", "a"]) == 0
    assert done == ["b", "a"]


def test_an_unknown_step_is_named_and_nothing_runs(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    done: list[str] = []
    monkeypatch.setattr(steps, "STEPS", {"a": lambda: done.append("a")})

    assert steps.run_steps(["a", "asets"]) == 2
    assert done == []
    assert "Not known: asets" in capsys.readouterr().err


@pytest.mark.usefixtures("own_lock")
def test_what_is_missing_is_said_without_a_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def lacks() -> None:
        raise NotReadyError("No venv here. Install it.")

    monkeypatch.setattr(steps, "STEPS", {"a": lacks})

    assert steps.run_steps(["a"]) == 1
    assert capsys.readouterr().err.strip() == "No venv here. Install it."
