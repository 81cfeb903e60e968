"""Figures computed from labels."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import fakes
from picprocure.folders.analysis.cache import AnalysisCache
from picprocure.folders.errors import UnusableFolders
from picprocure.folders.evaluation.labels import read_event
from picprocure.folders.evaluation.measures import Figures, measure
from picprocure.folders.run import RunOptions, sort_folders

from ..conftest import ENGINE, Folders

LABELS: dict[str, Any] = {
    "people": ["Bob", "Charlie"],
    "photos": {
        "1.png": ["Bob", "stranger:1"],
        "deep/2.png": ["Bob"],
        "3.png": ["stranger:2"],
    },
}


def write(folders: Folders, name: str, content: Any) -> None:
    (folders.root / name).write_text(json.dumps(content))


def figures(folders: Folders) -> Figures:
    event = read_event(folders.root)
    outcome = sort_folders(event.photos, event.people, RunOptions(ENGINE, AnalysisCache(None), 1))
    return measure(outcome, event)


def test_correct_deliveries_have_full_precision_and_recall(folders: Folders) -> None:
    write(folders, "labels.json", LABELS)
    found = figures(folders)
    assert found.delivery is not None
    assert (found.delivery.delivery.precision, found.delivery.delivery.recall) == (1.0, 1.0)
    assert found.delivery.wrong == {}
    assert found.clusters is not None
    assert (found.clusters.f1, found.clusters.scored, found.clusters.faces) == (1.0, 2, 4)
    assert (found.detection, found.unlabeled) == (None, 0)


def test_wrong_deliveries_are_listed(folders: Folders) -> None:
    labels = {**LABELS, "photos": {**LABELS["photos"], "1.png": ["Charlie", "stranger:1"]}}
    write(folders, "labels.json", labels)
    delivery = figures(folders).delivery
    assert delivery is not None
    assert delivery.wrong == {"Bob": ["1.png"]}
    assert (delivery.delivery.precision, delivery.delivery.recall) == (0.5, 0.5)


def test_photos_in_review_count_for_recall_with_review(folders: Folders) -> None:
    write(folders, "labels.json", LABELS)
    folders.add_person("Twin.png", fakes.BOB, serial=9)
    delivery = figures(folders).delivery
    assert delivery is not None
    assert delivery.delivery.recall == 0.0
    assert delivery.with_review.recall == 1.0
    assert delivery.reviews == 4


def test_photos_without_labels_are_left_out(folders: Folders) -> None:
    write(folders, "labels.json", LABELS)
    folders.add_photo("4.png", fakes.BOB, serial=4)
    found = figures(folders)
    assert found.unlabeled == 1
    assert found.delivery is not None
    assert found.delivery.delivery.precision == 1.0


def test_boxes_with_names_identify_faces(folders: Folders) -> None:
    boxes = {"1.png": [[0, 0, 64, 64], [64, 0, 64, 64]]}
    write(folders, "labels.json", {**LABELS, "boxes": boxes})
    found = figures(folders)
    assert found.clusters is not None
    assert found.clusters.scored == 4
    assert found.detection is not None
    assert found.detection.hits == (True, True)


def test_boxes_alone_give_detection_figures(folders: Folders) -> None:
    boxes = {
        "1.png": {"faces": [[0, 0, 60, 60], [300, 0, 64, 64]], "ignore": []},
        "3.png": {"faces": [], "ignore": [[0, 0, 64, 64]]},
        "missing.png": {"faces": [[0, 0, 9, 9]]},
    }
    write(folders, "boxes.json", boxes)
    found = figures(folders)
    assert (found.delivery, found.clusters) == (None, None)
    assert found.detection is not None
    assert found.detection.hits == (True, False, False)
    assert found.detection.false_boxes == 1


def test_photos_may_be_in_the_same_folder_as_the_boxes(tmp_path: Path) -> None:
    (tmp_path / "boxes.json").write_text('{"1.png": {"faces": []}}')
    assert read_event(tmp_path).photos == tmp_path


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("labels.json", "{"),
        ("labels.json", "[]"),
        ("labels.json", '{"people": ["Bob"]}'),
        ("labels.json", '{"people": "Bob", "photos": {}}'),
        ("labels.json", '{"people": [], "photos": {"1.png": "Bob"}}'),
        ("labels.json", '{"people": [], "photos": {"1.png": ["Bob"]}, "boxes": {"1.png": []}}'),
        ("labels.json", '{"people": [], "photos": {}, "boxes": {"1.png": []}}'),
        ("boxes.json", '{"1.png": {}}'),
        ("boxes.json", '{"1.png": {"faces": [[1, 2, 3]]}}'),
    ],
)
def test_invalid_labels_are_refused(name: str, content: str, folders: Folders) -> None:
    (folders.root / name).write_text(content)
    with pytest.raises(UnusableFolders, match="is not in the form"):
        read_event(folders.root)


def test_event_without_labels_is_refused(folders: Folders) -> None:
    with pytest.raises(UnusableFolders, match=r"no labels\.json and no boxes\.json"):
        read_event(folders.root)
    with pytest.raises(UnusableFolders, match="is not a folder"):
        read_event(folders.root / "nowhere")
