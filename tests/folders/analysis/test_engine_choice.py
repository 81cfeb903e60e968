"""The choice of an engine, which the main process makes without loading it."""

from __future__ import annotations

import subprocess
import sys
from itertools import product
from pathlib import Path

import pytest

from picprocure.faces.errors import ModelMissing, WrongModel
from picprocure.faces.models import registry
from picprocure.folders.analysis.engine_choice import choose_engine
from real_engines import MODELS_DIR, model_or_skip


@pytest.mark.engine
@pytest.mark.parametrize(
    ("detector", "embedder"),
    list(product(("auto", "yunet", "centerface", "hog"), ("auto", "sface", "dlib"))),
)
def test_version_is_that_of_the_engine_that_workers_make(detector: str, embedder: str) -> None:
    for model in (registry.YUNET, registry.CENTERFACE, registry.SFACE):
        model_or_skip(model)
    choice = choose_engine(detector, embedder, MODELS_DIR, keep_model=False)
    assert choice.make().version == choice.version


def test_missing_and_wrong_models_are_refused_before_a_worker_starts(tmp_path: Path) -> None:
    with pytest.raises(ModelMissing, match="sface"):
        choose_engine("hog", "sface", tmp_path)
    (tmp_path / registry.YUNET.file_name).write_bytes(b"something else")
    with pytest.raises(WrongModel, match="yunet"):
        choose_engine("auto", "dlib", tmp_path)


def test_main_process_of_a_run_imports_no_readers_and_networks() -> None:
    """They take half of its start."""
    slow = "{'PIL', 'pi_heif', 'rawpy', 'dlib', 'onnxruntime', 'rich.progress', 'urllib.request'}"
    code = (
        "import sys, picprocure.cli.sort_run, picprocure.cli.summary, "
        "picprocure.folders.output.page, picprocure.folders.output.delivery\n"
        f"print(*sorted({slow} & set(sys.modules)))"
    )
    run = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert run.stdout.split() == []
