"""Hosts see who opened their photos and downloaded them. Only the guest's own visits count."""

from __future__ import annotations

import re
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

import fakes
from conftest import World, browser_of, take_part, text_of, upload, work_off
from picprocure.events.models import CoHost, Event, Registration, RegistrationQuerySet
from picprocure.galleries.visits import record_opening
from picprocure.photos.models import Photo
from picprocure.pipeline import changes
from threads import database_for_threads

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
OPENED = ("first_opened_at", "last_opened_at")
DOWNLOADED = "last_downloaded_at"


def gallery(world: World) -> str:
    return reverse("galleries:gallery", args=[world.event.pk])


def original(photo: Photo) -> str:
    return reverse("media:photo", args=[photo.pk, "original"])


def archive(world: World) -> str:
    return reverse("media:archive", args=[world.event.pk])


def times_of(world: World, name: str = "bob") -> dict[str, Any]:
    rows = world.event.registrations.filter(user=getattr(world, name))
    return dict(rows.values(*OPENED, DOWNLOADED).get())


def unopened(client: Client, world: World) -> list[str]:
    """Return the people whom the filter shows."""
    address = reverse("events:people", args=[world.event.pk])
    page = unescape(text_of(client.get(address, {"show": "unopened"}).content))
    return re.findall(r"<strong>(\w+)", page.partition('class="people-grid"')[2])


class TestOpening:
    def test_first_visit_is_stored(self, world: World) -> None:
        world.client("bob").get(gallery(world))
        times = times_of(world)
        assert times["first_opened_at"] == times["last_opened_at"] is not None
        assert times[DOWNLOADED] is None

    def test_next_visit_is_stored_after_a_day(self, world: World) -> None:
        bob = world.client("bob")
        bob.get(gallery(world))
        first = times_of(world)
        bob.get(gallery(world))
        assert times_of(world) == first
        yesterday = timezone.now() - DAY
        Registration.objects.update(first_opened_at=yesterday, last_opened_at=yesterday)
        bob.get(gallery(world))
        times = times_of(world)
        assert times["first_opened_at"] == yesterday < times["last_opened_at"]

    @pytest.mark.parametrize("persona", ["charlie", "pending", "held", "withdrawn", "blocked"])
    def test_gallery_without_photos_is_not_opened(self, full_world: World, persona: str) -> None:
        full_world.client(persona).get(gallery(full_world))
        assert not Registration.objects.exclude(first_opened_at=None).exists()

    def test_looking_at_pictures_and_asking_for_headers_is_none(self, world: World) -> None:
        bob = world.client("bob")
        bob.head(gallery(world))
        bob.head(archive(world))
        bob.head(original(world.bobs_photo))
        bob.get(reverse("media:photo", args=[world.bobs_photo.pk, "thumbnail"]))
        assert set(times_of(world).values()) == {None}

    def test_second_visit_writes_nothing(self, world: World) -> None:
        bob = world.client("bob")
        for address in (gallery(world), archive(world), original(world.bobs_photo)):
            bob.get(address)
            with CaptureQueriesContext(connection) as queries:
                bob.get(address)
            assert not [one for one in queries if one["sql"].startswith("UPDATE")]

    def test_photos_are_there_if_the_visit_cannot_be_stored(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def full(*_: object, **__: object) -> None:
            raise DatabaseError("database or disk is full")

        monkeypatch.setattr(RegistrationQuerySet, "update", full)
        assert world.client("bob").get(gallery(world)).status_code == 200
        assert world.client("bob").get(archive(world)).status_code == 200
        assert world.client("bob").get(original(world.bobs_photo)).status_code == 200


@pytest.mark.django_db(transaction=True)
def test_gallery_does_not_wait_for_another_process_that_writes(
    world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A sorting of a large event locks its guests, and on SQLite the whole database."""
    is_locked, is_over = threading.Event(), threading.Event()

    def sort() -> None:
        with transaction.atomic():
            list(Registration.objects.select_for_update())
            is_locked.set()
            is_over.wait(20)
        connection.close()

    def visit() -> float:
        began = time.monotonic()
        record_opening(world.bob, world.event)
        took = time.monotonic() - began
        connection.close()
        return took

    with database_for_threads(monkeypatch, tmp_path), ThreadPoolExecutor(2) as threads:
        sorting = threads.submit(sort)
        try:
            assert is_locked.wait(20)
            assert threads.submit(visit).result(timeout=5) < 1
        finally:
            is_over.set()
        sorting.result()
        assert threads.submit(visit).result(timeout=5) < 1


class TestDownloading:
    @pytest.mark.parametrize("whole", [True, False])
    def test_download_is_stored_and_counts_as_an_opening(self, world: World, whole: bool) -> None:
        world.client("bob").get(archive(world) if whole else original(world.bobs_photo))
        times = times_of(world)
        assert times["first_opened_at"] == times[DOWNLOADED] is not None

    def test_download_by_a_host_is_none(self, world: World) -> None:
        alice = world.client("alice")
        registration = world.event.registrations.get(user=world.bob)
        alice.get(reverse("events:guest_gallery", args=[world.event.pk, registration.pk]))
        alice.get(original(world.bobs_photo))
        alice.get(reverse("media:people_archive", args=[world.event.pk]))
        assert set(times_of(world).values()) == {None}

    def test_host_who_is_a_guest_downloads_what_they_are_not_in(self, world: World) -> None:
        changes.share_manually(
            registration=world.event.registrations.get(user=world.charlie),
            photos=[world.shared_photo],
        )
        CoHost.objects.create(event=world.event, user=world.charlie)
        charlie = world.client("charlie")
        assert charlie.get(original(world.bobs_photo)).status_code == 200
        assert times_of(world, "charlie")[DOWNLOADED] is None
        charlie.get(original(world.shared_photo))
        assert times_of(world, "charlie")[DOWNLOADED] is not None


class TestWhatHostsSee:
    def test_person_is_listed_until_they_opened_their_photos(self, world: World) -> None:
        alice = world.client("alice")
        assert unopened(alice, world) == ["Bob"]  # Charlie has none
        page = alice.get(reverse("events:people", args=[world.event.pk])).content.decode()
        assert page.count('<span class="chip">Not opened yet</span>') == 1
        world.client("bob").get(gallery(world))
        assert unopened(alice, world) == []
        page = alice.get(reverse("events:people", args=[world.event.pk])).content.decode()
        assert "First opened" in page
        assert "Not opened yet" not in page

    def test_person_whose_photos_are_unreleased_could_not_open_them(self, world: World) -> None:
        Photo.objects.update(waits_for_release=True, released_at=None)
        Event.objects.update(has_unreleased_photos=True)
        assert unopened(world.client("alice"), world) == []
        Photo.objects.filter(pk=world.bobs_photo.pk).update(waits_for_release=False)
        assert unopened(world.client("alice"), world) == ["Bob"]

    def test_co_host_learns_nothing_about_their_own_registration(
        self, world: World, make_user: Any
    ) -> None:
        dora = make_user("dora", fakes.DORA)
        CoHost.objects.create(event=world.event, user=dora)
        Event.objects.update(allows_late_registration=True)
        world.event.refresh_from_db()
        take_part(dora, world.event)
        upload(world.event, fakes.stripes(fakes.DORA), "dora.png")
        work_off()
        assert unopened(world.client("alice"), world) == ["Bob", "Dora"]
        assert unopened(browser_of(dora), world) == ["Bob"]
        browser_of(dora).get(gallery(world))
        assert unopened(world.client("alice"), world) == ["Bob"]
        world.client("bob").get(gallery(world))
        page = browser_of(dora).get(reverse("events:people", args=[world.event.pk]))
        assert page.content.decode().count("First opened") == 1

    def test_times_are_in_the_table(self, world: World) -> None:
        world.client("bob").get(archive(world))
        address = reverse("events:people_csv", args=[world.event.pk])
        table = world.client("alice").get(address).content.decode("utf-8-sig")
        (row,) = [line for line in table.splitlines() if line.startswith('"Bob')]
        first, last, download = row.split('","')[-3:]
        assert str(timezone.now().year) in first
        assert last == ""
        assert download.rstrip('"') == first

    def test_guest_is_told(self, world: World) -> None:
        page = text_of(world.client("bob").get(gallery(world)).content)
        assert "The event's hosts see when you first and last opened this page" in unescape(page)


def test_times_end_with_the_registration(world: World) -> None:
    bob = world.client("bob")
    bob.get(archive(world))
    bob.post(reverse("events:leave", args=[world.event.pk]))
    Event.objects.update(allows_late_registration=True)
    world.event.refresh_from_db()
    take_part(world.bob, world.event)
    assert set(times_of(world).values()) == {None}
