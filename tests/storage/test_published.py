"""Events published as containers, on a real Azurite: who can read them, and until when."""

from __future__ import annotations

import re
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

import pytest
from azure.storage.blob import BlobServiceClient
from django.core.files.storage import storages
from django.urls import reverse
from django.utils import timezone

import fakes
from conftest import World, make_event, make_world, stored_world, take_part, upload, work_off
from picprocure.accounts.models import User
from picprocure.events.guest_list import add_to_guest_list
from picprocure.events.models import Event
from picprocure.events.services import close_registration, end_registration, move_registration_end
from picprocure.galleries import publishing
from picprocure.galleries.models import PublishedGallery
from picprocure.photos.models import Photo
from picprocure.pipeline import account_changes, changes, maintenance
from picprocure.recognition.models import Match
from picprocure.retention.erasure import erase_event
from picprocure.retention.orphans import Orphans, sweep_orphans
from picprocure.retention.sweep import sweep
from picprocure.storage import files
from picprocure.storage.models import PendingDeletion
from snapshots import made_once
from storage.conftest import use_store
from stores import azure_containers

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.stores]

PUBLISHED = "picprocure-published-"  # how the names of containers begin


@pytest.fixture(scope="module")
def emptied(azure_settings: dict[str, str]) -> Iterator[BlobServiceClient]:
    """Delete all containers after the last test."""
    with BlobServiceClient.from_connection_string(
        azure_settings["azure_connection_string"]
    ) as service:
        yield service
        for container in service.list_containers():
            service.delete_container(container)


@pytest.fixture
def store(
    emptied: BlobServiceClient, request: pytest.FixtureRequest, settings: Any, tmp_path: Path
) -> Iterator[None]:
    """Use Azure, and delete what was published after the test. The rest is put back by `world`."""
    use_store("azure", request, settings, tmp_path)
    yield
    for container in emptied.list_containers(name_starts_with=PUBLISHED):
        emptied.delete_container(container)
    storages["photos"].close()  # type: ignore[attr-defined]


@pytest.fixture
def world(store: None) -> World:
    made_once(make_event, make_world)
    return stored_world(Event.objects.get())


@pytest.fixture
def published(world: World) -> World:
    """Return a world with a published event. Bob is in two photos, and Charlie is in none."""
    Event.objects.update(is_published=True)
    work_off()
    world.event.refresh_from_db()
    return world


def link_of(user: User, event: Event) -> str:
    link = publishing.link_of(user, event)
    assert link is not None
    return link


def blob_link(link: str, name: str) -> str:
    """Return the address of a blob with the signature of its container's link."""
    parts = urlsplit(link)
    return urlunsplit(parts._replace(path=f"{parts.path}/{quote(name)}"))


def listing_link(link: str) -> str:
    return f"{link}&restype=container&comp=list"


def fetch(address: str, method: str = "GET", **options: Any) -> tuple[int, bytes]:
    request = urllib.request.Request(address, method=method, **options)  # noqa: S310 -- loopback
    try:
        with urllib.request.urlopen(request) as response:  # noqa: S310 -- loopback
            return response.status, response.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read()


def names_in(link: str) -> list[str]:
    status, listing = fetch(listing_link(link))
    assert status == 200
    return re.findall(r"<Name>(.*?)</Name>", listing.decode())


def is_dead(link: str) -> bool:
    statuses = {fetch(listing_link(link))[0], fetch(blob_link(link, "bob.png"))[0]}
    assert statuses <= {200, 403, 404}
    return 200 not in statuses


def containers() -> set[str]:
    service = azure_containers()._service
    return {container.name for container in service.list_containers(name_starts_with=PUBLISHED)}


class TestAccess:
    def test_container_has_exactly_the_persons_photos(self, published: World) -> None:
        link = link_of(published.bob, published.event)
        assert names_in(link) == ["bob.png", "shared.png"]
        for photo in (published.bobs_photo, published.shared_photo):
            with files.open_stored(photo.original_key) as original:
                assert fetch(blob_link(link, photo.name)) == (200, original.read())

    def test_people_in_no_photo_have_no_container(self, published: World) -> None:
        for user in (published.charlie, published.alice, published.mallory):
            assert publishing.link_of(user, published.event) is None
        assert len(containers()) == 1

    def test_container_name_does_not_identify_event_or_person(self, published: World) -> None:
        (name,) = containers()
        event, bob = published.event, published.bob
        for identifier in (event.pk, event.name, bob.email):
            assert str(identifier) not in name
        gallery = PublishedGallery.objects.get()
        assert name == f"picprocure-published-{gallery.pk}"
        assert gallery.pk.version == 4  # random

    def test_link_does_not_allow_changes_or_other_containers(self, published: World) -> None:
        link = link_of(published.bob, published.event)
        blob = {"data": b"x", "headers": {"x-ms-blob-type": "BlockBlob"}}
        assert fetch(blob_link(link, "new.png"), "PUT", **blob)[0] == 403
        assert fetch(blob_link(link, "bob.png"), "DELETE")[0] == 403
        assert fetch(f"{link}&restype=container", "DELETE")[0] == 403
        parts = urlsplit(link)
        account = parts.path.rpartition("/")[0]
        for suffix in ("references", f"event-{published.event.pk}"):
            path = f"{account}/picprocure-{suffix}"
            assert fetch(listing_link(urlunsplit(parts._replace(path=path))))[0] == 403

    def test_container_cannot_be_read_without_signature(self, published: World) -> None:
        address = link_of(published.bob, published.event).partition("?")[0]
        assert fetch(f"{address}?restype=container&comp=list")[0] in {403, 404}
        assert fetch(f"{address}/bob.png")[0] in {403, 404, 409}

    def test_gallery_page_shows_the_link_only_to_its_owner(self, published: World) -> None:
        page = reverse("galleries:gallery", args=[published.event.pk])
        link = link_of(published.bob, published.event)
        assert link in unescape(published.client("bob").get(page).content.decode())
        for persona in ("charlie", "alice", "mallory"):
            html = published.client(persona).get(page).content.decode()
            assert "/picprocure-published-" not in html

    def test_unpublished_event_has_no_containers(self, world: World) -> None:
        assert publishing.link_of(world.bob, world.event) is None
        assert not containers()


def leave(world: World) -> None:
    end_registration(event=world.event, user=world.bob)


def refuse(world: World) -> None:
    changes.refuse(world.bob.registrations.get())


def withdraw(world: World) -> None:
    changes.withdraw(world.bob)


def delete_account(world: World) -> None:
    account_changes.delete_account(world.bob)


def delete_photo(world: World) -> None:
    changes.delete_photo(world.shared_photo)


def delete_event(world: World) -> None:
    erase_event(world.event)


def switch_off(world: World) -> None:
    page = reverse("events:edit", args=[world.event.pk])
    form = {
        "name": "The same",
        "requires_approval": "on",
        "availability_days": "2",
        "is_published": "",
    }
    assert world.client("alice").post(page, form).status_code == 302


def share_manually(world: World) -> None:
    registration = world.bob.registrations.get()
    changes.share_manually(registration=registration, photos=[world.strangers_photo])


class TestRevocation:
    @pytest.mark.parametrize(
        "change",
        [
            *(leave, refuse, withdraw, delete_account, delete_photo, delete_event),
            *(switch_off, share_manually),
        ],
    )
    def test_change_ends_the_link_immediately(
        self, published: World, change: Callable[[World], None]
    ) -> None:
        link = link_of(published.bob, published.event)
        assert not is_dead(link)
        change(published)
        assert is_dead(link)
        assert not containers()

    def test_revoked_photo_is_not_in_the_new_container(self, published: World) -> None:
        share_manually(published)
        work_off()
        old = link_of(published.bob, published.event)
        assert "strangers.png" in names_in(old)
        registration = published.bob.registrations.get()
        changes.share_manually(
            registration=registration, photos=[], revoked=[published.strangers_photo]
        )
        assert is_dead(old)
        work_off()
        assert names_in(link_of(published.bob, published.event)) == ["bob.png", "shared.png"]

    def test_sorting_with_another_result_replaces_the_link(self, published: World) -> None:
        old = link_of(published.bob, published.event)
        upload(published.event, fakes.stripes(fakes.BOB, serial=7), "later.png")
        work_off()
        assert is_dead(old)
        new = link_of(published.bob, published.event)
        assert names_in(new) == ["bob.png", "later.png", "shared.png"]
        add_to_guest_list(event=published.event, guests=dict.fromkeys(["nobody@example.org"], ""))
        changes.retry_photos(published.event)
        work_off()
        assert link_of(published.bob, published.event) == new

    def test_sweep_ends_the_link_after_an_unreported_change(self, published: World) -> None:
        old = link_of(published.bob, published.event)
        Match.objects.filter(face__photo=published.shared_photo).delete()
        assert publishing.link_of(published.bob, published.event) is None
        maintenance.sweep()
        assert is_dead(old)

    def test_end_of_the_event_ends_the_link(self, published: World) -> None:
        link = link_of(published.bob, published.event)
        Event.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
        assert publishing.link_of(published.bob, published.event) is None
        assert sweep().events == 1
        assert is_dead(link)
        assert not containers()

    def test_access_policy_ends_the_link_without_a_sweep(self, published: World) -> None:
        """The store ends the link at the event's end, even if no worker runs."""
        gallery = PublishedGallery.objects.get()
        policies = self.policies(gallery)
        assert [policy.id for policy in policies] == [str(gallery.policy)]
        ends = datetime.fromisoformat(policies[0].access_policy.expiry)
        assert abs(ends - published.event.expires_at) < timedelta(seconds=1)
        link = link_of(published.bob, published.event)
        past = timezone.now() - timedelta(minutes=1)
        files.open_folder(gallery.folder, policy=str(gallery.policy), until=past)
        assert is_dead(link)

    def test_link_depends_on_the_policy(self, published: World) -> None:
        link = link_of(published.bob, published.event)
        assert set(re.findall(r"[?&](\w+)=", link)) == {"si", "sv", "spr", "sr", "sig"}
        container, _ = azure_containers()._place(f"{PublishedGallery.objects.get().folder}all")
        container.client.set_container_access_policy({})
        assert is_dead(link)

    def test_extended_event_keeps_its_links(self, published: World) -> None:
        link = link_of(published.bob, published.event)
        move_registration_end(event=published.event, closes_at=timezone.now() + timedelta(days=9))
        close_registration(event=published.event)
        Event.objects.update(expires_at=timezone.now() + timedelta(days=9))
        work_off()
        gallery = PublishedGallery.objects.get()
        ends = datetime.fromisoformat(self.policies(gallery)[0].access_policy.expiry)
        assert ends > timezone.now() + timedelta(days=8)
        assert link_of(published.bob, Event.objects.get()) == link
        assert not is_dead(link)

    def policies(self, gallery: PublishedGallery) -> Any:
        container, _ = azure_containers()._place(f"{gallery.folder}all")
        return container.client.get_container_access_policy()["signed_identifiers"]


class TestFailures:
    @pytest.fixture
    def unpublished(self, world: World) -> World:
        Event.objects.update(is_published=True)
        return world

    def test_change_during_the_copy_stops_it(
        self, unpublished: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        store = files.store

        def interrupted(key: str, content: bytes) -> None:
            store(key, content)
            Match.objects.filter(face__photo=unpublished.shared_photo).delete()

        monkeypatch.setattr(files, "store", interrupted)
        assert publishing.publish(unpublished.event.pk) == 0
        assert not PublishedGallery.objects.exists()
        assert not containers()

    def test_person_who_leaves_during_the_copy_has_no_container(
        self, unpublished: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        store = files.store

        def interrupted(key: str, content: bytes) -> None:
            leave(unpublished)
            store(key, content)

        monkeypatch.setattr(files, "store", interrupted)
        assert publishing.publish(unpublished.event.pk) == 0
        assert not containers()

    def test_photo_that_is_deleted_during_the_copy_stops_it(
        self, unpublished: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        store = files.store

        def interrupted(key: str, content: bytes) -> None:
            store(key, content)
            for photo in Photo.objects.filter(pk=unpublished.shared_photo.pk):
                changes.delete_photo(photo)

        monkeypatch.setattr(files, "store", interrupted)
        assert publishing.publish(unpublished.event.pk) == 0
        assert not containers()
        monkeypatch.undo()
        work_off()
        assert names_in(link_of(unpublished.bob, unpublished.event)) == ["bob.png"]

    def test_copy_of_a_dead_worker_is_replaced(self, unpublished: World) -> None:
        registration = unpublished.bob.registrations.get()
        partial = PublishedGallery.objects.create(registration=registration, photos_digest="0" * 64)
        files.store(f"{partial.folder}bob.png", b"half")
        PublishedGallery.objects.update(
            photos_digest=publishing._digest(
                [unpublished.bobs_photo.pk, unpublished.shared_photo.pk]
            )
        )
        assert publishing.publish(unpublished.event.pk) == 0  # the worker may be alive
        assert publishing.link_of(unpublished.bob, unpublished.event) is None
        long_ago = timezone.now() - publishing.MAX_COPY_TIME - timedelta(seconds=1)
        PublishedGallery.objects.update(filled_at=long_ago)
        assert publishing.publish(unpublished.event.pk) == 1
        assert containers() == {f"picprocure-published-{PublishedGallery.objects.get().pk}"}

    def test_failed_copy_is_removed_and_tried_again(
        self, unpublished: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fail(*_: Any, **__: Any) -> None:
            raise OSError("no answer")

        monkeypatch.setattr(files, "open_folder", fail)
        assert publishing.publish(unpublished.event.pk) == 0
        assert not PublishedGallery.objects.exists()
        assert not containers()
        monkeypatch.undo()
        assert publishing.events_to_publish() == [unpublished.event.pk]
        assert publishing.publish(unpublished.event.pk) == 1
        assert publishing.events_to_publish() == []

    def test_two_workers_make_one_container(
        self, unpublished: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        store = files.store
        concurrent_results: list[int] = []

        def interrupted(key: str, content: bytes) -> None:
            store(key, content)
            concurrent_results.append(publishing.publish(unpublished.event.pk))

        monkeypatch.setattr(files, "store", interrupted)
        assert publishing.publish(unpublished.event.pk) == 1
        assert concurrent_results == [0, 0]
        assert len(containers()) == 1


class TestOrphans:
    def test_published_container_is_no_orphan(self, published: World) -> None:
        link = link_of(published.bob, published.event)
        assert sweep_orphans() == Orphans(0, {})
        assert not is_dead(link)
        assert not PendingDeletion.objects.exists()

    def test_container_without_row_is_deleted(self, published: World) -> None:
        orphan_key = "published/00000000-0000-0000-0000-000000000000/left.png"
        files.store(orphan_key, b"left")
        PendingDeletion.objects.all().delete()
        assert sweep_orphans().objects == 1
        sweep_orphans()
        assert containers() == {f"picprocure-published-{PublishedGallery.objects.get().pk}"}


def test_two_people_have_two_containers(published: World, make_user: Callable[..., User]) -> None:
    dora = make_user("dora", fakes.DORA)
    move_registration_end(event=published.event, closes_at=timezone.now() + timedelta(hours=1))
    take_part(dora, published.event)
    close_registration(event=published.event)
    upload(published.event, fakes.stripes(fakes.DORA, fakes.BOB), "both.png")
    upload(published.event, fakes.stripes(fakes.DORA, serial=3), "bob.png")
    work_off()
    bobs_link, doras_link = (link_of(user, published.event) for user in (published.bob, dora))
    assert names_in(bobs_link) == ["bob.png", "both.png", "shared.png"]
    assert names_in(doras_link) == ["bob.png", "both.png"]
    assert fetch(blob_link(bobs_link, "bob.png"))[1] != fetch(blob_link(doras_link, "bob.png"))[1]
