from __future__ import annotations

import os
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import numpy as np
import pytest
from allauth.account.models import EmailAddress
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse
from django.utils import timezone

import fakes
from conftest import World, upload, work_off
from picprocure.accounts.emails import confirm_email
from picprocure.accounts.models import User
from picprocure.events.models import Event, Registration
from picprocure.events.services import EventDetails
from picprocure.galleries import access
from picprocure.imaging.loaded_image import LoadedImage
from picprocure.photos.models import Photo
from picprocure.pipeline import changes, steps
from picprocure.recognition.face_choices import store_choice
from picprocure.recognition.models import Face, Match
from picprocure.retention import sweep as sweeping
from picprocure.retention.erasure import erase_account, erase_event, erase_photo, withdraw
from picprocure.retention.sessions import SessionIndex
from picprocure.retention.sweep import plan, sweep
from picprocure.storage import files, keys
from picprocure.storage.models import PendingDeletion
from snapshots import stored_objects

pytestmark = pytest.mark.django_db(transaction=True)


def expire(event: Event) -> None:
    Event.objects.filter(pk=event.pk).update(expires_at=timezone.now() - timedelta(seconds=1))


def references() -> set[str]:
    return {
        reference.image_key for user in User.objects.all() for reference in user.references.all()
    }


def test_expired_event_is_deleted_with_rows_and_objects(world: World) -> None:
    assert stored_objects() > references()
    expire(world.event)
    assert sweep().events == 1
    for model in (Event, Registration, Photo, Face, Match, PendingDeletion):
        assert not model._default_manager.exists(), model
    assert stored_objects() == references()


def test_sweeping_twice_changes_nothing(world: World) -> None:
    expire(world.event)
    sweep()
    before = stored_objects()
    assert sweep().events == 0
    assert stored_objects() == before


def test_expired_event_is_hidden_before_the_sweep(world: World) -> None:
    expire(world.event)
    assert not access.photos_visible_to(world.bob, world.event).exists()
    assert not access.photos_managed_by(world.alice).exists()
    for persona, route, args, status in (
        ("bob", "galleries:gallery", [world.event.pk], 410),
        ("bob", "media:photo", [world.bobs_photo.pk, "original"], 404),
        ("bob", "media:archive", [world.event.pk], 410),
        ("alice", "events:photos", [world.event.pk], 410),
        ("alice", "media:photo", [world.bobs_photo.pk, "original"], 404),
        ("alice", "media:reference", [world.bob.references.get().pk], 404),
        ("alice", "events:detail", [world.event.pk], 410),
    ):
        assert world.client(persona).get(reverse(route, args=args)).status_code == status, route


class TestFacesOfUnregisteredPeople:
    """Their embeddings are deleted at the original end of the event, extended or not."""

    def extend(self, world: World) -> None:
        now = timezone.now()
        Event.objects.filter(pk=world.event.pk).update(
            faces_expire_at=now - timedelta(seconds=1), expires_at=now + timedelta(days=30)
        )

    def faces(self) -> set[tuple[str, bool]]:
        faces = Face.objects.select_related("photo")
        return {(face.photo.name, face.embedding is not None) for face in faces}

    def test_embeddings_are_kept_until_the_original_end(self, world: World) -> None:
        assert world.event.faces_expire_at == world.event.expires_at
        assert plan().faces == sweep().faces == 0
        assert all(has_embedding for _, has_embedding in self.faces())

    def test_embeddings_of_unregistered_people_are_deleted_then(self, world: World) -> None:
        self.extend(world)
        assert plan().faces == 4
        assert sweep().faces == 4
        assert ("bob.png", True) in self.faces()
        assert ("strangers.png", True) not in self.faces()
        assert {("shared.png", True), ("shared.png", False)} <= self.faces()
        assert not Match.objects.exclude(status=Match.Status.MATCHED).exists()
        assert sweep().faces == 0

    def test_sorting_again_does_not_change_galleries(self, world: World) -> None:
        before = set(access.photos_visible_to(world.bob, world.event))
        self.extend(world)
        sweep()
        changes.retry_photos(world.event)
        work_off()
        assert set(access.photos_visible_to(world.bob, world.event)) == before

    def test_extension_by_the_creator_does_not_change_the_original_end(self, world: World) -> None:
        details = EventDetails(name="Longer", availability_hours=24 * 30)
        changes.edit_event(event=world.event, details=details, cover=None)
        world.event.refresh_from_db()
        assert world.event.faces_expire_at is not None
        assert world.event.faces_expire_at < world.event.expires_at


def test_live_event_stays(world: World) -> None:
    before = stored_objects()
    assert sweep().events == 0
    assert stored_objects() == before


def test_event_with_unreleased_photos_is_not_deleted(world: World) -> None:
    photo = upload(world.event, fakes.stripes(fakes.BOB, serial=1))
    expire(world.event)
    assert sweep().events == 0
    steps.analyze_photo(photo.pk)
    assert sweep().events == 0
    steps.sort_event(world.event.pk)
    assert list(access.photos_visible_to(world.bob, world.event).filter(pk=photo.pk)) == [photo]


def test_photo_uploaded_at_the_last_moment_keeps_the_event(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    expire(world.event)
    real = sweeping._erase_if_still_expired

    def upload_first(event_id: UUID) -> bool:
        Event.objects.update(expires_at=timezone.now() + timedelta(days=2))
        return real(event_id)

    monkeypatch.setattr(sweeping, "_erase_if_still_expired", upload_first)
    assert sweep().events == 0
    assert Event.objects.filter(pk=world.event.pk).exists()


def test_expired_sessions_are_deleted(world: World) -> None:
    world.client("bob").get("/")
    Session.objects.update(expire_date=timezone.now() - timedelta(seconds=1))
    sweep()
    assert not Session.objects.exists()


def test_leftover_uploads_of_a_killed_server_are_deleted(world: World, settings: Any) -> None:
    leftover, fresh = settings.TEMP_DIR / "left.upload", settings.TEMP_DIR / "fresh.upload"
    for path in (leftover, fresh):
        path.write_bytes(b"a photo, with its location")
    long_ago = (timezone.now() - timedelta(hours=2)).timestamp()
    os.utime(leftover, (long_ago, long_ago))
    sweep()
    assert not leftover.exists()
    assert fresh.exists()
    fresh.unlink()


def test_no_session_names_a_deleted_person(world: World) -> None:
    world.client("bob").get("/")
    Client().post(reverse("account_reset_password"), {"email": world.bob.email})
    assert Session.objects.count() == 2
    erase_account(world.bob)
    assert not Session.objects.exists()


def test_large_event_is_deleted_completely(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "MAX_IMMEDIATE", 2)
    erase_event(world.event)
    assert PendingDeletion.objects.count() == 13
    sweep()
    assert not PendingDeletion.objects.exists()
    assert stored_objects() == references()


def test_deleted_photo_leaves_all_galleries_and_no_objects(world: World) -> None:
    keys = set(world.shared_photo.storage_keys)
    assert keys <= stored_objects()
    erase_photo(world.shared_photo)
    assert list(access.photos_visible_to(world.bob, world.event)) == [world.bobs_photo]
    assert not keys & stored_objects()
    assert not PendingDeletion.objects.exists()


def test_deleted_account_leaves_nothing(world: World) -> None:
    bob_id = world.bob.pk
    keys = {reference.image_key for reference in world.bob.references.all()}
    assert keys <= stored_objects()
    erase_account(world.bob)
    assert not User.objects.filter(pk=bob_id).exists()
    assert not Match.objects.exists()
    assert not keys & stored_objects()
    assert Photo.objects.count() == 4  # they belong to Alice's event


def test_events_are_deleted_with_their_creator(
    world: World, make_user: Callable[..., User]
) -> None:
    erase_account(world.alice)
    assert not Event.objects.exists()
    assert not Photo.objects.exists()
    assert stored_objects() == references()


class TestUnconfirmedSignUps:
    """Sign-ups are deleted after some days; other accounts stay."""

    def sign_up(self, name: str, *, days: int, **changes: Any) -> User:
        user = User.objects.create_user(
            email=f"{name}@example.org",
            date_joined=timezone.now() - timedelta(days=days),
            **changes,
        )
        EmailAddress.objects.create(user=user, email=user.email, primary=True)
        return user

    def test_unconfirmed_sign_ups_are_deleted_after_some_days(self, db: None) -> None:
        self.sign_up("late", days=4)
        young = self.sign_up("young", days=2)
        assert plan().sign_ups == sweep().sign_ups == 1
        assert list(User.objects.all()) == [young]
        assert sweep().sign_ups == 0

    def test_confirmed_people_stay(self, db: None) -> None:
        confirm_email(self.sign_up("confirmed", days=400))
        assert sweep().sign_ups == 0

    def test_person_who_is_changing_the_address_stays(self, db: None) -> None:
        user = self.sign_up("changing", days=400)
        confirm_email(user)
        EmailAddress.objects.create(user=user, email="new@example.org")
        assert sweep().sign_ups == 0

    def test_accounts_created_by_an_operator_stay(self, db: None) -> None:
        self.sign_up("staff", days=400, is_staff=True)
        self.sign_up("operator", days=400, is_superuser=True)
        EmailAddress.objects.filter(user=self.sign_up("by-hand", days=400)).delete()
        assert sweep().sign_ups == 0

    def test_address_confirmed_at_the_last_moment_keeps_the_account(
        self, db: None, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        user = self.sign_up("last-minute", days=4)
        real = sweeping._erase_if_unconfirmed

        def confirm_first(user_id: int, sessions: SessionIndex) -> bool:
            confirm_email(user)
            return real(user_id, sessions)

        monkeypatch.setattr(sweeping, "_erase_if_unconfirmed", confirm_first)
        assert sweep().sign_ups == 0


def test_records_of_sessions_are_deleted_with_them(world: World) -> None:
    world.client("bob").get(reverse("accounts:profile"))
    UserSession.objects.create(user=world.bob, ip="10.0.0.1", session_key="gone", user_agent="x")
    Session.objects.update(expire_date=timezone.now() - timedelta(seconds=1))
    sweep()
    assert not UserSession.objects.exists()


@pytest.mark.parametrize("typed", ["BOB@EXAMPLE.ORG", "Bob@example.org", "bob@example.org"])
def test_no_session_has_the_address_of_a_deleted_person_in_any_spelling(
    world: World, typed: str
) -> None:
    Client().post(reverse("account_reset_password"), {"email": typed})
    assert Session.objects.count() == 1
    erase_account(world.bob)
    assert not Session.objects.exists()


@pytest.mark.parametrize("erase", [erase_account, withdraw])
def test_photo_without_a_chosen_face_is_deleted_with_its_person(
    world: World, erase: Callable[[User], object]
) -> None:
    pixels = np.zeros((8, 8, 3), np.uint8)
    for user in (world.bob, world.charlie):
        store_choice(LoadedImage(pixels=pixels, width=8, height=8), user_id=user.pk)
    erase(world.bob)
    sweep()
    assert len([key for key in stored_objects() if key.startswith("choices/")]) == 1


def test_objects_stored_after_their_photo_was_deleted_are_deleted(world: World) -> None:
    photo = world.bobs_photo
    files.store(keys.photo_rendition(photo.event_id, photo.pk, uuid4()), b"half an attempt")
    before = stored_objects()
    erase_photo(photo)
    sweep()
    assert len(before - stored_objects()) == 4


def test_running_upload_is_left_alone(world: World) -> None:
    key = keys.photo_original(world.event.pk, uuid4(), uuid4(), ".jpg")
    cover = keys.event_cover(uuid4(), uuid4())  # belongs to an event that is just being created
    files.store(key, b"just coming in")
    files.store(cover, b"just coming in")
    sweep()
    assert {key, cover} <= stored_objects()
    files.keep(key)


def test_object_that_waited_too_long_gets_no_row(world: World) -> None:
    key = keys.photo_original(world.event.pk, uuid4(), uuid4(), ".jpg")
    files.store(key, b"a slow upload", owner_timeout=timedelta(0))
    sweep()
    with pytest.raises(FileNotFoundError):
        files.keep(key)
