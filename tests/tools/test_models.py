"""Getting models when a site starts. The network is played by programs and servers of ours."""

from __future__ import annotations

import os
import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from machine import models, steps
from picprocure.faces.detectors import DETECTORS
from picprocure.faces.embedding import EMBEDDERS

DAY = models.A_DAY


@pytest.fixture(autouse=True)
def tried_models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where a checkout of its own notes what was tried."""
    path = tmp_path / "var" / "models-tried.json"
    monkeypatch.setattr(models, "TRIED_MODELS", path)
    monkeypatch.delenv("PICPROCURE_MODELS_DIR", raising=False)
    return path


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the requested models. None can be downloaded."""
    names: list[str] = []

    def refuse(_command: object, name: str, _seconds: float) -> bool:
        names.append(name)
        return False

    monkeypatch.setattr(models, "get_model", refuse)
    return names


def program(tmp_path: Path, text: str) -> tuple[str, ...]:
    path = tmp_path / "program.py"
    path.write_text(text)
    return (sys.executable, str(path))


def test_the_next_best_is_taken_when_the_best_is_not_to_be_had(asked: list[str]) -> None:
    models.prepare_models()

    assert asked == ["yunet", "centerface", "sface"]


def test_nothing_more_is_asked_for_once_the_best_is_here(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def get(_command: object, name: str, _seconds: float) -> bool:
        asked.append(name)
        return True

    monkeypatch.setattr(models, "get_model", get)

    models.prepare_models()

    assert asked == ["yunet", "sface"]


def test_what_was_tried_is_not_tried_again_for_a_day(
    asked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = time.time()
    models.prepare_models()
    models.prepare_models()
    monkeypatch.setattr(time, "time", lambda: now + DAY - 60)
    models.prepare_models()
    assert asked == ["yunet", "centerface", "sface"]

    monkeypatch.setattr(time, "time", lambda: now + DAY + 60)
    models.prepare_models()
    assert asked == ["yunet", "centerface", "sface"] * 2


def test_another_folder_is_another_matter(
    asked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    models.prepare_models()
    monkeypatch.setenv("PICPROCURE_MODELS_DIR", "/elsewhere")
    models.prepare_models()
    models.prepare_models()
    models.prepare_test_models()
    models.prepare_test_models()

    assert asked == ["yunet", "centerface", "sface"] * 3


def test_a_stamp_that_makes_no_sense_is_as_good_as_none(
    asked: list[str], tried_models: Path
) -> None:
    tried_models.parent.mkdir()
    tried_models.write_text("[half a")
    models.prepare_models()
    models.prepare_models()

    assert asked == ["yunet", "centerface", "sface"]


def test_no_network_ends_no_start(
    asked: list[str], tried_models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(steps, "ONE_AT_A_TIME", tried_models.parent / "lock")

    assert steps.run_steps(["models"]) == 0


def test_a_refusal_is_said_with_its_reason(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    refusing = program(tmp_path, "raise SystemExit('Error: its hash is wrong')")

    assert not models.get_model(refusing, "yunet", 20)
    said = capsys.readouterr().err
    assert "yunet could not be got" in said
    assert "    Error: its hash is wrong" in said


def test_a_model_that_is_here_is_not_talked_about(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert models.get_model(program(tmp_path, "print('here already')"), "yunet", 20)
    assert capsys.readouterr().err == ""


@pytest.fixture
def silent_server() -> Iterator[str]:
    """Run a server that accepts connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/"


def test_a_server_that_never_answers_holds_nothing_up(
    tmp_path: Path, silent_server: str, capsys: pytest.CaptureFixture[str]
) -> None:
    waiting = program(
        tmp_path,
        "import os, subprocess, sys, urllib.request\n"
        "if len(sys.argv) > 2:\n"  # its child does the waiting, as pip would
        "    subprocess.run([sys.executable, sys.argv[0], 'child'])\n"
        f"open({str(tmp_path / 'child')!r}, 'w').write(str(os.getpid()))\n"
        f"urllib.request.urlopen({silent_server!r})\n",
    )
    begun = time.monotonic()

    assert not models.get_model(waiting, "yunet", 2)
    assert time.monotonic() - begun < 60
    assert "No answer within 2 seconds" in capsys.readouterr().err
    with pytest.raises(ProcessLookupError):
        _ensure_alive(int((tmp_path / "child").read_text()))


def _ensure_alive(pid: int) -> None:
    for _ in range(50):  # the process that inherits it needs a moment to notice its end
        os.kill(pid, 0)
        time.sleep(0.1)


def test_models_are_tried_in_the_order_of_the_registries() -> None:
    for tried, known in ((models.DETECTORS, DETECTORS), (models.EMBEDDERS, EMBEDDERS)):
        with_model = [entry.name for entry in known.alternatives if entry.model is not None]
        assert [name for name, _ in tried] == with_model
