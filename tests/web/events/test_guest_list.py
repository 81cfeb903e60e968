"""Guests on the list are invited by mail, admitted automatically, and shown until they join."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

import fakes
from conftest import browser_of, new_user
from mailing import newest_code
from picprocure.accounts.consent import EVENT_CONSENT
from picprocure.accounts.models import User
from picprocure.events import guest_list
from picprocure.events.guest_list import add_to_guest_list
from picprocure.events.invitation_mails import MAX_MAILS_A_DAY
from picprocure.events.invitations import create_invitation
from picprocure.events.models import Event, InvitationMail, Registration
from picprocure.events.services import EventDetails, close_registration, create_event
from picprocure.notifications.models import Mail
from picprocure.pipeline import changes
from picprocure.pipeline.queue import queue_mails
from picprocure.retention.erasure import erase_event
from picprocure.web.events.guest_list_reader import read_guests
from picprocure.web.followed_links import ASKED_TO_HOST

pytestmark = pytest.mark.django_db(transaction=True)

NAMES = {"first_name": "Dora", "last_name": "Example"}


@pytest.fixture(autouse=True)
def mailers(settings: Any) -> None:
    settings.EVENT_MAILERS = "everyone"


def add(event: Event, guests: str = "", **more: Any) -> str:
    page = reverse("events:guest_list", args=[event.pk])
    answer = browser_of(event.creator).post(page, {"guests": guests, **more}, follow=True)
    return answer.content.decode()


def invited() -> list[str]:
    return [message.to[0] for message in mail.outbox]


def link_in_mail(route: str) -> str:
    found = re.search(rf"http://[^/]+(/events/{route}/\S+)", str(mail.outbox[-1].body))
    assert found, mail.outbox[-1].body
    return found[1]


@pytest.mark.parametrize(
    "text",
    [
        "Ross Geller, ross@example.org\nmonica@example.org",
        "ross@example.org;Ross;Geller\nMONICA@example.org;;",
        "Ross Geller <ross@example.org>\n<monica@example.org>",
        "First name\tLast name\tE-mail\nRoss\tGeller\tross@example.org\n\t\tmonica@example.org",
        'Name,E-mail\r\n"Geller, Ross",ross@example.org\r\n,monica@example.org\r\n',
    ],
)
def test_lists_are_read_as_people_have_them(text: str) -> None:
    guests = read_guests(text)
    assert guests.keys() == {"ross@example.org", "monica@example.org"}
    assert guests["ross@example.org"] in {"Ross Geller", "Geller, Ross"}
    assert guests["monica@example.org"] == ""


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a@example.org\nRoss, ross@", "“Ross, ross@” has no valid e-mail address"),
        ("a@example.org, b@example.org", "has several e-mail addresses"),
        ("nonsense", "“nonsense” has no valid"),
        (
            "x" * 140_000 + ", a@example.org",
            "has 140,015 characters; the limit for a line is 1,000",
        ),
    ],
)
def test_wrong_line_is_named(text: str, problem: str) -> None:
    with pytest.raises(ValueError, match=re.escape(problem)):
        read_guests(text)


def test_control_characters_are_removed(event: Event) -> None:
    file = SimpleUploadedFile("guests.csv", b"a\x00b\x1b,a@example.org\nMonica\tb@example\x00.org")
    add(event, file=file)
    rows = event.guest_list.order_by("email").values_list("email", "name")
    assert list(rows) == [("a@example.org", "ab"), ("b@example.org", "Monica")]


def test_line_that_is_no_csv_is_named() -> None:
    limit = csv.field_size_limit(10)
    try:
        with pytest.raises(ValueError, match=r"“monica@example\.org” can't be read as CSV"):
            read_guests("monica@example.org")
    finally:
        csv.field_size_limit(limit)


def test_each_address_gets_one_mail_with_only_the_name_of_the_event(event: Event) -> None:
    file = SimpleUploadedFile("guests.csv", "\ufeffName;E-mail\nRoss;ross@example.org".encode())
    page = add(event, "monica@example.org, Monica", file=file)
    assert "Ross" in page
    assert "Not joined yet (2)" in page
    assert sorted(invited()) == ["monica@example.org", "ross@example.org"]
    parts = [str(mail.outbox[0].body), str(mail.outbox[0].alternatives[0][0])]  # type: ignore[union-attr]
    for part in parts:
        assert "garden party" in part
        for secret in ("Alice Example", "alice@", str(event.pk), "oak", "Ross", "Monica"):
            assert secret not in part
    event.guest_list.all().delete()
    add(event, "ross@example.org")
    assert len(invited()) == 2


def test_guest_joins_from_the_mail_and_is_admitted(event: Event) -> None:
    Event.objects.update(is_listed=False)
    add(event, "Dora, dora@example.org\nross@example.org")
    mail.outbox.reverse()
    guest = Client()
    join = guest.get(link_in_mail("invitation") + "?to=join")["Location"]
    guest.post(join, {**NAMES, "email": "dora@example.org"})
    guest.post(
        reverse("account_email_verification_sent"), {"code": newest_code("dora@example.org")}
    )
    guest.post(reverse("events:register_without_face", args=[event.pk]))
    assert event.registrations.get().status == Registration.Status.ADMITTED
    page = browser_of(event.creator).get(reverse("events:guest_list", args=[event.pk]))
    missing, joined = (page.context[part].get().email for part in ("missing", "joined"))
    assert (missing, joined) == ("ross@example.org", "dora@example.org")
    changes.leave_event(event=event, user=User.objects.get(email=joined))
    assert event.guest_list.filter(registration=None).count() == 2


def test_person_who_already_waits_is_not_shown_as_joined(event: Event) -> None:
    bob = new_user("bob", fakes.BOB)
    changes.join_event(user=bob, event=event, consent=EVENT_CONSENT)
    assert "Not joined yet (1)" in add(event, bob.email)
    changes.admit(registration=event.registrations.get(), reference_ids=[])
    assert event.guest_list.get().registration is None


def test_address_on_the_list_admits_one_person(event: Event) -> None:
    add_to_guest_list(event=event, guests={"bob@example.org": ""})
    registrations = []
    for name in ("bob", "robert"):
        guest = new_user(name)
        EmailAddress.objects.filter(user=guest).update(email="bob@example.org")
        User.objects.filter(pk=guest.pk).update(email="bob@example.org")
        browser_of(guest).post(reverse("events:register_without_face", args=[event.pk]))
        registrations.append(guest.registrations.get().status)
        EmailAddress.objects.filter(user=guest).update(email=f"{name}@example.com")
        User.objects.filter(pk=guest.pk).update(email=f"{name}@example.com")
    assert registrations == [Registration.Status.ADMITTED, Registration.Status.PENDING]


@pytest.mark.parametrize("mailers", ["staff", "nobody"])
def test_mails_need_the_permission_of_the_operator(
    event: Event, settings: Any, mailers: str
) -> None:
    settings.EVENT_MAILERS = mailers
    assert "They get no e-mail" in add(event, "ross@example.org")
    assert invited() == []
    assert not InvitationMail.objects.exists()


def test_no_mail_promises_approval_after_registration_closed(
    event: Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(changes, "queue_mails", lambda: None)
    add(event, "ross@example.org")
    monkeypatch.undo()
    close_registration(event=event)
    assert "Addresses that you add now get no e-mail" in add(event, "monica@example.org")
    queue_mails()
    assert invited() == []
    assert not Mail.objects.waiting().exists()
    assert InvitationMail.objects.count() == 1  # Monica's may still be sent
    assert event.guest_list.count() == 2


class TestLimits:
    def test_host_has_a_number_of_invitations_a_day(self, event: Event, settings: Any) -> None:
        settings.INVITATIONS_PER_DAY = 3
        add(event, "a@example.org\nb@example.org")
        page = add(event, "c@example.org\nd@example.org")
        assert "You can send 1 more invitations within a day, and this would be 2." in page
        assert "c@example.org" in page  # what was typed isn't lost
        assert event.guest_list.count() == 2
        erase_event(event)  # doesn't help
        other = create_event(
            creator=event.creator,
            details=EventDetails(name="Another"),
            closes_at=timezone.now() + timedelta(hours=1),
        )
        assert "You can send 1 more" in add(other, "c@example.org\nd@example.org")
        yesterday = timezone.now() - timedelta(days=1)
        InvitationMail.objects.update(written_at=yesterday, sent_at=yesterday)
        add(other, "c@example.org\nd@example.org")
        assert len(invited()) == 4
        assert InvitationMail.objects.count() == 2  # older ones of deleted events are forgotten

    def test_list_has_a_largest_length(self, event: Event, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(guest_list, "MAX_GUESTS", 2)
        add(event, "a@example.org\nb@example.org")
        page = add(event, "b@example.org\nc@example.org")
        assert "The guest list would have 3 addresses; the limit is 2." in page
        assert "Not joined yet (2)" in add(event, "a@example.org\nb@example.org")
        assert "c@example.org" not in invited()

    def test_host_can_add_to_lists_some_times_an_hour(self, event: Event, settings: Any) -> None:
        settings.ACCOUNT_RATE_LIMITS = {**settings.ACCOUNT_RATE_LIMITS, "guest_list": "1/h/user"}
        add(event, "a@example.org")
        assert "We limit how often" in add(event, "b@example.org")
        add(event, remove=event.guest_list.get().pk)
        assert not event.guest_list.exists()

    def test_site_has_one_for_all_hosts(self, event: Event, settings: Any) -> None:
        settings.SITE_INVITATIONS_PER_DAY = 1
        add(event, "a@example.org")
        assert "This site has sent as many" in add(event, "b@example.org")
        assert invited() == ["a@example.org"]

    @pytest.fixture
    def busy_day(self, event: Event, make_user: Callable[..., User]) -> None:
        """Ross got as many invitations as he may, and that of the event was held back."""
        for number in range(MAX_MAILS_A_DAY):
            closes_at = timezone.now() + timedelta(hours=1)
            host = make_user(f"host{number}")
            party = create_event(
                creator=host, details=EventDetails(name="Party"), closes_at=closes_at
            )
            add(party, "ross@example.org")
        add(event, "ross@example.org")
        assert len(invited()) == MAX_MAILS_A_DAY
        mail.outbox.clear()

    def test_invitation_that_was_held_back_is_sent_when_it_is_added_again(
        self, event: Event, busy_day: None, settings: Any
    ) -> None:
        """It counts once, so the host learns nothing."""
        settings.INVITATIONS_PER_DAY = 1
        add(event, "ross@example.org")
        assert invited() == []
        InvitationMail.objects.exclude(event=event).update(
            sent_at=timezone.now() - timedelta(days=1)
        )
        add(event, "ross@example.org")
        add(event, "ross@example.org")
        assert invited() == ["ross@example.org"]
        assert "You can send 0 more" in add(event, "monica@example.org")

    def test_mail_that_expired_is_sent_when_it_is_added_again(
        self, event: Event, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(changes, "queue_mails", lambda: None)
        add(event, "ross@example.org")
        Mail.objects.update(valid_until=timezone.now())
        monkeypatch.undo()
        add(event, "monica@example.org")
        assert invited() == ["monica@example.org"]
        add(event, "ross@example.org")
        assert invited() == ["monica@example.org", "ross@example.org"]

    @pytest.mark.parametrize("limit", ["INVITATIONS_PER_DAY", "SITE_INVITATIONS_PER_DAY"])
    def test_mails_that_were_held_back_for_days_are_not_sent_on_one(
        self, event: Event, monkeypatch: pytest.MonkeyPatch, settings: Any, limit: str
    ) -> None:
        """The host sees no difference, and adds the addresses again on another day."""
        setattr(settings, limit, 2)
        monkeypatch.setattr(changes, "queue_mails", lambda: None)
        for guests in ("a@example.org\nb@example.org", "c@example.org\nd@example.org"):
            add(event, guests)
            Mail.objects.update(valid_until=timezone.now())
            yesterday = timezone.now() - timedelta(days=1)
            InvitationMail.objects.update(written_at=yesterday, sent_at=yesterday)
        monkeypatch.undo()
        queue_mails()
        assert invited() == []
        everyone = "\n".join(f"{letter}@example.org" for letter in "abcd")
        for count in (2, 2):
            assert "The addresses are on the guest list." in add(event, everyone)
            assert len(invited()) == count
        InvitationMail.objects.exclude(sent_at=None).update(sent_at=yesterday)
        add(event, everyone)
        assert len(set(invited())) == 4


class TestRefusal:
    def test_address_that_said_no_gets_no_more_mails(
        self, event: Event, make_user: Callable[..., User]
    ) -> None:
        first = add(event, "ross@example.org")
        link = link_in_mail("no-invitations")
        assert "No more invitations?" in Client().get(link).content.decode()
        add(event, "ross@example.org")
        Client().post(link)
        mail.outbox.clear()
        other = create_event(
            creator=make_user("host"),
            details=EventDetails(name="Another"),
            closes_at=timezone.now() + timedelta(hours=1),
        )
        second = add(other, "ross@example.org")
        assert invited() == []
        told = "The addresses are on the guest list."
        assert (told in first, told in second) == (True, True)

    def test_refusal_can_be_taken_back(self, event: Event) -> None:
        add(event, "ross@example.org")
        link, ross = link_in_mail("no-invitations"), Client()
        assert "Allow invitations again" in ross.post(link).content.decode()
        assert "Allow invitations again" in ross.get(link).content.decode()
        assert "allowed again" in ross.post(link, {"allow": ""}).content.decode()
        assert "No more invitations?" in ross.get(link).content.decode()
        mail.outbox.clear()
        changes.invite_co_host(event=event, invitee="ross@example.org")
        assert invited() == ["ross@example.org"]

    def test_waiting_mail_is_not_sent_after_a_refusal_or_a_removal(
        self, event: Event, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(changes, "queue_mails", lambda: None)
        add(event, "ross@example.org\nmonica@example.org")
        assert Mail.objects.waiting().count() == 2
        event.guest_list.filter(email="ross@example.org").delete()
        monkeypatch.undo()
        add(event, "phoebe@example.org")
        assert sorted(invited()) == ["monica@example.org", "phoebe@example.org"]

    def test_mail_that_no_key_opens_stops_no_other(
        self, event: Event, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(changes, "queue_mails", lambda: None)
        add(event, "ross@example.org")
        Mail.objects.update(content=b"sealed with a lost key")
        monkeypatch.undo()
        add(event, "phoebe@example.org")
        assert invited() == ["phoebe@example.org"]
        assert not Mail.objects.waiting().exists()

    def test_link_of_another_site_is_unknown(self, client: Client) -> None:
        page = reverse("events:refuse_invitations", args=[f"{'a' * 64}:forged"])
        assert client.post(page).status_code == 404


class TestSignUpWithAnInvitation:
    @pytest.fixture(autouse=True)
    def invited_only(self, settings: Any) -> None:
        settings.SIGN_UP = "invited"

    def sign_up(self, client: Client, email: str = "dora@example.org") -> bool:
        form = {**NAMES, "email": email}
        return client.post(reverse("account_signup"), form).status_code == 302

    def test_link_or_poster_allows_it(self, event: Event, client: Client) -> None:
        assert "Sign-up needs an invitation" in (
            client.get(reverse("account_signup")).content.decode()
        )
        assert not self.sign_up(client)
        token = create_invitation(event=event, valid_for=timedelta(days=1))
        client.get(reverse("events:invitation", args=[token]) + "?to=sign-up")
        assert self.sign_up(client)

    def test_mail_to_a_future_co_host_allows_it(self, event: Event, client: Client) -> None:
        page = reverse("events:co_hosts", args=[event.pk])
        browser_of(event.creator).post(page, {"email": "dora@example.org"})
        event.co_host_invitations.create(invitee="erin-42", invited_at=event.created_at)  # long ago
        link = link_in_mail("hosting")
        client.get(link)
        assert not self.sign_up(client, "mallory@example.org")
        assert self.sign_up(client)
        code_page = reverse("account_email_verification_sent")
        client.post(code_page, {"action": "change", "email": "mallory@example.org"})
        assert {message.to[0] for message in mail.outbox} == {"dora@example.org"}
        client.post(code_page, {"code": newest_code()})
        assert ASKED_TO_HOST not in client.session
        event.co_host_invitations.update(settled_at=timezone.now())
        late = Client()
        late.get(link)
        assert not self.sign_up(late)

    def test_revoked_link_or_forged_token_does_not(self, event: Event, client: Client) -> None:
        token = create_invitation(event=event, valid_for=timedelta(days=1))
        client.get(reverse("events:invitation", args=[token]) + "?to=sign-up")
        event.invitations.all().delete()
        client.get(reverse("events:invited_to_host", args=["x" * 64 + ":1a:forged"]))
        assert not self.sign_up(client)
