"""What no row knows goes, and what a row misses is said."""

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


def test_every_field_with_a_storage_key_is_asked() -> None:
    fields = {
        (model, field.name)
        for model in apps.get_models()
        if model.__module__.startswith("picprocure.")
        for field in model._meta.fields
        if field.name.endswith("_key")
    }
    assert fields == set(OWNERS)


def forgotten_objects(world: World) -> set[str]:
    """One of an event that lives, one of an event that was never there, one of nobody."""
    keys = {
        f"events/{world.event.pk}/photos/{world.bobs_photo.pk}/left.jpg",
        "events/00000000-0000-0000-0000-000000000000/photos/x/left.jpg",
        "references/left.sealed",
    }
    for key in keys:
        storages["photos"].save(key, ContentFile(b"left"))
    return keys


def test_of_a_healthy_site_nothing_is_an_orphan(full_world: World) -> None:
    before = stored_objects()
    assert sweep_orphans() == Orphans(0, {})
    assert stored_objects() == before


def test_what_no_row_knows_goes(world: World) -> None:
    before = stored_objects()
    left = forgotten_objects(world)
    assert sweep_orphans(dry_run=True).objects == len(left)
    assert stored_objects() == before | left
    assert sweep_orphans().objects == len(left)
    assert stored_objects() == before
    assert not PendingDeletion.objects.exists()


def test_what_waits_for_its_row_stays(world: World) -> None:
    files.store(f"events/{world.event.pk}/photos/new/upload.jpg", b"just coming in")
    assert sweep_orphans() == Orphans(0, {})
    assert f"events/{world.event.pk}/photos/new/upload.jpg" in stored_objects()


def test_rows_whose_object_is_gone_are_counted(world: World) -> None:
    storages["photos"].delete(world.bobs_photo.original_key)
    assert sweep_orphans() == Orphans(0, {"Photo.original_key": 1})


def test_the_command_says_what_would_go_and_then_lets_it_go(world: World, settings: Any) -> None:
    left = forgotten_objects(world)
    planned = CliRunner().invoke(main, ["sweep", "--dry-run"])
    assert planned.exit_code == 0, planned.output
    assert f"objects that no row knows    {len(left):8,}" in planned.output
    assert left < stored_objects()
    done = CliRunner().invoke(main, ["sweep"])
    assert "Deleted:" in done.output
    assert not left & stored_objects()
