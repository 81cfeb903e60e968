"""Co-hosts of an event: who can become one, what they can do, and for how long."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.core import mail
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils import timezone

import fakes
from conftest import World, browser_of, take_part, text_of, without_tokens
from picprocure.accounts.models import User
from picprocure.events.co_hosts import sent_for
from picprocure.events.models import (
    CoHost,
    CoHostInvitation,
    Event,
    EventConsent,
    Registration,
)
from picprocure.events.services import EventDetails, create_event
from picprocure.pipeline import account_changes, changes
from picprocure.recognition.admission import admit_automatically
from picprocure.recognition.models import Collision

pytestmark = pytest.mark.django_db(transaction=True)


def add(event: Event, name: str) -> str:
    """Invite a person of the tests, or an address."""
    email = name if "@" in name or not name else f"{name}@example.org"
    page = reverse("events:co_hosts", args=[event.pk])
    answer = browser_of(event.creator).post(page, {"email": email}, follow=True)
    return answer.content.decode()


def answers(user: User, event: Event, answer: str = "accept_hosting") -> int:
    return browser_of(user).post(reverse(f"events:{answer}", args=[event.pk])).status_code


def invitations_of(user: User) -> str:
    return unescape(browser_of(user).get(reverse("events:hosting_invitations")).content.decode())


@pytest.fixture
def dora(world: World, make_user: Callable[..., User]) -> User:
    """Hosts Alice's event with her."""
    user = make_user("dora", fakes.DORA)
    add(world.event, "Dora")
    assert answers(user, world.event) == 302
    return user


def another_event(creator: User) -> Event:
    return create_event(
        creator=creator,
        details=EventDetails(name="Another party"),
        closes_at=timezone.now() + timedelta(hours=2),
    )


def sees_the_photo(user: User, world: World) -> bool:
    page = reverse("media:photo", args=[world.strangers_photo.pk, "original"])
    return browser_of(user).get(page).status_code == 200


def sees_the_face(user: User, of: User) -> bool:
    page = reverse("media:reference", args=[of.references.get().pk])
    return browser_of(user).get(page).status_code == 200


def test_co_host_can_manage_the_event(world: World, dora: User) -> None:
    assert sees_the_photo(dora, world)
    assert sees_the_face(dora, world.bob)
    client = browser_of(dora)
    assert world.event.name in unescape(client.get(reverse("events:mine")).content.decode())
    page = text_of(client.get(reverse("events:detail", args=[world.event.pk])).content)
    assert "You host this event with Alice Example." in page
    assert "Stop hosting" in page
    assert "Delete this event" not in page
    refused = reverse("events:refuse", args=[world.event.pk, world.bob.registrations.get().pk])
    assert client.post(refused).status_code == 302
    assert world.bob.registrations.get().status == Registration.Status.BLOCKED


def test_unlisted_event_is_visible_to_its_co_host(world: World, dora: User) -> None:
    Event.objects.update(is_listed=False)
    page = reverse("events:detail", args=[world.event.pk])
    assert browser_of(dora).get(page).status_code == 200
    assert browser_of(world.mallory).get(page).status_code == 404


def test_only_the_creator_can_delete_the_event_and_choose_hosts(world: World, dora: User) -> None:
    client = browser_of(dora)
    for name in ("delete", "co_hosts", "remove_co_host"):
        page = reverse(f"events:{name}", args=[world.event.pk])
        assert client.post(page, {"user": dora.pk}).status_code == 404
    assert Event.objects.exists()
    assert [row.user for row in CoHost.objects.all()] == [dora]


@pytest.mark.parametrize("end", ["removed", "stopped", "switched off"])
def test_removed_co_host_loses_access_immediately(world: World, dora: User, end: str) -> None:
    if end == "removed":
        page = reverse("events:remove_co_host", args=[world.event.pk])
        browser_of(world.alice).post(page, {"user": dora.pk})
    elif end == "stopped":
        browser_of(dora).post(reverse("events:stop_hosting", args=[world.event.pk]))
    else:
        User.objects.filter(pk=dora.pk).update(is_active=False)
    assert not sees_the_photo(dora, world)
    assert not sees_the_face(dora, world.bob)
    people = browser_of(dora).get(reverse("events:people", args=[world.event.pk]))
    assert people.status_code in {302, 404}


class TestInvitations:
    """An invitation reveals nothing about a person, and has no effect before they accept."""

    @pytest.fixture
    def erin(self, make_user: Callable[..., User]) -> User:
        return make_user("erin", fakes.DORA)

    @pytest.mark.parametrize(
        "invitee",
        [
            *("erin@example.org", "Erin@Example.org", "nobody@example.org"),
            *("switched_off@example.org", "bob@example.org"),
        ],
    )
    def test_response_is_the_same_for_every_address(
        self, world: World, make_user: Callable[..., User], erin: User, invitee: str
    ) -> None:
        off = make_user("switched_off")
        User.objects.filter(pk=off.pk).update(is_active=False)
        page = add(world.event, invitee)
        shown = without_tokens(page.encode()).decode().replace(invitee.lower(), "X")
        shown = re.sub(r'value="\d+"', "", shown.replace(invitee, "X"))
        CoHostInvitation.objects.all().delete()
        nobody = without_tokens(add(world.event, "somebody").encode()).decode()
        assert shown == re.sub(r'value="\d+"', "", nobody.replace("somebody@example.org", "X"))
        for name in ("Erin", "Bob", "Switched"):
            assert f"{name} Example" not in page

    def test_invited_person_has_no_access_before_accepting(self, world: World, erin: User) -> None:
        Event.objects.update(is_listed=False)
        add(world.event, "erin")
        for name in ("detail", "people", "photos", "progress", "edit"):
            page = reverse(f"events:{name}", args=[world.event.pk])
            assert browser_of(erin).get(page).status_code == 404, name
        assert not sees_the_photo(erin, world)
        assert not sees_the_face(erin, world.bob)
        page = invitations_of(erin)
        assert world.event.name in page
        for secret in (world.event.description, "bob", "Bob", "photo_count"):
            assert secret not in page
        assert world.event.name not in unescape(
            browser_of(erin).get(reverse("events:mine")).content.decode()
        )

    def test_invited_person_can_accept_and_host(self, world: World, erin: User) -> None:
        add(world.event, "erin@example.org")
        assert answers(erin, world.event) == 302
        assert sees_the_photo(erin, world)
        page = browser_of(world.alice).get(reverse("events:co_hosts", args=[world.event.pk]))
        assert "Erin Example" in page.content.decode()
        assert "erin@example.org" not in page.content.decode()
        assert answers(erin, world.event) == 404  # there is nothing left to accept

    def test_invitation_by_a_username_of_an_earlier_version_can_be_accepted(
        self, world: World, erin: User
    ) -> None:
        CoHostInvitation.objects.create(event=world.event, invitee="erin-42", user=erin)
        assert world.event.name in invitations_of(erin)
        assert answers(erin, world.event) == 302
        assert sees_the_photo(erin, world)

    def test_old_invitation_does_not_work_for_a_removed_co_host(
        self, world: World, erin: User
    ) -> None:
        CoHostInvitation.objects.create(event=world.event, invitee="erin-42", user=erin)
        add(world.event, "erin")
        answers(erin, world.event)
        add(world.event, "erin")
        browser_of(world.alice).post(
            reverse("events:remove_co_host", args=[world.event.pk]), {"user": erin.pk}
        )
        assert answers(erin, world.event) == 404
        add(world.event, "erin")
        assert answers(erin, world.event) == 302

    def test_creator_cannot_see_that_a_person_declined(self, world: World, erin: User) -> None:
        before = add(world.event, "erin")
        assert answers(erin, world.event, "decline_hosting") == 302
        page = reverse("events:co_hosts", args=[world.event.pk])
        after = browser_of(world.alice).get(page).content.decode()
        assert "erin" in after
        before = before[before.index('id="invited"') : before.index("</section>")]
        assert without_tokens(before.encode()) in without_tokens(after.encode())

    def test_declined_invitation_cannot_be_accepted(self, world: World, erin: User) -> None:
        add(world.event, "erin")
        answers(erin, world.event, "decline_hosting")
        for again in ("erin", "ERIN@example.org"):
            add(world.event, again)
        assert answers(erin, world.event) == 404
        assert world.event.name not in invitations_of(erin)

    @pytest.mark.parametrize("way", ["taken back", "event is over", "switched off", "not theirs"])
    def test_person_without_an_invitation_cannot_accept(
        self, world: World, erin: User, make_user: Callable[..., User], way: str
    ) -> None:
        add(world.event, "erin")
        if way == "taken back":
            page = reverse("events:remove_co_host", args=[world.event.pk])
            invitation = CoHostInvitation.objects.get()
            browser_of(world.alice).post(page, {"invitation": invitation.pk})
        elif way == "event is over":
            Event.objects.update(expires_at=timezone.now())
        elif way == "switched off":
            User.objects.filter(pk=erin.pk).update(is_active=False)
        else:
            erin = make_user("frank")
        assert answers(erin, world.event) in {302, 404}
        assert not CoHost.objects.exists()

    def test_invitation_by_address_needs_a_confirmed_address(
        self, world: World, make_user: Callable[..., User]
    ) -> None:
        add(world.event, "newcomer@example.org")
        newcomer = make_user("newcomer")
        newcomer.emailaddress_set.update(verified=False)  # type: ignore[attr-defined]
        assert answers(newcomer, world.event) == 404
        newcomer.emailaddress_set.update(verified=True)  # type: ignore[attr-defined]
        assert answers(newcomer, world.event) == 302

    def test_invitations_are_limited(self, world: World) -> None:
        client = browser_of(world.alice)
        page = reverse("events:co_hosts", args=[world.event.pk])
        answers = [client.post(page, {"email": f"u{n}@example.org"}) for n in range(21)]
        assert [answer.status_code for answer in answers] == [302] * 20 + [429]
        assert int(answers[-1]["Retry-After"]) > timedelta(hours=23).total_seconds()
        cache.clear()
        assert "which is the limit" in add(world.event, "u21")
        assert CoHostInvitation.objects.count() == 20

    @pytest.mark.parametrize(
        ("name", "says"),
        [
            ("alice", "You host this event yourself"),
            ("ALICE@example.org", "You host this event yourself"),
            ("", "This field is required"),
        ],
    )
    def test_creator_cannot_invite_themselves(self, world: World, name: str, says: str) -> None:
        assert says in add(world.event, name)
        assert not CoHostInvitation.objects.exists()

    def test_creator_does_not_see_that_an_account_was_deleted(
        self, world: World, erin: User
    ) -> None:
        for name in ("erin", "other"):
            add(world.event, name)
        account_changes.delete_account(erin)
        assert sent_for(world.event).count() == 2


class TestInvitationMails:
    @pytest.fixture
    def erin(self, make_user: Callable[..., User]) -> User:
        user = make_user("erin", fakes.DORA)
        mail.outbox.clear()
        return user

    @pytest.fixture(autouse=True)
    def mailers(self, settings: Any) -> None:
        settings.EVENT_MAILERS = "everyone"

    def mailed_addresses(self) -> list[str]:
        return [message.to[0] for message in mail.outbox if "invited" in message.subject]

    def test_mail_contains_only_the_name_of_the_event(self, world: World, erin: User) -> None:
        add(world.event, "erin")
        assert self.mailed_addresses() == [erin.email]
        (message,) = [message for message in mail.outbox if message.to == [erin.email]]
        assert world.event.name in str(message.body)
        for part in (str(message.body), str(message.alternatives[0][0])):  # type: ignore[attr-defined]
            for secret in ("Alice Example", "alice@", str(world.event.pk), "oak"):
                assert secret not in part

    def test_mail_is_sent_once_for_repeated_invitations(self, world: World, erin: User) -> None:
        for name in ("erin", "Erin@example.org", "erin"):
            add(world.event, name)
            page = reverse("events:remove_co_host", args=[world.event.pk])
            rows = [row.pk for row in CoHostInvitation.objects.all()]
            browser_of(world.alice).post(page, {"invitation": rows})
        assert self.mailed_addresses() == [erin.email]

    def test_address_without_an_account_gets_the_same_mail(
        self, world: World, erin: User, make_user: Callable[..., User]
    ) -> None:
        add(world.event, "stranger")
        add(world.event, "erin")
        assert self.mailed_addresses() == ["stranger@example.org", erin.email]
        texts = [re.sub(r"/[\w:-]{40,}/", "", str(message.body)) for message in mail.outbox]
        assert texts[0] == texts[1]
        link = re.search(r"http://[^/]+(/events/hosting/\S+)", str(mail.outbox[0].body))
        assert link
        assert reverse("account_signup") in Client().get(link[1])["Location"]
        stranger = make_user("stranger")
        assert answers(stranger, world.event) == 302

    @pytest.mark.parametrize("mailers", ["staff", "nobody"])
    def test_mails_need_the_permission_of_the_operator(
        self, world: World, erin: User, settings: Any, mailers: str
    ) -> None:
        settings.EVENT_MAILERS = mailers
        add(world.event, "erin")
        assert self.mailed_addresses() == []
        assert answers(erin, world.event) == 302

    def test_person_who_declined_gets_no_more_mails_of_this_creator(
        self, world: World, erin: User
    ) -> None:
        add(world.event, "erin")
        answers(erin, world.event, "decline_hosting")
        add(another_event(world.alice), "erin")
        assert self.mailed_addresses() == [erin.email]

    def test_host_who_was_declined_does_not_use_up_the_mails_of_others(
        self, world: World, erin: User
    ) -> None:
        add(world.event, "erin")
        answers(erin, world.event, "decline_hosting")
        for _ in range(3):
            add(another_event(world.alice), "erin")
        add(another_event(world.mallory), "erin")
        assert self.mailed_addresses() == [erin.email] * 2

    def test_invitation_mails_to_one_person_are_limited_per_day(
        self, world: World, erin: User
    ) -> None:
        for _ in range(5):
            event = another_event(world.mallory)
            add(event, "erin")
        assert self.mailed_addresses() == [erin.email] * 3


def test_co_host_is_not_a_participant(world: World, dora: User) -> None:
    """A co-host has a gallery only after registering, and is admitted like all others."""
    gallery = reverse("galleries:gallery", args=[world.event.pk])
    assert browser_of(dora).get(gallery).status_code == 404
    Event.objects.update(allows_late_registration=True)
    world.event.refresh_from_db()
    take_part(dora, world.event)
    assert browser_of(dora).get(gallery).status_code == 200
    account_changes.delete_account(dora)
    assert not CoHost.objects.exists()


def test_co_host_sees_no_face_without_consent(world: World, dora: User) -> None:
    EventConsent.objects.filter(registration__user=world.bob).update(withdrawn_at=timezone.now())
    assert not sees_the_face(dora, world.bob)
    assert sees_the_face(dora, world.charlie)


def test_co_host_cannot_decide_on_faces_they_may_not_see(full_world: World) -> None:
    """The persona `held` has the face of Bob, who withdrew his consent to the event."""
    world, persona = full_world, full_world.others["held"]
    EventConsent.objects.filter(registration__user=world.bob).update(withdrawn_at=timezone.now())
    registration = persona.registrations.get()
    page = reverse("events:dismiss", args=[world.event.pk, registration.pk])
    shown = {
        "collision": Collision.objects.of(registration).get().pk,
        "reference": persona.references.get().pk,
    }
    assert world.client("co_host").post(page, shown).status_code == 404
    assert Collision.objects.of(registration).get().dismissed_at is None
    assert world.client("alice").post(page, shown).status_code == 302
    assert Collision.objects.of(registration).get().dismissed_at is not None


def test_person_who_was_just_refused_is_not_admitted_automatically(world: World) -> None:
    """The process that admits them may have read the registration earlier."""
    Event.objects.update(requires_approval=False)
    before = world.bob.registrations.select_related("event", "user").get()
    changes.refuse(world.bob.registrations.get())
    assert before.status == Registration.Status.ADMITTED
    assert not admit_automatically(before)
    assert world.bob.registrations.get().status == Registration.Status.BLOCKED


@pytest.mark.parametrize("route", ["admit", "dismiss"])
def test_old_page_does_not_admit_a_person_refused_by_another_host(
    world: World, dora: User, route: str
) -> None:
    registration = world.bob.registrations.get()
    changes.refuse(registration)
    shown = {"registration": registration.pk, "reference": world.bob.references.get().pk}
    arguments = [world.event.pk, *([registration.pk] if route == "dismiss" else [])]
    page = reverse(f"events:{route}", args=arguments)
    assert browser_of(dora).post(page, shown).status_code in {302, 404}
    registration.refresh_from_db()
    assert registration.status == Registration.Status.BLOCKED
    assert not registration.reference_admissions.exists()
    meant = {**shown, "though_refused": "yes"}
    browser_of(dora).post(reverse("events:admit", args=[world.event.pk]), meant)
    registration.refresh_from_db()
    assert registration.status == Registration.Status.ADMITTED
