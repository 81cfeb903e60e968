"""`picprocure evaluate` on labeled photos."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from picprocure.cli import main
from picprocure.faces.models import registry
from real_engines import MODELS_DIR, model_or_skip

REPO = Path(__file__).parents[2]
PHOTOS = 12


@pytest.fixture
def labeled_photos() -> Path:
    folder = Path(os.environ.get("PICPROCURE_TEST_PHOTOS", REPO.parent / "shared/photos"))
    if not folder.is_dir():
        pytest.skip(f"no labeled photos in {folder}; PICPROCURE_TEST_PHOTOS may name their folder")
    return folder


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def evaluate(*arguments: str | Path) -> Result:
    """Evaluate with the best detector and embedder."""
    for model in (registry.YUNET, registry.SFACE):
        model_or_skip(model)
    return CliRunner().invoke(main, ["evaluate", *map(str, arguments), "--models", str(MODELS_DIR)])


@pytest.mark.engine
def test_labeled_event_has_figures(labeled_photos: Path, tmp_path: Path) -> None:
    event, report = tmp_path / "event", tmp_path / "report.json"
    labels = json.loads((labeled_photos / "event/labels.json").read_text())
    labels["photos"] = dict(sorted(labels["photos"].items())[:PHOTOS])
    (event / "photos").mkdir(parents=True)
    (event / "labels.json").write_text(json.dumps(labels))
    (event / "people").symlink_to(labeled_photos / "event/people")
    for name in labels["photos"]:
        (event / "photos" / name).symlink_to(labeled_photos / "event/photos" / name)
    result = evaluate(event, "--report", report)
    assert result.exit_code == 0, result.output
    assert re.search(r"delivery +precision 1\.0000   recall [01]\.\d+ ", result.stdout)
    assert re.search(
        r"with review +recall [01]\.\d+ .* in review, [\d.]+ per delivery", result.stdout
    )
    assert re.search(r"wrong deliveries +0\n", result.stdout)
    assert re.search(r"clusters .* precision [\d.]+   recall [\d.]+   F1 [\d.]+", result.stdout)
    assert "detection" not in result.stdout
    assert len(json.loads(report.read_text())["photos"]) == PHOTOS


@pytest.mark.engine
def test_boxes_give_detection_figures(labeled_photos: Path, tmp_path: Path) -> None:
    names = ["2008_001322.jpg", "2008_002470.jpg"]
    boxes = json.loads((labeled_photos / "counts/boxes.json").read_text())
    (tmp_path / "boxes.json").write_text(json.dumps({name: boxes[name] for name in names}))
    for name in names:
        (tmp_path / name).symlink_to(labeled_photos / "counts" / name)
    result = evaluate(tmp_path)
    assert result.exit_code == 0, result.output
    assert re.search(r"detection +recall [01]\.\d+ +\(\d of 9 faces; \d+ false", result.stdout)
    assert "delivery" not in result.stdout


def test_folder_without_labels_is_refused(tmp_path: Path) -> None:
    result = evaluate(tmp_path)
    assert result.exit_code == 2
    assert "no labels.json" in result.stderr
