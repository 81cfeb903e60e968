"""A whole event on each store, with its links and containers."""

from __future__ import annotations

import urllib.error
import urllib.request
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.urls import reverse
from django.utils import timezone

import fakes
from conftest import World, upload, work_off
from picprocure.events.models import Event
from picprocure.photos.models import Photo
from picprocure.recognition.models import Reference
from picprocure.retention.orphans import sweep_orphans
from picprocure.retention.sweep import sweep
from picprocure.storage import files
from snapshots import stored_objects
from stores import azure_containers

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def stored_world(store: str, request: pytest.FixtureRequest) -> World:
    world: World = request.getfixturevalue("world")
    return world


def body(response: Any) -> bytes:
    content: bytes = response.getvalue() if response.streaming else response.content
    return content


def fetch(address: str) -> bytes:
    with urllib.request.urlopen(address) as response:  # noqa: S310 -- loopback
        content: bytes = response.read()
        return content


def status_of(address: str) -> int:
    try:
        fetch(address)
    except urllib.error.HTTPError as error:
        with error:
            return error.code
    return 200


def test_event_from_upload_to_expiry(stored_world: World) -> None:
    world = stored_world
    photo = upload(world.event, fakes.stripes(fakes.BOB, serial=1))
    work_off()
    objects = stored_objects()
    assert {photo.original_key for photo in Photo.objects.all()} < objects
    for size in ("thumbnail", "web", "original"):
        address = reverse("media:photo", args=[photo.pk, size])
        assert body(world.client("bob").get(address))
        assert world.client("charlie").get(address).status_code == 404
    archive = world.client("bob").get(reverse("media:archive", args=[world.event.pk]))
    assert body(archive).startswith(b"PK")
    references = {reference.image_key for reference in Reference.objects.all()}
    assert references < objects
    Event.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert sweep().events == 1
    assert stored_objects() == references


class TestContainers:
    """On Azure, each event has its own container."""

    @pytest.fixture(params=[pytest.param("azure", marks=pytest.mark.stores)])
    def store(self, store: str) -> str:
        return store

    def names(self) -> set[str]:
        service = azure_containers()._service
        return {container.name for container in service.list_containers()}

    def test_event_has_a_container_until_it_expires(self, stored_world: World) -> None:
        own = f"picprocure-event-{stored_world.event.pk}"
        assert {own, "picprocure-references"} <= self.names()
        Event.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
        sweep()
        assert own not in self.names()
        assert "picprocure-references" in self.names()

    def test_orphan_sweep_keeps_containers_of_other_sites(self, stored_world: World) -> None:
        """The other site's prefix begins with this site's prefix."""
        service = azure_containers()._service
        foreign = service.create_container(f"picprocure-test-event-{stored_world.event.pk}")
        foreign.upload_blob("photo.jpg", b"theirs")
        sweep_orphans()
        assert foreign.download_blob("photo.jpg").readall() == b"theirs"

    def test_containers_are_private(self, stored_world: World) -> None:
        container, blob = azure_containers()._place(stored_world.bobs_photo.original_key)
        assert container.client.get_container_properties().public_access is None
        address = container.client.get_blob_client(blob).url
        assert status_of(address) in {403, 404, 409}


@pytest.mark.parametrize("store", [pytest.param("azure", marks=pytest.mark.stores)], indirect=True)
def test_expired_link_is_refused(
    stored_world: World, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    """Only Azurite enforces the expiry. `TestLinks` checks the signed expiry for both stores."""
    settings.SIGNED_LINKS_FROM = "http://127.0.0.1"
    address = reverse("media:photo", args=[stored_world.bobs_photo.pk, "original"])
    bob = stored_world.client("bob")
    assert status_of(bob.get(address)["Location"]) == 200
    monkeypatch.setattr(files, "LINK_SECONDS", -60)
    assert status_of(bob.get(address)["Location"]) == 403


class TestLinks:
    @pytest.fixture(
        params=[
            pytest.param("azure", marks=pytest.mark.stores),
            pytest.param("s3", marks=pytest.mark.stores),
        ]
    )
    def store(self, store: str) -> str:
        return store

    @pytest.fixture(autouse=True)
    def allow_links(self, store: str, settings: Any) -> None:
        settings.SIGNED_LINKS_FROM = "http://127.0.0.1"

    def link_of(self, world: World, size: str = "original") -> str:
        address = reverse("media:photo", args=[world.bobs_photo.pk, size])
        response = world.client("bob").get(address)
        assert response.status_code == 302
        assert response["Cache-Control"] == "private, no-store"
        assert world.client("charlie").get(address).status_code == 404
        return str(response["Location"])

    def test_link_reads_only_its_photo(self, stored_world: World) -> None:
        address = self.link_of(stored_world)
        with files.open_stored(stored_world.bobs_photo.original_key) as stored:
            assert fetch(address) == stored.read()
        foreign_name = stored_world.strangers_photo.original_key.rpartition("photos/")[2]
        own_name = stored_world.bobs_photo.original_key.rpartition("photos/")[2]
        assert own_name in address
        if "sig=" in address:  # moto checks no signatures
            assert status_of(address.replace(own_name, foreign_name)) == 403

    def test_link_is_valid_for_a_minute(self, stored_world: World) -> None:
        query = parse_qs(urlsplit(self.link_of(stored_world, "web")).query)
        if "se" in query:  # Azure
            ends = datetime.fromisoformat(query["se"][0])
            left = ends - timezone.now()
            assert timedelta(seconds=30) < left <= timedelta(seconds=files.LINK_SECONDS)
            assert query["sp"] == ["r"]
            assert query["sr"] == ["b"]
        else:
            assert query["X-Amz-Expires"] == [str(files.LINK_SECONDS)]

    def test_reference_photos_have_no_links(self, stored_world: World) -> None:
        reference = stored_world.bob.references.get()
        response = stored_world.client("bob").get(reverse("media:reference", args=[reference.pk]))
        assert response.status_code == 200
        assert body(response)
