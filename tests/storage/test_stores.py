"""A whole event on each store, links, containers, and stores that fail."""

from __future__ import annotations

import urllib.error
import urllib.request
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.urls import reverse
from django.utils import timezone

from conftest import World
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


def body(answer: Any) -> bytes:
    content: bytes = answer.getvalue() if answer.streaming else answer.content
    return content


def fetched(address: str) -> bytes:
    with urllib.request.urlopen(address) as answer:  # noqa: S310 -- loopback
        content: bytes = answer.read()
        return content


def status_of(address: str) -> int:
    try:
        fetched(address)
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code
    return 200


def test_an_event_from_upload_to_expiry(stored_world: World) -> None:
    world = stored_world
    objects = stored_objects()
    assert {photo.original_key for photo in Photo.objects.all()} < objects
    for size in ("thumbnail", "web", "original"):
        address = reverse("media:photo", args=[world.bobs_photo.pk, size])
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
    """On Azure each event has its own."""

    @pytest.fixture(params=[pytest.param("azure", marks=pytest.mark.stores)])
    def store(self, store: str) -> str:
        return store

    def names(self) -> set[str]:
        service = azure_containers()._service
        return {container.name for container in service.list_containers()}

    def test_each_event_has_one_until_it_expires(self, stored_world: World) -> None:
        own = f"picprocure-event-{stored_world.event.pk}"
        assert {own, "picprocure-references"} <= self.names()
        Event.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
        sweep()
        assert own not in self.names()
        assert "picprocure-references" in self.names()

    def test_the_orphan_sweep_lets_other_sites_be(self, stored_world: World) -> None:
        """Whose prefix begins with this one's."""
        service = azure_containers()._service
        other = service.create_container(f"picprocure-test-event-{stored_world.event.pk}")
        other.upload_blob("photo.jpg", b"theirs")
        sweep_orphans()
        assert other.download_blob("photo.jpg").readall() == b"theirs"

    def test_they_are_private(self, stored_world: World) -> None:
        place, blob = azure_containers()._place(stored_world.bobs_photo.original_key)
        assert place.client.get_container_properties().public_access is None
        address = place.client.get_blob_client(blob).url
        assert status_of(address) in {403, 404, 409}


@pytest.mark.parametrize("store", [pytest.param("azure", marks=pytest.mark.stores)], indirect=True)
def test_an_expired_link_is_refused(
    stored_world: World, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    """On Azurite: moto doesn't enforce the expiry; of both the signed one is checked below."""
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
    def linked(self, store: str, settings: Any) -> None:
        settings.SIGNED_LINKS_FROM = "http://127.0.0.1"

    def link_of(self, world: World, size: str = "original") -> str:
        address = reverse("media:photo", args=[world.bobs_photo.pk, size])
        answer = world.client("bob").get(address)
        assert answer.status_code == 302
        assert answer["Cache-Control"] == "private, no-store"
        assert world.client("charlie").get(address).status_code == 404
        return str(answer["Location"])

    def test_a_photo_is_fetched_by_its_link_and_nothing_else_is(self, stored_world: World) -> None:
        address = self.link_of(stored_world)
        with files.open_stored(stored_world.bobs_photo.original_key) as stored:
            assert fetched(address) == stored.read()
        other = stored_world.strangers_photo.original_key.rpartition("photos/")[2]
        own = stored_world.bobs_photo.original_key.rpartition("photos/")[2]
        assert own in address
        if "sig=" in address:  # moto checks no signatures
            assert status_of(address.replace(own, other)) == 403

    def test_it_lives_for_a_minute(self, stored_world: World) -> None:
        given = parse_qs(urlsplit(self.link_of(stored_world, "web")).query)
        if "se" in given:  # Azure
            ends = datetime.fromisoformat(given["se"][0])
            left = ends - timezone.now()
            assert timedelta(seconds=30) < left <= timedelta(seconds=files.LINK_SECONDS)
            assert given["sp"] == ["r"]
            assert given["sr"] == ["b"]
        else:
            assert given["X-Amz-Expires"] == [str(files.LINK_SECONDS)]

    def test_references_never_have_one(self, stored_world: World) -> None:
        reference = stored_world.bob.references.get()
        answer = stored_world.client("bob").get(reverse("media:reference", args=[reference.pk]))
        assert answer.status_code == 200
        assert body(answer)
