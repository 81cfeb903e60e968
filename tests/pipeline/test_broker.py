from __future__ import annotations

import base64
import json
import stat
import uuid
from pathlib import Path
from typing import Any

import pytest
from kombu import Connection

from picprocure.pipeline.app import app
from picprocure.pipeline.broker import prepare_broker


@pytest.fixture
def broker(tmp_path: Path, settings: Any) -> Path:
    settings.CELERY_BROKER_URL = "filesystem://localhost"
    settings.BROKER_DIR = tmp_path / "queue"
    prepare_broker()
    return tmp_path / "queue"


def test_the_folder_is_its_owners_alone(broker: Path) -> None:
    prepare_broker()  # safe to repeat
    assert stat.S_IMODE(broker.stat().st_mode) == 0o700
    assert stat.S_IMODE((broker / "control").stat().st_mode) == 0o700


def test_messages_are_json_with_ids_only(broker: Path) -> None:
    photo_id = str(uuid.uuid4())
    folders = {"data_folder_in": str(broker), "data_folder_out": str(broker)}
    with Connection(
        "filesystem://localhost",
        transport_options={**folders, "control_folder": str(broker / "control")},
    ) as connection:
        app.send_task("picprocure.analyze_photo", args=[photo_id], connection=connection)
    (file,) = broker.glob("*.msg")
    message = json.loads(file.read_text())
    assert message["content-type"] == "application/json"
    arguments, keywords, _ = json.loads(base64.b64decode(message["body"]))
    assert arguments == [photo_id]
    assert keywords == {}
