"""A full disk, a locked database, unavailable services: what people can do, and what they read."""

from __future__ import annotations

import errno
import io
import shutil
from collections.abc import Callable
from contextlib import nullcontext
from datetime import timedelta
from html import unescape
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode
from uuid import uuid4

import pytest
from django.core.cache import cache, caches
from django.core.files.storage import InMemoryStorage
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

import fakes
from conftest import PASSWORD, World, confirm_identity, upload
from full_disk import FULL, LOCKED, broken, full_until_the_reserve_is_used
from mailing import newest_code
from picprocure.accounts.models import User
from picprocure.events.models import Event
from picprocure.imaging.sandbox import Person
from picprocure.photos.models import Photo
from picprocure.pipeline import maintenance, tasks
from picprocure.recognition.models import Reference
from picprocure.storage import reserve
from picprocure.web import decoding
from picprocure.web.uploads import SpooledUpload

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Answer

pytestmark = pytest.mark.django_db(transaction=True)

MEGABYTE = 1024 * 1024


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "IDLE_SECONDS", 0)


def calm(client: Client) -> Client:
    """Return errors as pages, as for real visitors."""
    client.raise_request_exception = False
    return client


def words(response: Answer) -> str:
    return " ".join(unescape(response.content.decode()).split())


DELETING: dict[str, Callable[[World], tuple[str, str, dict[str, str], Callable[[], bool]]]] = {
    "withdrawal": lambda world: (
        "bob",
        reverse("accounts:withdraw"),
        {},
        lambda: not Reference.objects.filter(user=world.bob).exists(),
    ),
    "account": lambda world: (
        "bob",
        reverse("accounts:delete"),
        {},
        lambda: not User.objects.filter(email="bob@example.org").exists(),
    ),
    "photo": lambda world: (
        "alice",
        reverse("events:delete_photo", args=[world.event.pk, world.bobs_photo.pk]),
        {},
        lambda: not Photo.objects.filter(pk=world.bobs_photo.pk).exists(),
    ),
    "event": lambda world: (
        "alice",
        reverse("events:delete", args=[world.event.pk]),
        {"name": world.event.name},
        lambda: not Event.objects.exists(),
    ),
    "reference": lambda world: (
        "bob",
        reverse("enrollment:delete", args=[world.bob.references.get().pk]),
        {},
        lambda: not Reference.objects.filter(user=world.bob).exists(),
    ),
    "leaving": lambda world: (
        "bob",
        reverse("events:leave", args=[world.event.pk]),
        {},
        lambda: not world.bob.registrations.exists(),
    ),
}


@pytest.mark.parametrize("what", DELETING)
def test_deleting_works_when_the_disk_is_full(world: World, what: str) -> None:
    persona, address, data, is_done = DELETING[what](world)
    client = calm(confirm_identity(world.client(persona)))
    with full_until_the_reserve_is_used() as kept:
        for _ in range(3):  # what fills the disk takes all that is left each time
            response = client.post(address, data)
            assert kept.exists()
            if is_done():
                break
    assert response.status_code == 302, words(response)
    assert is_done()


def test_people_sign_in_and_out_when_the_disk_is_full(world: World) -> None:
    client = calm(Client())
    form = {"login": "bob@example.org", "password": PASSWORD}
    with full_until_the_reserve_is_used() as kept:
        for _ in range(3):
            entered = client.post(reverse("account_login"), form)
            assert entered.status_code == 302, words(entered)
            assert client.get(reverse("accounts:profile")).status_code == 200
            left = client.post(reverse("account_logout"))
            assert left.status_code == 302, words(left)
            assert client.get(reverse("accounts:profile")).status_code == 302
            assert kept.exists()


@pytest.mark.usefixtures("cache_in_the_database")
def test_people_sign_in_by_code_when_the_disk_is_full(world: World) -> None:
    client = calm(Client())
    with full_until_the_reserve_is_used():
        asked = client.post(reverse("account_request_login_code"), {"email": world.bob.email})
        assert asked.status_code == 302, words(asked)
        code = newest_code(world.bob.email)
        entered = client.post(reverse("account_confirm_login_code"), {"code": code})
        assert entered.status_code == 302, words(entered)
        assert client.get(reverse("accounts:profile")).status_code == 200


def test_nothing_else_uses_the_reserve(world: World) -> None:
    client = calm(world.client("bob"))
    with full_until_the_reserve_is_used() as kept:
        before = kept.stat().st_ino
        response = client.post(
            reverse("accounts:profile"), {"first_name": "Bo", "last_name": "Example"}
        )
        assert response.status_code == 507
        assert kept.stat().st_ino == before


def test_without_a_reserve_the_page_says_what_to_do(world: World) -> None:
    client = calm(world.client("bob"))
    with broken(FULL):
        response = client.post(reverse("accounts:withdraw"))
    assert response.status_code == 507
    assert response["Retry-After"]
    assert "The site's disk is full" in words(response)
    assert world.bob.references.exists()


def test_the_sweep_works_when_the_disk_is_full(world: World) -> None:
    Event.objects.update(expires_at=timezone.now() - timedelta(hours=1))
    with full_until_the_reserve_is_used() as kept:
        maintenance.sweep()
        assert kept.exists()
    assert not Event.objects.exists()


def test_reserve_is_created_as_large_as_space_allows(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.RESERVE_BYTES = 4 * MEGABYTE
    path = settings.DATA_DIR / "reserve"
    monkeypatch.setattr(shutil, "disk_usage", lambda _: _Usage(free=3 * MEGABYTE))
    reserve.fill()
    assert path.stat().st_size == 2 * MEGABYTE
    monkeypatch.undo()
    reserve.fill()
    made = path.stat()
    reserve.fill()
    assert path.stat().st_mtime_ns == made.st_mtime_ns
    assert made.st_size == settings.RESERVE_BYTES


def test_the_reserve_is_released_in_parts(settings: Any) -> None:
    settings.RESERVE_BYTES = 4 * MEGABYTE
    path = settings.DATA_DIR / "reserve"
    reserve.fill()
    for left in (3, 2, 1):
        assert reserve.release()
        assert path.stat().st_size == left * MEGABYTE
    assert reserve.release()
    assert not path.exists()
    assert not reserve.release()


@pytest.mark.parametrize("needed", [1, 3])
def test_reserve_is_restored_after_each_action(settings: Any, needed: int) -> None:
    settings.RESERVE_BYTES = 4 * MEGABYTE
    path = settings.DATA_DIR / "reserve"
    reserve.fill()

    @reserve.frees_room
    def delete() -> None:
        if path.stat().st_size > (4 - needed) * MEGABYTE:
            raise OSError(errno.ENOSPC, "No space left on device")

    for _ in range(5):
        delete()
        assert path.stat().st_size == settings.RESERVE_BYTES
    path.unlink()


class _Usage:
    def __init__(self, free: int) -> None:
        self.free = free


class FullStorage(InMemoryStorage):
    number = errno.ENOSPC

    def _save(self, name: str, content: Any) -> str:
        raise OSError(self.number, "No space left on device")


class TestUploads:
    def send(
        self,
        world: World,
        accept: str = "application/json",
        database: tuple[int, str] | None = None,
    ) -> Answer:
        Event.objects.update(registration_closes_at=timezone.now() - timedelta(hours=1))
        photo = io.BytesIO(fakes.stripes(fakes.BOB, serial=77))
        photo.name = "cake.png"
        address = reverse("events:photos", args=[world.event.pk])
        client = calm(world.client("alice"))
        trouble = broken(database, statements=("INSERT",)) if database else nullcontext()
        with trouble:
            return client.post(address, {"photos": photo}, headers={"accept": accept})

    @pytest.mark.parametrize("accept", ["application/json", "text/html"])
    @pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
    def test_full_store_is_named(
        self, world: World, settings: Any, monkeypatch: pytest.MonkeyPatch, accept: str, number: int
    ) -> None:
        monkeypatch.setattr(FullStorage, "number", number)
        settings.STORAGES = {
            **settings.STORAGES,
            "photos": {"BACKEND": f"{FullStorage.__module__}.FullStorage"},
        }
        monkeypatch.setattr("picprocure.storage.files._backend", FullStorage)
        response = self.send(world, accept)
        assert response.status_code == 507
        assert "The site's disk is full: cake.png was not stored." in words(response)

    def test_full_database_is_named(self, world: World) -> None:
        response = self.send(world, database=FULL)
        assert response.status_code == 507
        assert "The site's disk is full: cake.png was not stored." in words(response)

    def test_full_temporary_folder_is_named(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def full(*_: object) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

        monkeypatch.setattr(SpooledUpload, "write", full, raising=False)
        response = self.send(world)
        assert response.status_code == 507
        assert "The site's disk is full" in words(response)

    def test_upload_can_be_retried_when_the_database_is_locked(self, world: World) -> None:
        response = self.send(world, database=LOCKED)
        assert response.status_code == 503


class TestALockedDatabase:
    def test_typed_fields_are_kept_except_the_password(self) -> None:
        typed = {"first_name": "Dora", "last_name": "<Example>"}
        form = {**typed, "email": "dora@example.org", "password1": PASSWORD}
        client = calm(Client())
        with broken(LOCKED):
            response = client.post(reverse("account_signup"), form)
        page = response.content.decode()
        assert response.status_code == 503
        assert int(response["Retry-After"]) > 0
        assert 'name="email" value="dora' in page
        assert 'name="last_name" value="&lt;Example&gt;"' in page
        assert PASSWORD not in page
        assert not User.objects.exists()

    @pytest.mark.parametrize("route", ["accounts:preferences", "accounts:profile"])
    def test_failed_change_says_that_nothing_was_stored(self, world: World, route: str) -> None:
        client = calm(world.client("bob"))
        with broken(LOCKED):
            response = client.post(reverse(route), {"first_name": "Bo", "last_name": "Example"})
        assert response.status_code == 503
        assert "Nothing was saved" in words(response)

    def test_joining_an_event_can_be_tried_again(self, event: Event, make_user: Any) -> None:
        client = calm(Client())
        client.force_login(make_user("bob", fakes.BOB))
        with broken(LOCKED):
            response = client.post(reverse("events:register_without_face", args=[event.pk]))
        assert response.status_code == 503

    def test_reading_still_works(self, world: World) -> None:
        client = calm(world.client("bob"))
        with broken(LOCKED):
            gallery = client.get(reverse("galleries:gallery", args=[world.event.pk]))
        assert gallery.status_code == 200


@pytest.mark.parametrize("address", ["/", "/nothing/here/", "/events/", "/account/signup/"])
def test_pages_of_errors_need_no_database(world: World, address: str) -> None:
    client = calm(world.client("bob"))
    with broken(LOCKED, statements=("",)):
        response = client.get(address)
    assert response.status_code == 503
    assert "The site is busy" in words(response)


def test_unavailable_cache_is_not_a_server_error(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    import redis  # noqa: PLC0415

    def down(*_: object, **__: object) -> None:
        raise redis.ConnectionError("refused")

    monkeypatch.setattr(type(caches["default"]), "get", down)
    response = calm(Client()).post(
        reverse("account_login"), {"login": "bob@example.org", "password": "x"}
    )
    assert response.status_code == 503


def test_bug_is_a_server_error(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("picprocure.web.pages.views._availability_hours", lambda: 1 / 0)
    response = calm(Client()).get("/")
    assert response.status_code == 500
    assert "Something went wrong" in words(response)


@pytest.fixture
def cache_in_the_database(settings: Any) -> Any:
    settings.CACHES = {
        "default": {"BACKEND": "picprocure.storage.cache.SharedCache", "LOCATION": "cache"}
    }
    call_command("createcachetable")
    yield
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE cache")


@pytest.mark.usefixtures("cache_in_the_database")
class TestCountedAttempts:
    @pytest.mark.parametrize(("reason", "status"), [(FULL, 507), (LOCKED, 503)])
    @pytest.mark.parametrize("route", ["account_signup", "account_reset_password"])
    def test_uncountable_attempt_is_not_refused_as_too_many(
        self, db: None, reason: tuple[int, str], status: int, route: str
    ) -> None:
        form = {"first_name": "Dora", "last_name": "X", "email": "d@e.org"}
        with broken(reason):
            response = calm(Client()).post(reverse(route), form)
        assert response.status_code == status

    @pytest.mark.parametrize("what", DELETING)
    def test_deleting_works_by_forms_of_either_kind(self, world: World, what: str) -> None:
        """Django's client sends multipart forms, which may contain pictures."""
        persona, address, data, is_done = DELETING[what](world)
        client = calm(confirm_identity(world.client(persona)))
        with full_until_the_reserve_is_used():
            response = client.post(address, data)
        assert response.status_code == 302, words(response)
        assert is_done()

    @pytest.mark.parametrize("reason", [FULL, LOCKED])
    def test_uncountable_strikes_are_no_error(
        self, world: World, monkeypatch: pytest.MonkeyPatch, reason: tuple[int, str]
    ) -> None:
        def struck(pk: int) -> Person:
            person = Person(pk)
            person.strikes = 3
            return person

        monkeypatch.setattr(decoding, "Person", struck)
        client = calm(world.client("bob"))
        with broken(reason):
            response = client.post(reverse("pages:front"), {"a": "b"})
        assert response.status_code < 500
        answers = [client.post(reverse("pages:front"), {"a": "b"}).status_code for _ in range(5)]
        assert [status == 429 for status in answers] == [False] * 4 + [True]

    def test_reading_writes_nothing(self) -> None:
        cache.set("a", 1)
        with connection.cursor() as cursor:
            cursor.execute("UPDATE cache SET expires = '2020-01-01 00:00:00'")
        with broken(FULL):
            assert cache.get("a") is None
        cache.delete("a")
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM cache")
            assert cursor.fetchone() == (0,)

    def test_deleting_an_account_uses_the_reserve(self, make_user: Any) -> None:
        client = calm(Client())
        client.force_login(make_user("bob"))
        confirm_identity(client)
        with full_until_the_reserve_is_used():
            response = client.post(
                reverse("accounts:delete"),
                urlencode({"csrfmiddlewaretoken": "x"}),
                content_type="application/x-www-form-urlencoded",  # as browsers send it
            )
        assert response.status_code == 302
        assert not User.objects.exists()

    def test_attempts_are_counted_as_before(self) -> None:
        assert cache.add("a", 1)
        assert not cache.add("a", 2)
        cache.set("a", 3)
        assert cache.get("a") == 3


class TestAlmostFullDisk:
    """Leave less free space than the reserve's size."""

    @pytest.fixture(autouse=True)
    def little_is_free(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(shutil, "disk_usage", lambda _: _Usage(free=4096))

    def test_nothing_more_is_stored(self, world: World) -> None:
        response = TestUploads().send(world)
        assert response.status_code == 507
        assert "The site's disk is full: cake.png was not stored." in words(response)

    def test_deleting_still_works(self, world: World) -> None:
        response = calm(world.client("bob")).post(reverse("accounts:withdraw"))
        assert response.status_code == 302
        assert not world.bob.references.exists()

    def test_sweep_is_queued_in_the_reserved_space(self, settings: Any) -> None:
        kept = settings.DATA_DIR / "reserve"
        kept.write_bytes(b"x")
        tasks.announce.delay(str(uuid4()))
        assert kept.exists()
        tasks.sweep.delay()
        assert not kept.exists()


class TestWorkers:
    def test_full_disk_does_not_count_as_a_photos_error(
        self, world: World, monkeypatch: pytest.MonkeyPatch, settings: Any
    ) -> None:
        photo = upload(world.event, fakes.stripes(fakes.BOB, serial=78))

        def full(*_: object, **__: object) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

        with monkeypatch.context() as patch:
            patch.setattr("picprocure.pipeline.steps.store_renditions", full)
            for _ in range(settings.MAX_ERRORS + settings.MAX_CRASHES):
                tasks.analyze_photo(str(photo.pk))
        photo.refresh_from_db()
        assert photo.status == Photo.Status.WAITING
        assert (photo.attempts, photo.errors, photo.claim) == (0, 0, None)
        tasks.analyze_photo(str(photo.pk))
        photo.refresh_from_db()
        assert photo.status == Photo.Status.ANALYZED

    def test_full_database_does_not_count_as_a_photos_error(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        photo = upload(world.event, fakes.stripes(fakes.BOB, serial=79))
        with broken(FULL, statements=("INSERT",)):
            tasks.analyze_photo(str(photo.pk))
        photo.refresh_from_db()
        assert (photo.status, photo.attempts) == (Photo.Status.WAITING, 0)
