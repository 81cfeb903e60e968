"""A mail to all participants: who may write it, who gets it, and what it contains."""

from __future__ import annotations

from smtplib import SMTPRecipientsRefused
from typing import TYPE_CHECKING, Any

import pytest
from django.core import mail
from django.urls import reverse
from django.utils import timezone

from conftest import World, text_of
from picprocure.accounts.models import User
from picprocure.events.models import HostMail, HostMailRecipient
from picprocure.notifications import delivery
from picprocure.notifications.announcements import events_with_unsent_mail
from picprocure.notifications.models import Mail
from picprocure.pipeline import changes
from picprocure.pipeline.steps import announce

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Answer

pytestmark = pytest.mark.django_db(transaction=True)

SUBJECT = "The photos are late"
TEXT = "Dear all,\n\nthey come on <b>Monday</b>.\nBring cake."


@pytest.fixture(autouse=True)
def announced(full_world: World, settings: Any) -> None:
    """Send all mails about photos first, so that only mails of hosts are left."""
    settings.EVENT_MAILERS = "everyone"
    announce(full_world.event.pk)
    mail.outbox.clear()


def sent(world: World, who: str = "alice", **changed: str) -> Answer:
    page = reverse("events:write", args=[world.event.pk])
    return world.client(who).post(page, {"subject": SUBJECT, "text": TEXT, **changed})


def recipients() -> list[str]:
    assert all(len(message.recipients()) == 1 for message in mail.outbox)
    return sorted(message.to[0].partition("@")[0] for message in mail.outbox)


def test_all_registered_people_get_a_mail(full_world: World) -> None:
    assert sent(full_world).status_code == 302
    for _ in range(2):
        announce(full_world.event.pk)
    assert recipients() == ["blocked", "bob", "charlie", "held", "pending", "withdrawn"]
    page = full_world.client("alice").get(reverse("events:write", args=[full_world.event.pk]))
    assert "to 6 people" in page.content.decode()


def test_mail_names_author_and_event_but_no_address(full_world: World) -> None:
    sent(full_world)
    announce(full_world.event.pk)
    message = mail.outbox[0]
    assert message.subject == f"{full_world.event.name}: {SUBJECT}"
    text, html = str(message.body), str(message.alternatives[0][0])  # type: ignore[attr-defined]
    assert TEXT in text
    assert "they come on &lt;b&gt;Monday&lt;/b&gt;.<br>Bring cake." in html
    for part in (text, text_of(html.encode())):
        assert "Alice Example, a host of" in part
        assert f"/events/{full_world.event.pk}/" in part
        assert "/profile/preferences/" in part
    for name in ("alice", "bob", "charlie"):
        others = [other for other in mail.outbox if other.to != [f"{name}@example.org"]]
        assert not any(f"{name}@example.org" in str(other.message()) for other in others)
    assert not message.reply_to


def test_person_who_turned_mails_off_gets_none(full_world: World) -> None:
    page = reverse("accounts:preferences")
    assert full_world.client("bob").post(page, {"notify_photos": "on"}).status_code == 302
    sent(full_world)
    announce(full_world.event.pk)
    assert "bob" not in recipients()


def test_person_who_leaves_before_delivery_gets_no_mail(full_world: World) -> None:
    sent(full_world)
    full_world.client("bob").post(reverse("events:leave", args=[full_world.event.pk]))
    changes.refuse(full_world.charlie.registrations.get())
    mail.outbox.clear()
    announce(full_world.event.pk)
    assert recipients() == ["blocked", "charlie", "held", "pending", "withdrawn"]


@pytest.mark.parametrize(
    ("mailers", "is_staff", "status"),
    [
        ("everyone", False, 302),
        ("staff", True, 302),
        ("staff", False, 403),
        ("nobody", True, 403),
    ],
)
def test_operator_decides_who_may_write(
    full_world: World, settings: Any, mailers: str, is_staff: bool, status: int
) -> None:
    settings.EVENT_MAILERS = mailers
    User.objects.filter(email="alice@example.org").update(is_staff=is_staff)
    assert sent(full_world).status_code == status
    assert HostMail.objects.exists() is (status == 302)
    page = full_world.client("alice").get(reverse("events:people", args=[full_world.event.pk]))
    assert ("Write to all guests" in page.content.decode()) is (status == 302)


@pytest.mark.parametrize("who", ["bob", "mallory", "operator"])
def test_other_people_cannot_write(full_world: World, who: str) -> None:
    assert sent(full_world, who).status_code == 404
    assert not HostMail.objects.exists()


@pytest.mark.parametrize(
    "changed",
    [
        {"subject": "Two\nlines"},
        {"subject": " "},
        {"subject": "x" * 121},
        {"text": "\u200b"},
        {"text": "x" * 4001},
    ],
)
def test_invalid_mail_is_not_sent(full_world: World, changed: dict[str, str]) -> None:
    assert sent(full_world, **changed).status_code == 200
    assert not HostMail.objects.exists()


def test_mails_are_limited_to_five_a_day(full_world: World) -> None:
    statuses = [sent(full_world).status_code for _ in range(6)]
    assert statuses == [302] * 5 + [429]
    assert HostMail.objects.count() == 5


def test_failed_mail_is_retried_without_resending_others(
    full_world: World, monkeypatch: pytest.MonkeyPatch, caplog: Any
) -> None:
    sent(full_world)
    real = mail.EmailMultiAlternatives.send

    def picky(message: Any, *options: Any) -> int:
        if message.to == ["bob@example.org"]:
            raise SMTPRecipientsRefused({"bob@example.org": (450, b"later")})
        return real(message, *options)

    with monkeypatch.context() as patch:
        patch.setattr("django.core.mail.EmailMultiAlternatives.send", picky)
        announce(full_world.event.pk)
    assert recipients() == ["blocked", "charlie", "held", "pending", "withdrawn"]
    assert not events_with_unsent_mail().exists()
    assert not HostMailRecipient.objects.filter(sent_at=None).exists()
    mail.outbox.clear()
    Mail.objects.update(due_at=timezone.now())
    for _ in range(2):
        delivery.deliver_due()
    assert recipients() == ["bob"]
