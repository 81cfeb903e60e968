"""Announcements: who is notified of what by mail, and who isn't."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from smtplib import SMTPServerDisconnected
from typing import Any

import pytest
from django.core import mail
from django.core.mail import EmailMultiAlternatives
from django.db.models import F
from django.utils import timezone

import fakes
from conftest import World, reference_photo
from picprocure.accounts.consent import CURRENT_CONSENT, EVENT_CONSENT
from picprocure.accounts.models import User
from picprocure.events.models import Event, EventQuerySet, Registration
from picprocure.notifications import mails
from picprocure.notifications.announcements import (
    events_about_to_end,
    events_to_announce,
    events_with_new_photos,
)
from picprocure.notifications.models import Mail
from picprocure.photos.models import Photo
from picprocure.pipeline import changes, maintenance
from picprocure.pipeline.steps import announce
from picprocure.recognition.models import Collision, Sorting
from picprocure.recognition.references import store_reference
from picprocure.recognition.sorting import request_sorting


def take_sent_mails() -> list[tuple[str, str]]:
    """Return recipient and subject of the mails sent since the last call, sorted."""
    sent = [(message.to[0], str(message.subject)) for message in mail.outbox]
    assert all(len(message.recipients()) == 1 for message in mail.outbox)
    mail.outbox.clear()
    return sorted(sent)


def test_person_in_a_photo_is_notified_once(full_world: World) -> None:
    """People in no photo, and people who wait, were refused or withdrew, are not notified."""
    Event.objects.update(people_announced_at=timezone.now())
    for _ in range(2):
        announce(full_world.event.pk)
    (message,) = mail.outbox
    assert "alice" not in str(message.body).replace("Alice's garden party", "").lower()
    assert "Alice's garden party" in str(message.body)
    assert f"/galleries/{full_world.event.pk}/" in str(message.body)
    assert "You're in 2 photos of" in str(message.body)
    assert isinstance(message, EmailMultiAlternatives)
    html = str(message.alternatives[0][0])
    assert "Alice&#x27;s garden party" in html
    assert "<img" not in html
    assert html.count('class="button"') == html.count("<a ") == 1
    assert take_sent_mails() == [("bob@example.org", "Your photos are ready")]


def test_people_are_notified_once_the_photos_have_settled(world: World, settings: Any) -> None:
    """While photos keep coming, or wait, or the event is not sorted, there is no mail yet."""
    settings.PHOTO_MAIL_DELAY = timedelta(minutes=5)
    announce(world.event.pk)
    assert take_sent_mails() == []
    assert not events_with_new_photos().exists()

    Photo.objects.update(uploaded_at=timezone.now() - timedelta(minutes=6))
    Photo.objects.filter(pk=world.strangers_photo.pk).update(status=Photo.Status.WAITING)
    announce(world.event.pk)
    Photo.objects.update(status=Photo.Status.ANALYZED)
    request_sorting(world.event.pk)
    announce(world.event.pk)
    assert take_sent_mails() == []
    assert not events_with_new_photos().exists()

    Sorting.objects.update(done=F("requested"))
    assert list(events_with_new_photos()) == [world.event]
    announce(world.event.pk)
    assert take_sent_mails() == [("bob@example.org", "Your photos are ready")]
    assert not events_with_new_photos().exists()


def test_mail_about_photos_waits_an_hour_at_most(world: World, settings: Any) -> None:
    """A photographer may upload all day."""
    settings.PHOTO_MAIL_DELAY = timedelta(minutes=5)
    Photo.objects.update(released_at=timezone.now() - timedelta(minutes=59))
    assert not events_with_new_photos().exists()
    Photo.objects.update(released_at=timezone.now() - timedelta(minutes=61))
    assert list(events_with_new_photos()) == [world.event]
    announce(world.event.pk)
    assert take_sent_mails() == [("bob@example.org", "Your photos are ready")]


def test_event_of_a_person_with_a_shared_photo_only_is_found(world: World) -> None:
    announce(world.event.pk)
    assert not events_with_new_photos().exists()
    registration = world.charlie.registrations.get()
    for _ in range(2):
        changes.share_manually(registration=registration, photos=[world.strangers_photo])
        assert list(events_with_new_photos()) == [world.event]
    changes.share_manually(registration=registration, photos=[], revoked=[world.strangers_photo])
    assert not events_with_new_photos().exists()


@pytest.mark.parametrize("reason", ["missing file", "not released", "collision"])
def test_event_is_not_announced_again_and_again_for_photos_that_are_not_seen(
    world: World, reason: str
) -> None:
    if reason == "missing file":
        Photo.objects.update(analyzed_at=None, status=Photo.Status.FAILED)
    elif reason == "not released":
        Photo.objects.update(released_at=None)
    else:
        Collision.objects.create(event=world.event, newcomer=world.bob, kind="person")
    assert not events_with_new_photos().exists()


def test_clock_notifies_people_once_the_photos_have_settled(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    queued: list[Any] = []
    monkeypatch.setattr(maintenance, "queue_announcements", queued.append)
    # On a large site, the sweep may not look at this event for other mails.
    monkeypatch.setattr(EventQuerySet, "some", lambda events, _count: events.none())
    maintenance.sweep()
    assert queued == [world.event.pk]


def test_creator_is_notified_of_waiting_people_and_then_only_of_new_ones(
    event: Event, make_user: Callable[..., User]
) -> None:
    def join(name: str, face: tuple[int, int, int]) -> None:
        changes.join_event(user=make_user(name, face), event=event, consent=EVENT_CONSENT)

    join("bob", fakes.BOB)
    join("charlie", fakes.CHARLIE)
    for _ in range(2):
        announce(event.pk)
    assert "2 guests are waiting" in str(mail.outbox[0].body)
    assert take_sent_mails() == [("alice@example.org", "2 guests are waiting for your approval")]
    join("dora", fakes.DORA)
    announce(event.pk)
    assert take_sent_mails() == []  # the last mail is less than an hour old
    Event.objects.update(people_announced_at=timezone.now() - timedelta(hours=2))
    assert not events_to_announce().exclude(pk=event.pk).exists()
    announce(event.pk)
    assert take_sent_mails() == [("alice@example.org", "3 guests are waiting for your approval")]
    Event.objects.update(people_announced_at=timezone.now() - timedelta(hours=1, seconds=1))
    event.registrations.update(registered_at=timezone.now() - timedelta(hours=3))
    User.objects.all()[0].references.model.objects.update(
        created_at=timezone.now() - timedelta(hours=3)
    )
    announce(event.pk)
    assert take_sent_mails() == []  # no one new waits


def test_creator_is_notified_of_a_new_reference_of_an_admitted_person(world: World) -> None:
    announce(world.event.pk)
    take_sent_mails()
    changes.add_reference(
        user=world.bob,
        reference=store_reference(reference_photo(fakes.BOB)),
        consent_version=CURRENT_CONSENT.version,
    )
    announce(world.event.pk)
    assert take_sent_mails() == [("alice@example.org", "1 guest is waiting for your approval")]


@pytest.mark.parametrize("name", ["notify_photos", "notify_people"])
def test_person_who_wants_no_mail_gets_none(full_world: World, name: str) -> None:
    User.objects.update(**{name: False})
    announce(full_world.event.pk)
    subjects = {subject for _, subject in take_sent_mails()}
    assert len(subjects) == 1
    assert ("Your photos are ready" in subjects) == (name == "notify_people")


def test_mail_that_cannot_be_sent_is_tried_again(
    full_world: World, monkeypatch: pytest.MonkeyPatch, caplog: Any
) -> None:
    def disconnect(*_: Any, **__: Any) -> None:
        raise SMTPServerDisconnected("down")

    with monkeypatch.context() as patch:
        patch.setattr("django.core.mail.EmailMultiAlternatives.send", disconnect)
        announce(full_world.event.pk)
    assert take_sent_mails() == []
    assert "example.org" not in caplog.text
    Mail.objects.update(due_at=timezone.now())
    announce(full_world.event.pk)
    assert len(take_sent_mails()) == 2


class TestEndOfAnEvent:
    def set_time_left(
        self, world: World, time_left: timedelta, *, ready: timedelta = timedelta()
    ) -> None:
        """Let the event end after this time, and let people know of photos since `ready`."""
        Event.objects.update(
            people_announced_at=timezone.now(),
            unreleased_announced_at=timezone.now(),
            expires_at=timezone.now() + time_left,
            availability_hours=24 * 14,
        )
        released = Photo.objects.filter(released_at__isnull=False)
        released.update(released_at=timezone.now() - timedelta(days=1))
        Registration.objects.update(photos_announced_at=timezone.now() - ready)

    def test_person_with_photos_is_warned_once_a_day_before(self, full_world: World) -> None:
        self.set_time_left(full_world, timedelta(hours=23))
        assert full_world.event in events_about_to_end()
        for _ in range(2):
            announce(full_world.event.pk)
        ((address, subject),) = take_sent_mails()
        assert address == "bob@example.org"
        assert subject.startswith("Your photos will be deleted on ")
        assert full_world.event not in events_about_to_end()

    @pytest.mark.parametrize(
        ("time_left", "ready"),
        [
            (timedelta(hours=25), timedelta()),  # the mail that photos are ready said so
            (timedelta(days=5), timedelta(days=1)),
            (timedelta(days=7, hours=1), timedelta(days=9)),
        ],
    )
    def test_no_one_is_warned_earlier(
        self, full_world: World, time_left: timedelta, ready: timedelta
    ) -> None:
        self.set_time_left(full_world, time_left, ready=ready)
        assert full_world.event not in events_about_to_end()
        announce(full_world.event.pk)
        assert take_sent_mails() == []

    def test_person_is_warned_a_week_and_a_day_before(self, full_world: World) -> None:
        self.set_time_left(full_world, timedelta(days=6), ready=timedelta(days=9))
        for _ in range(2):
            announce(full_world.event.pk)
        (message,) = mail.outbox
        assert message.to == ["bob@example.org"]
        assert "you can download 2 photos (" in str(message.body)
        assert full_world.event not in events_about_to_end()
        Registration.objects.update(end_announced_at=timezone.now() - timedelta(days=6))
        self.set_time_left(full_world, timedelta(hours=23), ready=timedelta(days=15))
        for _ in range(2):
            announce(full_world.event.pk)
        assert len(mail.outbox) == 2

    @pytest.mark.parametrize("reason", ["short availability", "new photos", "earlier warning"])
    def test_no_one_is_warned_after_each_release(self, full_world: World, reason: str) -> None:
        self.set_time_left(full_world, timedelta(days=6), ready=timedelta(days=9))
        if reason == "short availability":
            Event.objects.update(availability_hours=24 * 7)
        if reason == "new photos":
            released = Photo.objects.filter(released_at__isnull=False)
            released.update(released_at=timezone.now() - timedelta(hours=23))
        if reason == "earlier warning":
            warned_at = timezone.now() - timedelta(hours=23)
            Registration.objects.update(end_announced_at=warned_at)
            Event.objects.update(expires_at=warned_at + timedelta(days=7, minutes=1))
        assert full_world.event not in events_about_to_end()
        announce(full_world.event.pk)
        assert take_sent_mails() == []

    def test_person_is_warned_again_after_an_extension(self, full_world: World) -> None:
        self.set_time_left(full_world, timedelta(hours=23))
        announce(full_world.event.pk)
        Registration.objects.update(end_announced_at=timezone.now() - timedelta(days=3))
        announce(full_world.event.pk)
        assert [address for address, _ in take_sent_mails()] == [
            "bob@example.org",
            "bob@example.org",
        ]

    def test_hosts_are_warned_of_unreleased_photos(self, full_world: World) -> None:
        Registration.objects.update(status=Registration.Status.PENDING)  # no mails to guests
        for days, warned_days_ago in ((6, None), (1, 5)):
            self.set_time_left(full_world, timedelta(days=days))
            ago = warned_days_ago and timezone.now() - timedelta(days=warned_days_ago)
            Event.objects.update(unreleased_announced_at=ago)
            assert full_world.event in events_about_to_end()
            announce(full_world.event.pk)
            assert full_world.event not in events_about_to_end()
            announce(full_world.event.pk)
            text = str(mail.outbox[0].body)
            assert "1 photo of “Alice's garden party” is unreleased. Only hosts see it." in text
            assert f"/events/{full_world.event.pk}/photos/" in text
            hosts = ["alice@example.org", "co_host@example.org"]
            assert [address for address, _ in take_sent_mails()] == hosts

    def test_hosts_are_not_warned_without_reason(self, full_world: World) -> None:
        self.set_time_left(full_world, timedelta(hours=23))
        mails.unreleased_end(user=full_world.bob, event=full_world.event, count=1)
        mails.unreleased_end(user=full_world.alice, event=full_world.event, count=1)
        Event.objects.update(release=Event.Release.AT_CLOSE, unreleased_announced_at=None)
        announce(full_world.event.pk)
        assert [address for address, _ in take_sent_mails()] == ["bob@example.org"]  # as a guest

    def test_person_who_wants_no_mail_gets_none(self, full_world: World) -> None:
        self.set_time_left(full_world, timedelta(hours=23))
        User.objects.update(notify_photos=False)
        announce(full_world.event.pk)
        assert take_sent_mails() == []
