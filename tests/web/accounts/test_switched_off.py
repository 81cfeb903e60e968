"""An account that the operator switched off gets nothing any more, whatever it had begun."""

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
from picprocure.pipeline.account_changes import switch_off
from picprocure.pipeline.steps import announce

pytestmark = pytest.mark.django_db(transaction=True)


def disable(user: User) -> None:
    """Behind the back of every object that is in memory."""
    User.objects.filter(pk=user.pk).update(is_active=False)


def pages(world: World) -> list[str]:
    photo = reverse("media:photo", args=[world.bobs_photo.pk, "original"])
    event = [world.event.pk]
    return [photo, reverse("media:archive", args=event), reverse("galleries:gallery", args=event)]


def test_every_request_is_refused_at_once(world: World) -> None:
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
def test_a_download_that_has_begun_breaks_off(world: World, what: str) -> None:
    bob = User.objects.get(pk=world.bob.pk)
    if what == "gallery":
        chunks = gallery_archive(visitor=bob, event=world.event).chunks
    else:
        chunks = personal_data_archive(bob).chunks
    assert next(chunks)
    disable(bob)
    with pytest.raises(AccessEnded):
        list(chunks)


def test_nothing_is_granted_to_an_object_from_before(world: World) -> None:
    bob = User.objects.get(pk=world.bob.pk)
    assert photos_granted_to(bob).exists()
    disable(bob)
    assert not photos_granted_to(bob).exists()
    assert world.bob.registrations.get().pk not in galleries_of(world.event)


def test_mails_that_wait_are_not_sent(world: World) -> None:
    Event.objects.update(people_announced_at=None, expires_at=timezone.now() + timedelta(hours=3))
    Registration.objects.update(photos_announced_at=None, end_announced_at=None)
    for user in (world.bob, world.charlie, world.alice):
        disable(user)
    mail.outbox.clear()
    assert not events_to_announce().exists()
    assert not events_about_to_end().exists()
    announce(world.event.pk)
    assert mail.outbox == []


def test_its_sessions_end_for_good(world: World) -> None:
    operator = User.objects.create_superuser("chief", "chief@example.org", "x")
    bob, chief, mallory = world.client("bob"), Client(), world.client("mallory")
    chief.force_login(operator)
    fields: dict[str, Any] = {"is_staff": "", "is_superuser": ""}
    chief.post(reverse("operator:accounts_user_change", args=[world.bob.pk]), fields)
    assert not User.objects.get(pk=world.bob.pk).is_active
    assert not Session.objects.filter(pk=bob.cookies["sessionid"].value).exists()
    User.objects.filter(pk=world.bob.pk).update(is_active=True)
    assert bob.get(pages(world)[2]).status_code == 302
    assert mallory.get(reverse("events:list")).status_code == 200


def test_what_was_half_done_ends_too(world: World) -> None:
    """A sign-in that waits for its code."""
    client = Client()
    client.post(reverse("account_request_login_code"), {"email": world.bob.email})
    code = str(mail.outbox[-1].body)
    disable(world.bob)
    switch_off(world.bob)
    for line in code.splitlines():
        client.post(reverse("account_confirm_login_code"), {"code": line})
    assert client.get(reverse("accounts:profile")).status_code == 302
