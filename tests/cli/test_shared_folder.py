"""Machines of one site share a data folder, or keep nothing there that all of them need."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from picprocure.cli.shared_folder import NotShared, ensure_shared
from picprocure.pipeline.models import SharedFolder

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def machine(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Use a database server, and a first machine that keeps everything in its folder."""
    monkeypatch.setattr(connection, "vendor", "postgresql")
    settings.DATA_DIR, settings.KEYS_DIR = tmp_path / "first", tmp_path / "first-keys"
    settings.DATA_DIR.mkdir()
    settings.STORAGES = {"photos": settings.STORES["files"]}
    settings.CELERY_BROKER_URL, settings.FACE_KEYS = "filesystem://localhost", ()
    ensure_shared(web=True, is_whole_site=False)


def use_another_machine(settings: Any) -> None:
    settings.DATA_DIR = settings.DATA_DIR.with_name("second")
    settings.DATA_DIR.mkdir()


def test_another_machine_with_its_own_folder_is_refused(settings: Any) -> None:
    ensure_shared(web=True, is_whole_site=False)
    use_another_machine(settings)
    with pytest.raises(NotShared) as refusal:
        ensure_shared(web=False, is_whole_site=False)
    for setting in ("STORAGE", "FILES_DIR", "BROKER_URL", "QUEUE_DIR", "FACE_KEYS"):
        assert f"PICPROCURE_{setting}" in str(refusal.value)
    with pytest.raises(NotShared, match="PICPROCURE_SECRET_KEY"):
        ensure_shared(web=True, is_whole_site=False)


def test_machine_that_shares_all_by_settings_needs_no_shared_folder(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_another_machine(settings)
    settings.STORAGES = {"photos": settings.STORES["s3"]}
    settings.CELERY_BROKER_URL, settings.FACE_KEYS = "amqp://broker.example", ("a key",)
    monkeypatch.setenv("PICPROCURE_SECRET_KEY", "x" * 32)
    ensure_shared(web=True, is_whole_site=False)


def test_machines_may_share_only_the_folders_of_files_and_jobs(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_another_machine(settings)
    settings.FACE_KEYS = ("a key",)
    monkeypatch.setenv("PICPROCURE_FILES_DIR", "/mnt/site/files")
    with pytest.raises(NotShared):
        ensure_shared(web=False, is_whole_site=False)
    monkeypatch.setenv("PICPROCURE_QUEUE_DIR", "/mnt/site/queue")
    ensure_shared(web=False, is_whole_site=False)


def test_whole_site_moves_to_its_folder(settings: Any) -> None:
    first = settings.DATA_DIR
    use_another_machine(settings)
    ensure_shared(web=True, is_whole_site=True)
    ensure_shared(web=True, is_whole_site=False)
    assert SharedFolder.objects.count() == 1
    settings.DATA_DIR = first
    with pytest.raises(NotShared):
        ensure_shared(web=True, is_whole_site=False)
