"""Data that consent or status doesn't cover can't be reached in other ways."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone

import fakes
from conftest import (
    World,
    browser_of,
    confirm_identity,
    reference_photo,
    take_part,
    upload,
    without_tokens,
    work_off,
)
from picprocure.accounts.consent import CURRENT_CONSENT, EVENT_CONSENT
from picprocure.accounts.models import Consent, User
from picprocure.events.guest_list import add_to_guest_list
from picprocure.events.models import Event, Registration
from picprocure.events.services import EventDetails, close_registration, create_event
from picprocure.pipeline import account_changes, changes
from picprocure.pipeline.steps import announce
from picprocure.recognition.models import Match
from picprocure.recognition.references import store_reference
from picprocure.retention.erasure import withdraw

ALIKE = ("charlie", "pending", "held", "blocked")
"""In no photo, waiting, in a collision, refused: nothing distinguishes these states."""


def second_event(creator: User) -> Event:
    return create_event(
        creator=creator,
        details=EventDetails(name="Second party"),
        closes_at=timezone.now() + timedelta(hours=2),
    )


class TestFacesWithoutConsent:
    """The host sees no face of people who take part without face recognition."""

    @pytest.fixture
    def dora(self, make_user: Callable[..., User]) -> User:
        return make_user("dora", fakes.DORA)

    def host_pages(self, user: User, event: Event) -> list[str]:
        registration = event.registrations.get(user=user)
        names = [("people", []), ("person", [registration.pk]), ("refuse", [registration.pk])]
        addresses = [reverse(f"events:{name}", args=[event.pk, *more]) for name, more in names]
        host = browser_of(event.creator)
        return [host.get(address).content.decode() for address in addresses]

    def sees_the_face(self, user: User, event: Event) -> bool:
        pk = user.references.get().pk
        image = browser_of(event.creator).get(reverse("media:reference", args=[pk]))
        named = any(str(pk) in page for page in self.host_pages(user, event))
        return image.status_code == 200 or named

    def test_face_of_a_person_who_registered_without_it_is_hidden(
        self, event: Event, dora: User
    ) -> None:
        changes.join_event(user=dora, event=event, consent=None)
        assert not self.sees_the_face(dora, event)
        changes.join_event(user=dora, event=event, consent=EVENT_CONSENT)
        assert self.sees_the_face(dora, event)

    def test_face_of_a_person_who_withdrew_and_added_a_photo_is_hidden(
        self, event: Event, dora: User
    ) -> None:
        take_part(dora, event)
        withdraw(dora)
        changes.add_reference(
            user=dora,
            reference=store_reference(reference_photo(fakes.DORA)),
            consent_version=CURRENT_CONSENT.version,
        )
        assert not self.sees_the_face(dora, event)

    def test_face_of_a_person_who_consented_for_another_event_is_hidden(
        self, event: Event, dora: User
    ) -> None:
        changes.join_event(user=dora, event=event, consent=None)
        take_part(dora, second_event(event.creator))
        pk = str(dora.references.get().pk)
        assert not any(pk in page for page in self.host_pages(dora, event))

    @pytest.mark.parametrize("end", ["leaves", "leaves and comes back without", "is refused"])
    def test_face_of_a_person_in_a_collision_is_hidden(
        self, event: Event, dora: User, make_user: Callable[..., User], end: str
    ) -> None:
        """The collision concerns them, too: neither their photo nor their name is displayed."""
        take_part(dora, event)
        twin = make_user("twin", fakes.DORA)
        take_part(twin, event)
        if end == "is refused":
            Registration.objects.filter(user=dora).update(status=Registration.Status.BLOCKED)
        else:
            browser_of(dora).post(reverse("events:leave", args=[event.pk]))
        if end == "leaves and comes back without":
            changes.join_event(user=dora, event=event, consent=None)
        people = browser_of(event.creator).get(reverse("events:people", args=[event.pk]))
        page = people.content.decode()
        section = page[
            page.index('id="colliding"') : page.index("</section>", page.index('id="colliding"'))
        ]
        assert "Twin Example" in section
        assert "Dora Example" not in section
        assert str(dora.references.get().pk) not in page

    def test_name_is_in_no_mail_to_the_host(self, event: Event, dora: User) -> None:
        changes.join_event(user=dora, event=event, consent=None)
        Registration.objects.update(status=Registration.Status.ADMITTED)
        mail.outbox.clear()
        announce(event.pk)
        assert mail.outbox == []


class TestAlike:
    """People who wait, collide or were refused see the same as people in no photo."""

    def shown(self, client: Client, address: str) -> tuple[Any, ...]:
        response = client.get(address)
        headers = {name: response.headers.get(name) for name in ("HX-Trigger", "Location")}
        content = b"" if response.streaming else response.content  # of Bob's own photos
        return response.status_code, headers, without_names(content)

    def addresses(self, event: Event) -> list[str]:
        event_pages = ("events:detail", "events:progress", "events:join", "events:leave")
        lists = ("events:registrations", "events:list", "events:mine", "accounts:delete")
        return [
            *(reverse(name, args=[event.pk]) for name in (*event_pages, "media:archive")),
            reverse("galleries:gallery", args=[event.pk]),
            *(reverse(name) for name in (*lists, "enrollment:references", "accounts:data")),
        ]

    @pytest.mark.parametrize("state", ["sorted", "waiting", "failed", "open", "without approval"])
    def test_every_page_is_alike(self, full_world: World, state: str) -> None:
        event = full_world.event
        Consent.objects.update(given_at=timezone.now())  # each sees their own
        if state in {"waiting", "failed"}:
            event.photos.update(status=state)
        if state == "open":
            Event.objects.update(registration_closes_at=timezone.now() + timedelta(hours=1))
        if state == "without approval":
            Event.objects.update(requires_approval=False)
        clients = [confirm_identity(full_world.client(persona)) for persona in ALIKE]
        for address in self.addresses(event):
            answers = [self.shown(client, address) for client in clients]
            assert all(answer == answers[0] for answer in answers), address

    def test_pages_of_a_guest_do_not_depend_on_photos_and_faces_of_others(
        self, full_world: World
    ) -> None:
        event, personas = full_world.event, (*ALIKE, "bob", "mallory", "withdrawn", "invited")
        end = event.expires_at

        def shown() -> dict[tuple[str, str], tuple[Any, ...]]:
            Event.objects.update(expires_at=end)
            clients = {who: confirm_identity(full_world.client(who)) for who in personas}
            return {
                (persona, address): self.shown(client, address)
                for persona, client in clients.items()
                for address in self.addresses(event)
            }

        before = shown()
        people = [fakes.STRANGER] * 3
        stored = [
            upload(event, fakes.stripes(*people, serial=number), f"{number}.png")
            for number in range(3)
        ]
        work_off()
        assert shown() == before
        event.photos.filter(pk=stored[0].pk).update(status="failed")
        assert shown() == before
        assert not [page for *_, page in before.values() if "<progress" in page]

    def test_leaving_and_returning_is_alike(self, full_world: World) -> None:
        event = full_world.event
        Consent.objects.update(given_at=timezone.now())  # each sees their own
        Event.objects.update(registration_closes_at=timezone.now() + timedelta(hours=1))
        steps: tuple[tuple[str, dict[str, str]], ...] = (
            ("events:leave", {}),
            ("events:join", {"event_consent": "on"}),
            ("events:leave", {}),
            ("events:register_without_face", {}),
        )
        seen: dict[str, list[Any]] = {persona: [] for persona in ALIKE}
        for persona in ALIKE:
            client, reader = full_world.client(persona), full_world.client(persona)
            for name, form in steps:
                answer = client.post(reverse(name, args=[event.pk]), form, follow=True)
                seen[persona].append(without_names(answer.content))
                seen[persona] += [self.shown(reader, address) for address in self.addresses(event)]
        assert all(seen[persona] == seen["charlie"] for persona in ALIKE)
        blocked = event.registrations.get(user=full_world.others["blocked"])
        assert blocked.status == Registration.Status.BLOCKED

    def test_refused_person_who_returned_can_still_be_admitted(self, full_world: World) -> None:
        event, user = full_world.event, full_world.others["blocked"]
        Event.objects.update(registration_closes_at=timezone.now() + timedelta(hours=1))
        event.refresh_from_db()
        for consent in (None, EVENT_CONSENT):
            browser_of(user).post(reverse("events:leave", args=[event.pk]))
            registration = changes.join_event(user=user, event=event, consent=consent)
            assert registration.status == Registration.Status.BLOCKED
        assert changes.admit(registration=registration, reference_ids=[], though_refused=True)
        browser_of(user).post(reverse("events:leave", args=[event.pk]))
        again = changes.join_event(user=user, event=event, consent=EVENT_CONSENT)
        assert again.status == Registration.Status.PENDING

    def test_mails_are_alike(self, full_world: World) -> None:
        changes.mail_all_guests(
            event=full_world.event, author=staff(full_world.alice), subject="Hello", text="There."
        )
        Event.objects.update(expires_at=timezone.now() + timedelta(hours=5))
        mail.outbox.clear()
        for _ in range(2):
            announce(full_world.event.pk)
        got = {
            persona: [
                message.subject
                for message in mail.outbox
                if message.to == [f"{persona}@example.org"]
            ]
            for persona in ALIKE
        }
        assert got == {name: [f"{full_world.event.name}: Hello"] for name in ALIKE}

    def test_personal_data_is_alike(self, full_world: World) -> None:
        """This holds even if a photo was shared with them, or a match is left."""
        full_world.client("alice")
        for persona in ("pending", "held", "blocked"):
            registration = full_world.others[persona].registrations.get()
            registration.manual_grants.create(photo=full_world.strangers_photo)
            Match.objects.create(
                registration=registration,
                face=full_world.strangers_photo.faces.all()[0],
                status=Match.Status.MATCHED,
                distance=0.1,
                threshold=0.4,
            )
        rows = [registration_data(full_world, persona) for persona in ALIKE]
        assert all(row == rows[0] for row in rows)
        assert (rows[0]["found_in_photos"], rows[0]["shared_manually"]) == (0, 0)

    def test_decisions_are_alike(self, full_world: World) -> None:
        observations = []
        for persona in ALIKE:
            with data_of(full_world, persona) as archive:
                (compared,) = json.loads(archive.read("data.json"))["compared_with"]
                assert archive.read(compared["file"])
            observations.append((set(compared), compared["event"], compared["file"]))
        assert observations == [observations[0]] * len(ALIKE)

    def test_mail_about_the_deleted_account_is_alike(self, full_world: World) -> None:
        """A match of Charlie that is in review is not counted in it."""
        Match.objects.create(
            registration=full_world.charlie.registrations.get(),
            face=full_world.strangers_photo.faces.all()[0],
            status=Match.Status.REVIEW,
            distance=0.5,
            threshold=0.4,
        )
        observations = []
        for persona in ALIKE:
            user = full_world.others.get(persona) or getattr(full_world, persona)
            mail.outbox.clear()
            account_changes.delete_account(user)
            (message,) = mail.outbox
            observations.append(without_names(str(message.body).encode()))
        assert observations[0] == observations[1] == observations[2] == observations[3]
        assert "1 registration" in observations[0]


class TestGuestList:
    """Adding an address doesn't reveal which of the waiting people has it."""

    @pytest.fixture
    def waiting(self, event: Event, make_user: Callable[..., User]) -> list[Registration]:
        users = [make_user("bob", fakes.BOB), make_user("charlie", fakes.CHARLIE)]
        return [changes.join_event(user=user, event=event, consent=EVENT_CONSENT) for user in users]

    def people_page(self, event: Event) -> str:
        page = browser_of(event.creator).get(reverse("events:people", args=[event.pk]))
        return without_names(page.content)

    @pytest.mark.parametrize(
        "then",
        [
            "nothing",
            "removed",
            "edited",
            "another photo",
            "registers again",
            "address changed",
            "sorted",
        ],
    )
    def test_adding_an_address_does_not_change_waiting_people(
        self, event: Event, waiting: list[Registration], then: str
    ) -> None:
        bob = waiting[0].user
        host = browser_of(event.creator)
        before = self.people_page(event)
        page = reverse("events:guest_list", args=[event.pk])
        listed = bob.email if then != "address changed" else "new@example.org"
        host.post(page, {"guests": listed})
        if then == "removed":
            host.post(page, {"remove": event.guest_list.get().pk})
        elif then == "edited":
            details = EventDetails(name=event.name, description=event.description)
            changes.edit_event(event=event, details=details, cover=None)
        elif then == "another photo":
            changes.add_reference(
                user=bob,
                reference=store_reference(reference_photo(fakes.BOB)),
                consent_version=CURRENT_CONSENT.version,
                replacing=bob.references.get(),
            )
        elif then == "registers again":
            changes.join_event(user=bob, event=event, consent=EVENT_CONSENT)
        elif then == "address changed":
            User.objects.filter(pk=bob.pk).update(email=listed)
            bob.emailaddress_set.update(email=listed)  # type: ignore[attr-defined]
            changes.join_event(user=User.objects.get(pk=bob.pk), event=event, consent=EVENT_CONSENT)
        elif then == "sorted":
            close_registration(event=event)
            upload(event, fakes.stripes(fakes.BOB), "bob.png")
            work_off()
        statuses = set(event.registrations.values_list("status", flat=True))
        assert statuses == {Registration.Status.PENDING}
        if then in {"nothing", "removed", "edited"}:
            assert self.people_page(event) == before

    def test_response_is_the_same_for_any_address(
        self, event: Event, waiting: list[Registration]
    ) -> None:
        page = reverse("events:guest_list", args=[event.pk])
        host = browser_of(event.creator)
        answers = []
        for address in ("bob@example.org", "xyz@example.org", "alice@example.org"):
            answer = host.post(page, {"guests": address}, follow=True).content
            page_without_it = without_names(answer.replace(address.encode(), b""))
            answers.append(re.sub(r'name="remove" value="\d+"', "", page_without_it))
            event.guest_list.all().delete()
        assert answers[0] == answers[1] == answers[2]

    def test_guest_who_registers_later_is_admitted_with_later_references(
        self, event: Event, make_user: Callable[..., User]
    ) -> None:
        """The list is checked only at registration. Removing the address later changes nothing."""
        dora = make_user("dora", fakes.DORA)
        add_to_guest_list(event=event, guests=dict.fromkeys(["DORA@example.org"], ""))
        registration = changes.join_event(user=dora, event=event, consent=EVENT_CONSENT)
        assert registration.status == Registration.Status.ADMITTED
        event.guest_list.all().delete()
        changes.add_reference(
            user=dora,
            reference=store_reference(reference_photo(fakes.DORA)),
            consent_version=CURRENT_CONSENT.version,
        )
        assert registration.reference_admissions.count() == 2


def staff(user: User) -> User:
    user.is_staff = True
    user.save()
    return user


def data_of(world: World, persona: str) -> zipfile.ZipFile:
    response = confirm_identity(world.client(persona)).post(reverse("media:my_data"))
    content = b"".join(response.streaming_content)  # type: ignore[attr-defined]
    return zipfile.ZipFile(io.BytesIO(content))


def registration_data(world: World, persona: str) -> dict[str, Any]:
    with data_of(world, persona) as archive:
        (row,) = json.loads(archive.read("data.json"))["registrations"]
    row["registered"] = row["consent"]["given"] = ""
    return dict(row)


def without_names(page: bytes) -> str:
    """Return a page without names, faces and tokens, which differ between any two people."""
    text = without_tokens(page).decode()
    text = re.sub(r"(?i)\b(bob|charlie|pending|held|blocked|withdrawn)( example)?\b", "", text)
    return re.sub(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]{22}", "", text)
