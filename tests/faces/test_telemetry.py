"""Nothing leaves this machine, and nothing is stored that could identify it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

REPO = Path(__file__).parents[2]


@pytest.mark.parametrize(
    "module", ["picprocure.faces.embedding.embedder", "picprocure.faces.detectors"]
)
def test_onnx_runtime_stores_no_device_id_and_sends_nothing(module: str, tmp_path: Path) -> None:
    environment = {
        **{name: value for name, value in os.environ.items() if name != "ORT_DISABLE_TELEMETRY"},
        "PYTHONPATH": str(REPO / "src"),
        "HOME": str(tmp_path),
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
    }
    environment.pop("CI", None)  # with it, ONNX Runtime sends nothing anyway
    program = f"import {module}, onnxruntime; onnxruntime.SessionOptions()"
    subprocess.run([sys.executable, "-c", program], env=environment, check=True)
    assert list(tmp_path.rglob("*")) == []
