"""Pictures that take long to decode, through every upload: each gets a message quickly."""

from __future__ import annotations

import io
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

import fakes
from conftest import World
from imaging import hostile
from picprocure.events.models import Event
from picprocure.imaging import sandbox
from picprocure.imaging.errors import Busy, GaveUp
from picprocure.imaging.process_limits import memory
from picprocure.photos.models import Photo
from picprocure.photos.services import StoredPhoto
from picprocure.recognition.liveness import give_challenge
from picprocure.web import decoding
from picprocure.web.events import uploads
from snapshots import stored_objects

pytestmark = pytest.mark.django_db(transaction=True)

MAX_SECONDS = 10  # of a machine that runs other tests as well; alone it is a tenth
MAX_BYTES = 150_000_000  # with what the client of the tests keeps
JSON = {"Accept": "application/json"}


def upload(content: bytes, name: str = "photo.jpg") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


def as_photo(world: World, content: bytes, client: Client | None = None) -> HttpResponse:
    client = client or world.client("alice")
    address = reverse("events:photos", args=[world.event.pk])
    return client.post(address, {"photos": [upload(content)]}, headers=JSON)  # type: ignore[return-value]


def in_zip(world: World, content: bytes) -> HttpResponse:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("photo.jpg", content)
    return as_photo(world, packed.getvalue())


def as_cover(world: World, content: bytes) -> HttpResponse:
    form = {"name": "Picnic", "availability_days": 2}
    address = reverse("events:create")
    return world.client("alice").post(address, {**form, "cover": upload(content)})  # type: ignore[return-value]


def as_reference(world: World, content: bytes, client: Client | None = None) -> HttpResponse:
    client = client or world.client("bob")
    form = {"photo": upload(content), "consent": "on"}
    return client.post(reverse("enrollment:start"), form)  # type: ignore[return-value]


def as_hint(world: World, content: bytes) -> HttpResponse:
    return world.client("bob").post(reverse("enrollment:hint"), {"frame": upload(content)})  # type: ignore[return-value]


def as_live_frame(world: World, content: bytes) -> HttpResponse:
    Event.objects.update(liveness_check=Event.LivenessCheck.ASKED)
    challenge = give_challenge(world.bob.registrations.get())
    form = {"challenge": str(challenge.pk), "frame": [upload(content) for _ in range(8)]}
    address = reverse("enrollment:live", args=[world.event.pk])
    return world.client("bob").post(address, form, follow=True)  # type: ignore[return-value]


WAYS: dict[str, tuple[Callable[[World, bytes], HttpResponse], str]] = {
    "photo": (as_photo, "photo.jpg"),
    "ZIP": (in_zip, "photo.jpg"),
    "cover": (as_cover, "photo.jpg"),
    "reference": (as_reference, "photo.jpg"),
    "hint": (as_hint, "no-face"),
    "live frame": (as_live_frame, "from your camera. Start again."),
}


@pytest.fixture
def started(world: World) -> World:
    """Start a decoder process, so that it has loaded its modules."""
    assert as_reference(world, fakes.stripes(fakes.BOB)).status_code < 500
    return world


def test_decompression_bombs_are_refused_quickly_by_name(started: World) -> None:
    bombs = {name: hostile.BOMBS[name]() for name in hostile.BOMBS.keys() - hostile.CLEANED}
    before, photos, objects = memory().resident, Photo.objects.count(), stored_objects()
    for name, content in bombs.items():
        for way, (send, words) in WAYS.items():
            begun = time.monotonic()
            answer = send(started, content)
            assert time.monotonic() - begun < MAX_SECONDS, (name, way)
            assert answer.status_code == 200, (name, way)
            assert words in answer.content.decode(), (name, way)
            cache.clear()
    assert memory().resident - before < MAX_BYTES
    assert Photo.objects.count() == photos
    assert stored_objects() == objects


def test_message_for_a_decompression_bomb(started: World) -> None:
    found = {}
    for name, make in hostile.BOMBS.items():
        (result,) = as_photo(started, make()).json()["results"]  # type: ignore[attr-defined]
        found[name] = result["message"]
    assert found["60 passes of 49 megapixels.jpg"] == (
        "photo.jpg can't be opened here: a rare form of JPEG (60 passes; the limit at its "
        "size is 36). Export it as an ordinary JPEG and upload that."
    )
    assert "8000 passes; the limit is 64" in found["8,000 passes in a preview.dng"]
    assert "its tiles have 900,000,000 pixels" in found["one tile.tif"]
    assert "16,383 by 16,383" in found["canvas.webp"]


@pytest.mark.parametrize("name", sorted(hostile.CLEANED))
def test_file_that_is_harmless_after_cleaning_is_accepted(started: World, name: str) -> None:
    (result,) = as_photo(started, hostile.BOMBS[name]()).json()["results"]  # type: ignore[attr-defined]
    assert result["message"] == "Stored."


HIDDEN = {
    "larger than it says.heic": lambda: hostile.heic_that_hides_its_size(2_000, 1_500),
    "black for ever.jpg": lambda: hostile.jpeg_of_scans(10_000, 10_000, 12),
}
"""Files whose problem is found only by decoding them."""


@pytest.mark.parametrize("name", HIDDEN)
def test_hidden_bombs_are_decoded_in_another_process(started: World, name: str) -> None:
    content, before = HIDDEN[name](), memory().resident
    begun = time.monotonic()
    answer = as_photo(started, content)
    assert answer.status_code == 200
    assert time.monotonic() - begun < 60
    assert memory().resident - before < MAX_BYTES


class Deadly:
    """A decoder that crashes on every picture."""

    def ask(self, *_: object) -> None:
        raise GaveUp

    def end(self) -> None:
        """Do nothing: no process is left."""


@pytest.fixture
def deadly(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox, "Child", Deadly)
    monkeypatch.setattr(sandbox._decoders, "_idle", [])


@pytest.mark.usefixtures("deadly")
def test_person_who_crashes_many_decoders_has_to_wait(world: World) -> None:
    mallory = world.client("mallory")
    statuses = [as_reference(world, b"\xff\xd8\xff", mallory).status_code for _ in range(12)]
    assert statuses == [200] * 10 + [429] * 2
    assert mallory.get(reverse("pages:front")).status_code < 400
    assert as_reference(world, b"\xff\xd8\xff").status_code == 200


@pytest.mark.usefixtures("deadly")
def test_zip_of_bombs_crashes_only_some_decoders(world: World) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for number in range(6):
            archive.writestr(f"{number}.jpg", b"\xff\xd8\xff")
    results = as_photo(world, packed.getvalue()).json()["results"]  # type: ignore[attr-defined]
    assert [("other photos sent with it" in result["message"]) for result in results] == [
        *[False] * 3,
        *[True] * 3,
    ]


@pytest.fixture
def all_busy(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Keep both decoders busy with pictures of other people."""
    monkeypatch.setattr(sandbox._decoders, "wait_seconds", 0.1)
    monkeypatch.setattr(decoding, "WAIT_SECONDS", 0.1)
    with sandbox.decoder(), sandbox.decoder():
        yield


@pytest.mark.usefixtures("all_busy")
def test_without_a_free_decoder_people_are_asked_to_try_again(world: World) -> None:
    for way in WAYS.keys() - {"ZIP"}:
        answer = WAYS[way][0](world, fakes.stripes(fakes.BOB, serial=250))
        assert answer.status_code == 503, way
        assert answer["Retry-After"] == "10"
        assert "The site is busy with other photos" in answer.content.decode()


@pytest.mark.usefixtures("all_busy")
def test_message_for_a_zip_without_a_free_decoder(world: World) -> None:
    (result,) = in_zip(world, fakes.stripes(fakes.BOB, serial=250)).json()["results"]  # type: ignore[attr-defined]
    assert not result["ok"]
    assert "The rest of photo.jpg was not uploaded" in result["message"]


def test_photos_stored_before_decoders_were_busy_are_reported(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def store_one(*_args: Any, name: str, **_kwargs: Any) -> StoredPhoto:
        if name == "second.png":
            raise Busy
        return StoredPhoto(world.bobs_photo, is_new=True)

    monkeypatch.setattr(uploads, "receive_photo", store_one)
    names = ("first.png", "second.png", "third.png")
    address = reverse("events:photos", args=[world.event.pk])
    photos = {"photos": [upload(b"photo", name) for name in names]}
    answer = world.client("alice").post(address, photos, headers=JSON)
    assert answer.status_code == 503
    first, second = answer.json()["results"]
    assert first["ok"]
    assert not second["ok"]
    assert "second.png and the files after it were not uploaded" in second["message"]


@pytest.mark.usefixtures("all_busy")
def test_pages_are_served_while_decoders_are_busy(world: World) -> None:
    for address in (reverse("pages:front"), reverse("events:detail", args=[world.event.pk])):
        assert world.client("bob").get(address).status_code == 200


def test_attempts_are_counted_before_a_photo_is_analyzed(
    world: World, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.ACCOUNT_RATE_LIMITS = {"enroll": "1/h/user", "cover": "1/h/user"}
    opened = []

    def give_up(*arguments: object) -> None:
        opened.append(arguments)
        raise GaveUp

    monkeypatch.setattr(sandbox.Decoder, "__call__", give_up)
    for send in (as_reference, as_cover):
        assert send(world, b"\xff\xd8\xff").status_code == 200
        assert send(world, b"\xff\xd8\xff").status_code == 429
    assert len(opened) == 2


def test_faces_are_detected_in_one_picture_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decoding, "WAIT_SECONDS", 0.05)
    outcomes = []

    def try_it() -> None:
        try:
            with decoding.face_detection_slot():
                outcomes.append("looked")
        except Busy:
            outcomes.append("busy")

    with decoding.face_detection_slot():
        thread = threading.Thread(target=try_it)
        thread.start()
        thread.join()
    try_it()
    assert outcomes == ["busy", "looked"]
