"""A disabled account gets nothing more, whatever it has started."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from conftest import World
from picprocure.accounts.models import User
from picprocure.events.models import Event, Registration
from picprocure.galleries.access import galleries_of, photos_granted_to
from picprocure.galleries.archives import AccessEnded, gallery_archive
from picprocure.galleries.personal_data import personal_data_archive
from picprocure.notifications.announcements import events_about_to_end, events_to_announce
from picprocure.photos.models import Photo
from picprocure.pipeline.account_changes import switch_off
from picprocure.pipeline.steps import announce

pytestmark = pytest.mark.django_db(transaction=True)


def disable(user: User) -> None:
    """Disable the account only in the database, not in loaded objects."""
    User.objects.filter(pk=user.pk).update(is_active=False)


def pages(world: World) -> list[str]:
    photo = reverse("media:photo", args=[world.bobs_photo.pk, "original"])
    event = [world.event.pk]
    return [photo, reverse("media:archive", args=event), reverse("galleries:gallery", args=event)]


def test_every_request_is_refused_immediately(world: World) -> None:
    bob = world.client("bob")
    assert [bob.get(page).status_code for page in pages(world)] == [200, 200, 200]
    disable(world.bob)
    assert [bob.get(page).status_code for page in pages(world)] == [404, 404, 302]


def test_a_host_loses_the_photos_too(world: World) -> None:
    alice = world.client("alice")
    disable(world.alice)
    assert alice.get(pages(world)[0]).status_code == 404
    assert alice.get(reverse("events:photos", args=[world.event.pk])).status_code == 302


@pytest.mark.parametrize("what", ["gallery", "my data"])
def test_running_download_is_interrupted(world: World, what: str) -> None:
    bob = User.objects.get(pk=world.bob.pk)
    if what == "gallery":
        chunks = gallery_archive(visitor=bob, event=world.event).chunks
    else:
        chunks = personal_data_archive(bob).chunks
    assert next(chunks)
    disable(bob)
    with pytest.raises(AccessEnded):
        list(chunks)


def test_stale_user_object_has_no_access(world: World) -> None:
    bob = User.objects.get(pk=world.bob.pk)
    assert photos_granted_to(bob).exists()
    disable(bob)
    assert not photos_granted_to(bob).exists()
    assert world.bob.registrations.get().pk not in galleries_of(world.event)


def test_queued_mails_are_not_sent(world: World) -> None:
    Event.objects.update(people_announced_at=None, expires_at=timezone.now() + timedelta(hours=3))
    Registration.objects.update(photos_announced_at=None, end_announced_at=None)
    Photo.objects.update(released_at=timezone.now() - timedelta(days=2))
    assert events_about_to_end().exists()
    for user in (world.bob, world.charlie, world.alice):
        disable(user)
    mail.outbox.clear()
    assert not events_to_announce().exists()
    assert not events_about_to_end().exists()
    announce(world.event.pk)
    assert mail.outbox == []


def test_sessions_are_deleted(world: World) -> None:
    operator = User.objects.create_superuser("chief@example.org", "x")
    bob, chief, mallory = world.client("bob"), Client(), world.client("mallory")
    chief.force_login(operator)
    fields: dict[str, Any] = {"is_staff": "", "is_superuser": ""}
    chief.post(reverse("operator:accounts_user_change", args=[world.bob.pk]), fields)
    assert not User.objects.get(pk=world.bob.pk).is_active
    assert not Session.objects.filter(pk=bob.cookies["sessionid"].value).exists()
    User.objects.filter(pk=world.bob.pk).update(is_active=True)
    assert bob.get(pages(world)[2]).status_code == 302
    assert mallory.get(reverse("events:list")).status_code == 200


def test_pending_sign_in_ends_too(world: World) -> None:
    """A sign-in is waiting for its code."""
    client = Client()
    client.post(reverse("account_request_login_code"), {"email": world.bob.email})
    code = str(mail.outbox[-1].body)
    disable(world.bob)
    switch_off(world.bob)
    for line in code.splitlines():
        client.post(reverse("account_confirm_login_code"), {"code": line})
    assert client.get(reverse("accounts:profile")).status_code == 302
