"""Orphans: objects without a row are deleted, and rows without their object are counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from django.apps import apps
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.db import connection
from django.test.utils import CaptureQueriesContext

import fakes
from conftest import World, upload
from picprocure.cli import main
from picprocure.config.settings import STORES
from picprocure.events.models import Event
from picprocure.events.services import close_registration
from picprocure.photos.models import Photo
from picprocure.pipeline import changes
from picprocure.recognition.models import Anchor
from picprocure.retention import orphans
from picprocure.retention.orphans import OWNERS, Orphans, sweep_orphans
from picprocure.storage import files, keys
from picprocure.storage.local import LocalFiles
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
    left = {
        f"events/{world.event.pk}/photos/{world.bobs_photo.pk}/left.jpg",
        "events/00000000-0000-0000-0000-000000000000/photos/x/left.jpg",
        "references/left.sealed",
    }
    for key in left:
        storages["photos"].save(key, ContentFile(b"left"))
    return left


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


@pytest.fixture
def calls_of_files(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """Store in local files, and count the calls that ask for keys."""
    photos = deepcopy(STORES["files"])
    photos["OPTIONS"]["location"] = tmp_path
    settings.STORAGES = {**settings.STORAGES, "photos": photos}
    counted: Counter[str] = Counter()
    for name in ("exists", "listdir", "key_pages"):
        call = getattr(LocalFiles, name)

        def counting(self: LocalFiles, *args: Any, name: str = name, call: Any = call) -> Any:
            counted[name] += 1
            return call(self, *args)

        monkeypatch.setattr(LocalFiles, name, counting)
    return counted


def test_store_is_listed_and_not_asked_for_each_key(
    calls_of_files: Counter[str], event: Event
) -> None:
    close_registration(event=event)
    for serial in range(3):
        upload(event, fakes.stripes(fakes.BOB, serial=serial))
    calls_of_files.clear()
    assert sweep_orphans() == Orphans(0, {})
    assert calls_of_files == {"key_pages": 1}


def test_object_and_row_that_come_during_the_sweep_stay_and_are_not_missing(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A photo is uploaded after the store was listed, and one between the lists of owners."""
    list_keys, unowned = files.key_batches, orphans._unowned

    def list_and_upload() -> Iterator[Sequence[str]]:
        yield from list_keys()
        upload(world.event, fakes.stripes(fakes.DORA), "late.png")

    def upload_and_compare(keys: Sequence[str]) -> list[str]:
        found = upload(world.event, fakes.stripes(fakes.DORA, fakes.BOB), "between.png")
        return unowned([*keys, found.original_key])

    monkeypatch.setattr(files, "key_batches", list_and_upload)
    monkeypatch.setattr(orphans, "_unowned", upload_and_compare)
    assert sweep_orphans() == Orphans(0, {})
    assert {photo.original_key for photo in Photo.objects.all()} <= stored_objects()


def test_object_whose_key_names_another_row_stays(world: World) -> None:
    key = "events/00000000-0000-0000-0000-000000000000/photos/x/early-version.jpg"
    with storages["photos"].open(world.bobs_photo.original_key) as stored:
        storages["photos"].save(key, ContentFile(stored.read()))
    Photo.objects.filter(pk=world.bobs_photo.pk).update(web_key=key)
    sweep_orphans()
    assert key in stored_objects()


def test_anchor_keeps_the_picture_of_its_deleted_reference(world: World) -> None:
    anchor = Anchor.objects.get(user=world.bob)
    changes.delete_reference(user=world.bob, reference=world.bob.references.get())
    assert sweep_orphans() == Orphans(0, {})
    assert anchor.image_key in stored_objects()


def test_pending_deletions_are_read_before_the_owners_of_folders(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise, the folder of an event that is created in between would be deleted."""
    discarded: list[str] = []
    monkeypatch.setattr(files, "has_folders", lambda: True)
    monkeypatch.setattr(files, "discard_folder", discarded.append)
    names = {keys.EVENTS: [str(world.event.pk), "left"], keys.PUBLISHED: []}
    monkeypatch.setattr(files, "folders", lambda top: names[top])
    with CaptureQueriesContext(connection) as queries:
        orphans._discard_unowned_folders()
    asked = [query["sql"].split(" FROM ")[1].split()[0].strip('"') for query in queries]
    assert asked == ["storage_pendingdeletion", "storage_pendingdeletion", "events_event"]
    assert discarded == [f"{keys.EVENTS}/left/"]
