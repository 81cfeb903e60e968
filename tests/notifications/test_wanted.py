"""A waiting mail is sent only while its reason is valid, and deleted with what it is about."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db.models import Model
from django.utils import timezone

from conftest import World
from notifications.picky_server import PickyServer
from picprocure.accounts.models import User
from picprocure.events import co_hosts, services
from picprocure.events.models import CoHostInvitation, Event, HostMail, Registration
from picprocure.notifications import delivery, mails
from picprocure.notifications.models import Mail
from picprocure.photos.models import Photo
from picprocure.pipeline import changes
from picprocure.retention.erasure import erase_account, erase_event, erase_photo

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def writer(make_user: Callable[..., User]) -> User:
    """Return a co-host, so that the event stays when the writer's account is deleted."""
    return make_user("dora")


@pytest.fixture
def waiting(world: World, writer: User, server: PickyServer) -> World:
    """Write a mail of each kind about Alice's event, four of them to Bob."""
    text = HostMail.objects.create(event=world.event, author=writer, subject="S", text="Secret.")
    co_hosts.invite(event=world.event, invitee="bob@example.org")
    mails.photos_ready(user=world.bob, event=world.event)
    mails.event_ends(user=world.bob, event=world.event)
    mails.from_host(user=world.bob, mail=text)
    mails.co_host(email=world.bob.email, event=world.event)
    mails.people_wait(user=world.event.creator, event=world.event, count=1)
    return world


def kinds() -> set[str]:
    return set(Mail.objects.waiting().values_list("kind", flat=True))


ALL = {"photos_ready", "event_ends", "host_mail", "co_host", "people_wait"}
PHOTO_MAILS = {"photos_ready", "event_ends"}


def deliver(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Deliver all mails, and return the kinds that are sent. Others must lose text and people."""
    tried: set[str] = set()

    def record_kind(mail: Mail) -> delivery.Outcome:
        tried.add(mail.kind)
        return delivery.Outcome.SENT

    monkeypatch.setattr(delivery, "_try", record_kind)
    delivery.deliver_due()
    unsent = Mail.objects.undelivered()
    empty = unsent.filter(content=None, user=None, event=None, author=None)
    assert empty.count() == unsent.count()
    assert not Mail.objects.waiting().exists()
    return tried


def test_mails_are_sent_while_their_reason_is_valid(waiting: World, server: PickyServer) -> None:
    delivery.deliver_due()
    assert not Mail.objects.exists()
    assert len(server.recipients()) == len(ALL)


def test_mails_are_deleted_with_the_event(waiting: World) -> None:
    erase_event(waiting.event)
    assert not Mail.objects.exists()


def test_mails_are_deleted_with_the_account_of_the_creator(waiting: World) -> None:
    erase_account(waiting.event.creator)
    assert not Mail.objects.exists()


def test_host_mail_is_deleted_with_the_account_of_its_writer(waiting: World, writer: User) -> None:
    erase_account(writer)
    assert kinds() == ALL - {"host_mail"}


def test_mails_are_deleted_with_the_account_of_the_recipient(waiting: World) -> None:
    erase_account(waiting.bob)
    assert kinds() == {"people_wait"}


def updated(model: type[Model], **values: object) -> Callable[[World], object]:
    return lambda _: model._default_manager.update(**values)


def cancel_invitations(world: World) -> None:
    invitation_ids = CoHostInvitation.objects.values_list("pk", flat=True)
    co_hosts.cancel_invitations(event=world.event, invitation_ids=list(invitation_ids))


def delete_photos(world: World) -> None:
    for photo in Photo.objects.all():
        erase_photo(photo)


CASES: dict[str, tuple[Callable[[World], object], set[str]]] = {
    "withdrew": (lambda world: changes.withdraw(world.bob), PHOTO_MAILS),
    "left": (
        lambda world: services.end_registration(event=world.event, user=world.bob),
        PHOTO_MAILS | {"host_mail"},
    ),
    # Without a host's mail, people could learn that they were refused.
    "was refused": (lambda world: changes.refuse(world.bob.registrations.get()), PHOTO_MAILS),
    "waits again": (updated(Registration, status="pending"), PHOTO_MAILS),
    "photos are gone": (delete_photos, PHOTO_MAILS),
    "wants no mail of photos": (updated(User, notify_photos=False), PHOTO_MAILS),
    "wants no mail of hosts": (updated(User, notify_hosts=False), {"host_mail"}),
    "wants no mail of people": (updated(User, notify_people=False), {"people_wait"}),
    "invitation was taken back": (cancel_invitations, {"co_host"}),
    "the event ended": (
        updated(Event, expires_at=timezone.now() - timedelta(days=1)),
        PHOTO_MAILS | {"host_mail", "people_wait"},
    ),
    "the writer was switched off": (
        lambda _: User.objects.filter(email="dora@example.org").update(is_active=False),
        {"host_mail"},
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_mail_without_a_valid_reason_is_not_sent(
    waiting: World, monkeypatch: pytest.MonkeyPatch, case: str
) -> None:
    change, invalid_kinds = CASES[case]
    change(waiting)
    assert deliver(monkeypatch) == ALL - invalid_kinds
