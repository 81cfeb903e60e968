from __future__ import annotations

import io
import json
import re
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.core.files.storage import storages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

import fakes
from conftest import World, upload, work_off
from photos import pictures as p
from photos.test_conversion import heic, raw
from picprocure.events.models import Event
from picprocure.events.services import EventDetails, create_event
from picprocure.imaging.kinds import RAW_MAGICS
from picprocure.photos.models import Photo
from picprocure.web.events import uploads
from picprocure.web.uploads import BoundedUploadHandler

pytestmark = pytest.mark.django_db(transaction=True)


def send(client: Client, event: Event, *files: tuple[str, bytes]) -> list[dict[str, Any]]:
    uploads = [SimpleUploadedFile(name, content, "image/jpeg") for name, content in files]
    response = client.post(
        reverse("events:photos", args=[event.pk]),
        {"photos": uploads},
        headers={"Accept": "application/json"},
    )
    assert response.status_code == 200
    results: list[dict[str, Any]] = json.loads(response.content)["results"]
    return results


def test_each_uploaded_file_has_its_own_result(world: World) -> None:
    results = send(
        world.client("alice"),
        world.event,
        ("one.png", fakes.stripes(fakes.BOB, serial=1)),
        ("notes.jpg", b"only words"),
        ("empty.jpg", b""),
        ("two.png", fakes.stripes(fakes.BOB, serial=2)),
    )
    assert [result["ok"] for result in results] == [True, False, False, True]
    assert "notes.jpg" in results[1]["message"]
    assert "empty.jpg" in results[2]["message"]
    assert Photo.objects.count() == 6


def test_oversized_photo_is_refused_with_name_size_and_limit(world: World, settings: Any) -> None:
    settings.MAX_PHOTO_BYTES = 25 * 1024 * 1024
    (result,) = send(
        world.client("alice"),
        world.event,
        ("IMG_2041.jpg", b"\xff\xd8\xff" + b"0" * (41 * 1024 * 1024 - 3)),
    )
    assert not result["ok"]
    assert all(part in result["message"] for part in ("IMG_2041.jpg", "41 MB", "25 MB"))


def spooled(handler: BoundedUploadHandler, size: int) -> Any:
    handler.new_file("photos", "a.jpg", "image/jpeg", None, None)
    for start in range(0, size, 500):
        handler.receive_data_chunk(b"x" * 500, start)
    return handler.file_complete(size)


def test_disk_never_contains_more_than_the_limit_of_a_file(settings: Any) -> None:
    settings.MAX_PHOTO_BYTES = 1_000
    handler = BoundedUploadHandler()
    handler.handle_raw_input()
    finished = spooled(handler, 10_000)
    assert finished.size == 10_000
    assert len(finished.read()) == 1_001
    assert not finished.was_dropped


def test_disk_never_contains_more_than_the_limit_of_a_request(settings: Any) -> None:
    settings.MAX_PHOTO_BYTES = 1_000
    handler = BoundedUploadHandler()  # of no form for many files: the share is one file
    handler.handle_raw_input()
    first, second = spooled(handler, 1_000), spooled(handler, 1_000)
    assert len(first.read()) == 1_000
    assert not first.was_dropped
    assert len(second.read()) == 1
    assert second.was_dropped


def test_files_beyond_the_limit_are_named_and_the_others_stored(
    world: World, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = [(f"{n}.png", fakes.stripes(fakes.BOB, serial=50 + n)) for n in range(4)]
    settings.MAX_PHOTO_BYTES = max(len(content) for _, content in files)
    settings.MAX_ZIP_BYTES = 1
    monkeypatch.setattr("picprocure.web.uploads.MANY_FILES", 2)
    results = send(world.client("alice"), world.event, *files)
    assert [result["ok"] for result in results] == [True, True, False, False]
    assert "too many files at once" in results[3]["message"]


def test_duplicate_is_reported_and_stored_once(world: World) -> None:
    content = fakes.stripes(fakes.BOB, serial=3)
    alice = world.client("alice")
    send(alice, world.event, ("first.png", content))
    (again,) = send(alice, world.event, ("second.png", content))
    assert again["ok"]
    assert "first.png" in again["message"]
    assert Photo.objects.filter(name__in=["first.png", "second.png"]).count() == 1


def test_before_the_close_the_page_says_when_to_upload(event: Event, client: Client) -> None:
    client.force_login(event.creator)
    (result,) = send(client, event, ("one.png", fakes.stripes(fakes.BOB)))
    assert not result["ok"]
    assert "still open" in result["message"]
    page = client.get(reverse("events:photos", args=[event.pk])).content.decode()
    assert reverse("events:close", args=[event.pk]) in page
    assert 'type="file"' not in page


def test_without_javascript_the_page_shows_each_result(world: World) -> None:
    files = [
        SimpleUploadedFile("one.png", fakes.stripes(fakes.BOB, serial=4)),
        SimpleUploadedFile("notes.jpg", b"only words"),
    ]
    address = reverse("events:photos", args=[world.event.pk])
    page = world.client("alice").post(address, {"photos": files}).content.decode()
    assert "one.png" in page
    assert "notes.jpg" in page


def test_empty_upload_is_an_error(world: World) -> None:
    address = reverse("events:photos", args=[world.event.pk])
    page = world.client("alice").post(address, {}).content.decode()
    assert "required" in page


@pytest.mark.parametrize(
    "name",
    ["../../etc/passwd.png", 'a"b<i>.png', "🎉 party.png", "x" * 300 + ".png", "x." + "é" * 150],
)
def test_odd_names_are_handled(world: World, name: str) -> None:
    (result,) = send(world.client("alice"), world.event, (name, fakes.stripes(fakes.BOB, serial=5)))
    assert result["ok"]
    photo = Photo.objects.order_by("uploaded_at").last()
    assert photo is not None
    assert "/" not in photo.name
    assert len(photo.name) <= 120
    work_off()
    address = reverse("media:photo", args=[photo.pk, "original"])
    assert world.client("bob").get(address)["Content-Disposition"].startswith("attachment")


def test_progress_shows_failed_photos_and_a_retry_fixes_them(world: World) -> None:
    photo = upload(world.event, fakes.stripes(fakes.BOB, serial=6), "lost.png")
    content = storages["photos"].open(photo.original_key).read()
    storages["photos"].delete(photo.original_key)
    work_off()
    alice = world.client("alice")
    page = alice.get(reverse("events:photos", args=[world.event.pk])).content.decode()
    assert "The stored file is missing" in page
    progress = alice.get(reverse("events:progress", args=[world.event.pk])).context["progress"]
    assert (progress.stored, progress.analyzed, progress.failed) == (5, 4, 1)

    storages["photos"].save(photo.original_key, io.BytesIO(content))
    alice.post(reverse("events:retry", args=[world.event.pk, photo.pk]))
    work_off()
    progress = alice.get(reverse("events:progress", args=[world.event.pk])).context["progress"]
    assert (progress.stored, progress.analyzed, progress.failed) == (5, 5, 0)
    assert progress.faces == 7
    assert progress.people_found == 1


class TestPageWithPhoto:
    """Links to a photo lead to the page of the host's photos that shows it."""

    def shown(self, world: World, query: str) -> list[str]:
        page = world.client("alice").get(reverse("events:photos", args=[world.event.pk]) + query)
        assert page.status_code == 200
        return re.findall(r'id="photo-([0-9a-f-]+)"', page.content.decode())

    def test_page_shows_the_photo(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(uploads, "PHOTOS_PER_PAGE", 1)
        for photo in Photo.objects.all():
            assert self.shown(world, f"?photo={photo.pk}") == [str(photo.pk)]

    @pytest.mark.parametrize("query", ["", "?photo=", "?photo=no", f"?photo={UUID(int=7)}"])
    def test_first_page_is_shown_without_such_a_photo(self, world: World, query: str) -> None:
        assert len(self.shown(world, query)) == Photo.objects.count()

    def test_photo_of_another_event_leads_nowhere(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(uploads, "PHOTOS_PER_PAGE", 1)
        (first,) = self.shown(world, "")
        other = create_event(
            creator=world.mallory,
            details=EventDetails(name="Mallory's event"),
            closes_at=timezone.now() + timedelta(hours=1),
        )
        photo = Photo.objects.exclude(pk=first).first()
        assert photo
        Photo.objects.filter(pk=photo.pk).update(event=other)
        assert self.shown(world, f"?photo={photo.pk}") == [first]


class TestKnown:
    """The page checks by hash which photos are already stored."""

    def asked(self, world: World, persona: str, *hashes: str) -> Any:
        address = reverse("events:known", args=[world.event.pk])
        return world.client(persona).post(address, {"sha256": list(hashes)})

    def test_only_stored_photos_are_known(self, world: World) -> None:
        stored = world.bobs_photo.sha256
        answer = self.asked(world, "alice", stored, "0" * 64, "no hash")
        here = f"Already here as {world.bobs_photo.name}. It is stored only once."
        assert answer.json() == {"known": {stored: here}, "refused": []}

    def test_failed_photo_is_not_known(self, world: World) -> None:
        Photo.objects.update(status=Photo.Status.FAILED)
        assert self.asked(world, "alice", world.bobs_photo.sha256).json()["known"] == {}

    def test_photos_of_other_events_are_not_known(self, world: World) -> None:
        other = create_event(
            creator=world.alice,
            details=EventDetails(name="Other"),
            closes_at=timezone.now() + timedelta(hours=1),
        )
        Photo.objects.filter(pk=world.bobs_photo.pk).update(event=other)
        assert self.asked(world, "alice", world.bobs_photo.sha256).json()["known"] == {}

    @pytest.mark.parametrize("persona", ["bob", "charlie", "mallory"])
    def test_other_people_cannot_ask(self, world: World, persona: str) -> None:
        assert self.asked(world, persona, world.bobs_photo.sha256).status_code == 404


class TestCheckBeforeUpload:
    """The page checks by a file's first bytes whether its kind is accepted."""

    def refused(self, world: World, *files: tuple[str, bytes]) -> list[str | None]:
        answer = world.client("alice").post(
            reverse("events:known", args=[world.event.pk]),
            {
                "name": [name for name, _ in files],
                "head": [content[:256].hex() for _, content in files],
            },
        )
        found: list[str | None] = answer.json()["refused"]
        return found

    @pytest.mark.parametrize(
        ("name", "content"),
        [
            ("notes.jpg", b"Bring cake."),
            ("film.jpg", b"\0\0\0\x20ftypisom\0\0\2\0isomiso2"),
            ("paper.pdf", b"%PDF-1.7\n%\xe2\xe3"),
            ("moving.gif", p.saved(kind="GIF")),
            ("odd", bytes(range(1, 200))),
        ],
    )
    def test_message_is_the_same_as_for_an_upload(
        self, world: World, name: str, content: bytes
    ) -> None:
        (before,) = self.refused(world, (name, content))
        (sent,) = send(world.client("alice"), world.event, (name, content))
        assert before == sent["message"]
        assert before is not None
        assert name in before

    @pytest.mark.parametrize(
        "content",
        [
            p.saved(),
            p.saved(kind="PNG"),
            p.saved(kind="WebP"),
            p.saved(kind="TIFF"),
            p.saved(kind="AVIF"),
            heic(p.pattern()),
            raw(p.pattern()),
            *(magic + bytes(20) for magic in RAW_MAGICS),
            b"PK\x03\x04 a ZIP",
            b"",
        ],
    )
    def test_acceptable_file_is_not_refused(self, world: World, content: bytes) -> None:
        assert self.refused(world, ("IMG_1", content)) == [None]

    def test_results_are_in_order_and_invalid_heads_are_no_error(self, world: World) -> None:
        address = reverse("events:known", args=[world.event.pk])
        asked = {"name": ["a.txt", "b.jpg", "c.txt"], "head": ["6162", "no hex", "6364"]}
        first, second, third = world.client("alice").post(address, asked).json()["refused"]
        assert (first[:5], second, third[:5]) == ("a.txt", None, "c.txt")
