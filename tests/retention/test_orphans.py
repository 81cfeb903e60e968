"""Orphans: objects without a row are deleted, and rows without their object are counted."""

from __future__ import annotations

from typing import Any

import pytest
from click.testing import CliRunner
from django.apps import apps
from django.core.files.base import ContentFile
from django.core.files.storage import storages

from conftest import World
from picprocure.cli import main
from picprocure.retention.orphans import OWNERS, Orphans, sweep_orphans
from picprocure.storage import files
from picprocure.storage.models import PendingDeletion
from snapshots import stored_objects

pytestmark = pytest.mark.django_db(transaction=True)


def test_all_fields_with_a_storage_key_are_checked() -> None:
    fields = {
        (model, field.name)
        for model in apps.get_models()
        if model.__module__.startswith("picprocure.")
        for field in model._meta.fields
        if field.name.endswith("_key")
    }
    assert fields == set(OWNERS)


def store_orphans(world: World) -> set[str]:
    """Store objects of a live event, of an event that never existed, and without an owner."""
    keys = {
        f"events/{world.event.pk}/photos/{world.bobs_photo.pk}/left.jpg",
        "events/00000000-0000-0000-0000-000000000000/photos/x/left.jpg",
        "references/left.sealed",
    }
    for key in keys:
        storages["photos"].save(key, ContentFile(b"left"))
    return keys


def test_healthy_site_has_no_orphans(full_world: World) -> None:
    before = stored_objects()
    assert sweep_orphans() == Orphans(0, {})
    assert stored_objects() == before


def test_objects_without_a_row_are_deleted(world: World) -> None:
    before = stored_objects()
    orphan_keys = store_orphans(world)
    assert sweep_orphans(dry_run=True).objects == len(orphan_keys)
    assert stored_objects() == before | orphan_keys
    assert sweep_orphans().objects == len(orphan_keys)
    assert stored_objects() == before
    assert not PendingDeletion.objects.exists()


def test_object_that_waits_for_its_row_stays(world: World) -> None:
    files.store(f"events/{world.event.pk}/photos/new/upload.jpg", b"just coming in")
    assert sweep_orphans() == Orphans(0, {})
    assert f"events/{world.event.pk}/photos/new/upload.jpg" in stored_objects()


def test_rows_without_their_object_are_counted(world: World) -> None:
    storages["photos"].delete(world.bobs_photo.original_key)
    assert sweep_orphans() == Orphans(0, {"Photo.original_key": 1})


def test_command_counts_orphans_and_then_deletes_them(world: World, settings: Any) -> None:
    orphan_keys = store_orphans(world)
    planned = CliRunner().invoke(main, ["sweep", "--dry-run"])
    assert planned.exit_code == 0, planned.output
    assert f"orphaned objects             {len(orphan_keys):8,}" in planned.output
    assert orphan_keys < stored_objects()
    result = CliRunner().invoke(main, ["sweep"])
    assert "Deleted:" in result.output
    assert not orphan_keys & stored_objects()
