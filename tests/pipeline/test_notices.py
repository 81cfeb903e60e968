"""Who is told what by mail, and who isn't."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from smtplib import SMTPServerDisconnected
from typing import Any

import pytest
from django.core import mail
from django.core.mail import EmailMultiAlternatives
from django.utils import timezone

import fakes
from conftest import World, reference_photo
from picprocure.accounts.consent import CURRENT_CONSENT, EVENT_CONSENT
from picprocure.accounts.models import User
from picprocure.events.models import Event, Registration
from picprocure.notifications.announcements import events_about_to_end, events_to_announce
from picprocure.notifications.models import Mail
from picprocure.pipeline import changes
from picprocure.pipeline.steps import announce
from picprocure.recognition.references import store_reference


def told() -> list[tuple[str, str]]:
    """Of every mail since the last look, to whom and about what."""
    sent = [(message.to[0], str(message.subject)) for message in mail.outbox]
    assert all(len(message.recipients()) == 1 for message in mail.outbox)
    mail.outbox.clear()
    return sorted(sent)


def test_who_is_in_a_photo_is_told_once(full_world: World) -> None:
    """Neither who is in none, nor who waits, is held, was refused or withdrew."""
    Event.objects.update(people_announced_at=timezone.now())
    for _ in range(2):
        announce(full_world.event.pk)
    (message,) = mail.outbox
    assert "alice" not in str(message.body).replace("Alice's garden party", "").lower()
    assert "Alice's garden party" in str(message.body)
    assert f"/galleries/{full_world.event.pk}/" in str(message.body)
    assert isinstance(message, EmailMultiAlternatives)
    html = str(message.alternatives[0][0])
    assert "Alice&#x27;s garden party" in html
    assert "<img" not in html
    assert told() == [("bob@example.org", "Your photos are ready")]


def test_the_creator_is_told_of_who_waits_and_then_only_of_new_ones(
    event: Event, make_user: Callable[..., User]
) -> None:
    def join(name: str, face: tuple[int, int, int]) -> None:
        changes.join_event(user=make_user(name, face), event=event, consent=EVENT_CONSENT)

    join("bob", fakes.BOB)
    join("charlie", fakes.CHARLIE)
    for _ in range(2):
        announce(event.pk)
    assert "2 guests are waiting" in str(mail.outbox[0].body)
    assert told() == [("alice@example.org", "2 guests are waiting for your approval")]
    join("dora", fakes.DORA)
    announce(event.pk)
    assert told() == []  # not yet an hour ago
    Event.objects.update(people_announced_at=timezone.now() - timedelta(hours=2))
    assert not events_to_announce().exclude(pk=event.pk).exists()
    announce(event.pk)
    assert told() == [("alice@example.org", "3 guests are waiting for your approval")]
    Event.objects.update(people_announced_at=timezone.now() - timedelta(hours=1, seconds=1))
    event.registrations.update(registered_at=timezone.now() - timedelta(hours=3))
    User.objects.all()[0].references.model.objects.update(
        created_at=timezone.now() - timedelta(hours=3)
    )
    announce(event.pk)
    assert told() == []  # nobody new


def test_a_new_photo_of_somebody_admitted_is_worth_a_mail(world: World) -> None:
    announce(world.event.pk)
    told()
    changes.add_reference(
        user=world.bob,
        reference=store_reference(reference_photo(fakes.BOB)),
        consent_version=CURRENT_CONSENT.version,
    )
    announce(world.event.pk)
    assert told() == [("alice@example.org", "3 guests are waiting for your approval")]


@pytest.mark.parametrize("name", ["notify_photos", "notify_people"])
def test_who_wants_no_mail_gets_none(full_world: World, name: str) -> None:
    User.objects.update(**{name: False})
    announce(full_world.event.pk)
    subjects = {subject for _, subject in told()}
    assert len(subjects) == 1
    assert ("Your photos are ready" in subjects) == (name == "notify_people")


def test_a_mail_that_cant_be_sent_is_tried_again(
    full_world: World, monkeypatch: pytest.MonkeyPatch, caplog: Any
) -> None:
    def down(*_: Any, **__: Any) -> None:
        raise SMTPServerDisconnected("down")

    with monkeypatch.context() as patch:
        patch.setattr("django.core.mail.EmailMultiAlternatives.send", down)
        announce(full_world.event.pk)
    assert told() == []
    assert "example.org" not in caplog.text
    Mail.objects.update(due_at=timezone.now())
    announce(full_world.event.pk)
    assert len(told()) == 2


class TestTheEnd:
    def near(self, world: World, left: timedelta) -> None:
        Event.objects.update(people_announced_at=timezone.now(), expires_at=timezone.now() + left)
        Registration.objects.update(photos_announced_at=timezone.now())

    def test_who_has_photos_is_warned_a_day_before_and_once(self, full_world: World) -> None:
        self.near(full_world, timedelta(hours=23))
        assert full_world.event in events_about_to_end()
        for _ in range(2):
            announce(full_world.event.pk)
        ((address, subject),) = told()
        assert address == "bob@example.org"
        assert subject.startswith("Your photos will be deleted on ")
        assert full_world.event not in events_about_to_end()

    def test_nobody_is_warned_before(self, full_world: World) -> None:
        self.near(full_world, timedelta(hours=25))
        assert full_world.event not in events_about_to_end()
        announce(full_world.event.pk)
        assert told() == []

    def test_after_an_extension_they_are_warned_again(self, full_world: World) -> None:
        self.near(full_world, timedelta(hours=23))
        announce(full_world.event.pk)
        Registration.objects.update(end_announced_at=timezone.now() - timedelta(days=3))
        announce(full_world.event.pk)
        assert [who for who, _ in told()] == ["bob@example.org", "bob@example.org"]

    def test_who_wants_no_mail_gets_none(self, full_world: World) -> None:
        self.near(full_world, timedelta(hours=23))
        User.objects.update(notify_photos=False)
        announce(full_world.event.pk)
        assert told() == []
