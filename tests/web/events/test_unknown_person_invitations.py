"""Hosts invite an unknown person. The link gives nothing that other links don't give."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from html import unescape
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

import fakes
from conftest import (
    World,
    admit_everybody,
    browser_of,
    names_for,
    take_part,
    text_of,
    upload,
    work_off,
)
from picprocure.accounts.consent import CURRENT_CONSENT, EVENT_CONSENT
from picprocure.accounts.models import User
from picprocure.events.invitations import create_invitation, token_of
from picprocure.events.models import CoHost, Event, Invitation
from picprocure.faces.types import Box, FoundFace
from picprocure.pipeline import changes
from picprocure.recognition.analysis import replace_faces
from picprocure.recognition.embeddings import face_embedding_if_open
from picprocure.recognition.models import (
    Collision,
    Face,
    InvitationFollower,
    InvitedPlace,
    Match,
    UnknownPersonInvitation,
)
from picprocure.recognition.reference_photos import ReferencePhoto
from picprocure.recognition.references import store_reference
from picprocure.recognition.sorting import request_sorting
from picprocure.recognition.standing_decisions import is_about
from picprocure.recognition.unknown_person_invitations import invited_faces
from picprocure.recognition.withdrawal import withdraw
from picprocure.web.events.unknown_faces import LINK_WORKS_FOR

pytestmark = pytest.mark.django_db

CAME = "Came by the link for an unknown person"


@pytest.fixture(autouse=True)
def late(world: World) -> None:
    """Let people register after the close, and let only invited people find the event."""
    Event.objects.update(allows_late_registration=True, is_listed=False)
    world.event.refresh_from_db()


@pytest.fixture
def alice(world: World) -> Client:
    return world.client("alice")


def strangers_faces(world: World) -> list[Face]:
    """Return the faces of the stranger who is in two photos."""
    alone = the_cluster(world, world.shared_photo)
    return list(Face.objects.filter(photo__event=world.event, cluster=alone).order_by("pk"))


def the_cluster(world: World, photo: Any) -> int:
    """Return the cluster of the face in a photo that is matched with no one."""
    (face,) = photo.faces.exclude(matches__status=Match.Status.MATCHED)
    assert face.cluster is not None
    return int(face.cluster)


def page_of_stranger(world: World) -> str:
    cluster = the_cluster(world, world.shared_photo)
    return reverse("events:unknown_person", args=[world.event.pk, cluster])


def invite(world: World, host: Client, faces: list[Face] | None = None) -> Any:
    ticked = strangers_faces(world) if faces is None else faces
    sent = {"said": "invite", "face": [face.pk for face in ticked]}
    return host.post(page_of_stranger(world), sent, follow=True)


def made(world: World, host: Client) -> str:
    """Return the path of a new link for the stranger."""
    invite(world, host)
    token = token_of(Invitation.objects.get(for_unknown_person__isnull=False))
    return reverse("events:invitation", args=[token])


def joins(world: World, user: User, link: str) -> None:
    """Follow the link and register, as the pages do."""
    browser = browser_of(user)
    assert browser.get(f"{link}?to=join").status_code == 302
    assert browser.get(reverse("events:join", args=[world.event.pk])).status_code == 200
    changes.join_event(user=user, event=world.event, consent=EVENT_CONSENT)
    work_off()


def card_of(world: World, host: Client, name: str) -> str:
    page = host.get(reverse("events:people", args=[world.event.pk]))
    cards = unescape(text_of(page.content)).split('<li class="person')
    (card,) = [card for card in cards if f"<strong>{name}" in card]
    return card


class TestMaking:
    def test_link_is_for_the_ticked_faces_and_is_shown_again(
        self, world: World, alice: Client
    ) -> None:
        faces = strangers_faces(world)
        assert len(faces) == 2
        page = unescape(text_of(invite(world, alice, faces[:1]).content))
        assert "Link for this person" in page
        place = InvitedPlace.objects.get()
        assert place.photo_id == faces[0].photo_id
        invitation = Invitation.objects.get()
        assert reverse("events:invitation", args=[token_of(invitation)]) in page
        assert invitation.expires_at - invitation.created_at <= LINK_WORKS_FOR
        every_link = text_of(alice.get(reverse("events:invite", args=[world.event.pk])).content)
        assert "Links for unknown people" in every_link
        assert "Poster and table cards" not in every_link

    def test_browser_goes_to_the_new_link_below_the_faces(
        self, world: World, alice: Client
    ) -> None:
        sent = {"said": "invite", "face": [face.pk for face in strangers_faces(world)]}
        answer = alice.post(page_of_stranger(world), sent)
        assert answer["Location"] == f"{page_of_stranger(world)}#links"

    def test_other_unknown_people_have_no_link(self, world: World, alice: Client) -> None:
        invite(world, alice)
        other = the_cluster(world, world.doubtful_photo)
        page = alice.get(reverse("events:unknown_person", args=[world.event.pk, other]))
        assert "Link for this person" not in text_of(page.content)

    def test_page_of_one_face_says_so(self, world: World, alice: Client) -> None:
        Face.objects.filter(photo=world.strangers_photo).update(cluster=None)
        assert "1 face that looks like one person." in text_of(
            alice.get(page_of_stranger(world)).content
        )

    def test_no_link_leads_to_a_closed_registration(self, world: World, alice: Client) -> None:
        Event.objects.update(allows_late_registration=False)
        page = text_of(invite(world, alice).content)
        assert "let guests register late" in page
        assert not Invitation.objects.exists()

    def test_link_without_faces_is_not_made(self, world: World, alice: Client) -> None:
        elsewhere = list(world.bobs_photo.faces.all())
        for ticked in ([], elsewhere):
            assert "You selected no faces." in text_of(invite(world, alice, ticked).content)
        assert not Invitation.objects.exists()

    def test_face_of_a_person_whom_a_co_host_may_not_see_is_left_out(
        self, world: World, make_user: Callable[..., User]
    ) -> None:
        dora = make_user("dora", fakes.DORA)
        CoHost.objects.create(event=world.event, user=dora)
        take_part(dora, world.event)
        faces = strangers_faces(world)
        Match.objects.create(
            registration=dora.registrations.get(),
            face=faces[0],
            status=Match.Status.MATCHED,
            distance=0.1,
            threshold=0.4,
            reason="",
        )
        sent = {"said": "invite", "face": [face.pk for face in faces]}
        address = reverse("events:unknown_person", args=[world.event.pk, faces[0].cluster])
        browser_of(dora).post(address, sent)
        assert {place.photo_id for place in InvitedPlace.objects.all()} == {faces[1].photo_id}


class TestFollowing:
    def test_page_of_the_link_says_no_more_than_others(self, world: World, alice: Client) -> None:
        link = made(world, alice)
        token = create_invitation(event=world.event, valid_for=LINK_WORKS_FOR)
        usual = reverse("events:invitation", args=[token])
        for browser in (Client(), world.client("mallory")):
            pages = [browser.get(address).content.decode() for address in (link, usual)]
            shown = [
                re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", page).replace(address, "")
                for page, address in zip(pages, (link, usual), strict=True)
            ]
            assert without(link, shown[0]) == without(usual, shown[1])
            assert "/media/photos/" not in shown[0]

    def test_person_gets_their_photos_after_approval_and_the_host_sees_it(
        self, world: World, alice: Client, make_user: Callable[..., User]
    ) -> None:
        dora = make_user("dora", fakes.STRANGER)
        joins(world, dora, made(world, alice))
        assert names_for(dora, world.event) == []
        card = card_of(world, alice, "Dora")
        assert CAME in card
        assert "Their face isn't compared before you approve them." in card
        admit_everybody(world.event)
        assert "Their face isn't compared yet." in card_of(world, alice, "Dora")
        work_off()
        assert names_for(dora, world.event) == ["shared.png", "strangers.png"]
        assert "Their face agrees with 2 of 2 faces." in card_of(world, alice, "Dora")
        assert CAME not in card_of(world, alice, "Bob")

    def test_link_that_was_forwarded_gives_nothing(
        self, world: World, alice: Client, make_user: Callable[..., User]
    ) -> None:
        dora = make_user("dora", fakes.DORA)
        joins(world, dora, made(world, alice))
        admit_everybody(world.event)
        work_off()
        assert names_for(dora, world.event) == []
        assert not Match.objects.filter(registration__user=dora).exists()
        assert "Their face doesn't agree with any of the 2 faces." in card_of(world, alice, "Dora")
        for route in ("galleries:gallery", "events:detail"):
            page = text_of(browser_of(dora).get(reverse(route, args=[world.event.pk])).content)
            assert "unknown person" not in page
            assert "/media/photos/" not in page

    @pytest.mark.parametrize("requires_approval", [True, False])
    def test_late_guest_waits_whatever_the_event_says(
        self,
        world: World,
        alice: Client,
        make_user: Callable[..., User],
        requires_approval: bool,
    ) -> None:
        Event.objects.update(requires_approval=requires_approval)
        world.event.refresh_from_db()
        dora = make_user("dora", fakes.STRANGER)
        joins(world, dora, made(world, alice))
        assert dora.registrations.get().status == "pending"
        assert names_for(dora, world.event) == []

    def test_picture_of_the_stranger_from_a_photo_waits_for_a_decision(
        self, world: World, alice: Client, make_user: Callable[..., User]
    ) -> None:
        maude = make_user("maude")
        copied = face_embedding_if_open(strangers_faces(world)[0])
        assert copied is not None
        copy = ReferencePhoto(
            image=fakes.stripes(fakes.STRANGER, serial=99),
            embedding=copied,  # as a screenshot nearly has
            engine_version=fakes.StripeEngine.version,
        )
        changes.add_reference(
            user=maude,
            reference=store_reference(copy),
            consent_version=CURRENT_CONSENT.version,
        )
        joins(world, maude, made(world, alice))
        admit_everybody(world.event)
        work_off()
        assert Collision.objects.open().filter(newcomer=maude, kind="photo").exists()
        assert names_for(maude, world.event) == []
        card = card_of(world, alice, "Maude")
        assert CAME in card
        assert "agrees with" not in card

    def test_face_of_another_guest_waits_for_a_decision(
        self, world: World, alice: Client, make_user: Callable[..., User]
    ) -> None:
        maude = make_user("maude", fakes.BOB)
        joins(world, maude, made(world, alice))
        admit_everybody(world.event)
        work_off()
        assert Collision.objects.open().filter(newcomer=maude).exists()
        assert names_for(maude, world.event) == []

    def test_visitor_who_signs_in_later_is_recorded(
        self, world: World, alice: Client, make_user: Callable[..., User]
    ) -> None:
        dora = make_user("dora", fakes.STRANGER)
        dora.set_password("a-good-Pass-phrase-8")
        dora.save()
        visitor, link = Client(), made(world, alice)
        sign_in = visitor.get(f"{link}?to=sign-in")["Location"]
        join = reverse("events:join", args=[world.event.pk])
        assert join.replace("/", "%2F") in sign_in
        visitor.post(
            f"{reverse('account_login')}?next={join}",
            {"login": dora.email, "password": "a-good-Pass-phrase-8", "next": join},
        )
        assert InvitationFollower.objects.get().user == dora

    def test_opening_the_link_records_nothing(self, world: World, alice: Client) -> None:
        world.client("mallory").get(made(world, alice))
        assert not InvitationFollower.objects.exists()

    def test_host_who_tries_the_link_is_not_recorded(self, world: World, alice: Client) -> None:
        alice.get(f"{made(world, alice)}?to=join")
        assert not InvitationFollower.objects.exists()

    def test_usual_link_records_nothing(self, world: World) -> None:
        token = create_invitation(event=world.event, valid_for=LINK_WORKS_FOR)
        world.client("mallory").get(reverse("events:invitation", args=[token]) + "?to=join")
        assert not InvitationFollower.objects.exists()


def without(address: str, page: str) -> str:
    """Return a page without the token of its address, and with single blanks."""
    token = address.rstrip("/").rpartition("/")[2]
    return re.sub(r"\s+|nonce-\w+", " ", page.replace(token, ""))


@pytest.fixture
def dora(world: World, alice: Client, make_user: Callable[..., User]) -> User:
    """Return the stranger, who came by the link and was approved."""
    user = make_user("dora", fakes.STRANGER)
    joins(world, user, made(world, alice))
    admit_everybody(world.event)
    work_off()
    return user


class TestLater:
    def test_faces_are_known_again_by_their_places(
        self, world: World, alice: Client, dora: User
    ) -> None:
        Match.objects.all().delete()
        Face.objects.update(cluster=None)
        upload(world.event, fakes.stripes(fakes.STRANGER), "later.png")
        request_sorting(world.event.pk)
        work_off()
        assert "later.png" in names_for(dora, world.event)
        assert "Their face agrees with 2 of 2 faces." in card_of(world, alice, "Dora")

    def test_places_turn_with_the_photo(self, world: World, alice: Client, dora: User) -> None:
        photo = world.strangers_photo
        face = FoundFace(Box(2, 3, 12, 18), fakes.embedding_of(fakes.STRANGER))
        for turn in (0, 90):
            photo.width, photo.height = 100, 40
            box = face.box.turned(turn, 100, 40)
            found = replace(face, box=box, turn=turn)
            replace_faces(photo, [found], engine_version=fakes.StripeEngine.version)
            if turn == 0:
                new = photo.faces.get(is_superseded=False)
                InvitedPlace.objects.filter(photo=photo).update(
                    left=new.left, top=new.top, right=new.right, bottom=new.bottom
                )
        place = InvitedPlace.objects.get(photo=photo)
        assert is_about(place, photo.faces.get(is_superseded=False))

    def test_guest_without_a_photo_of_their_face_is_not_called_another(
        self, world: World, alice: Client, dora: User
    ) -> None:
        dora.references.all().delete()
        Match.objects.filter(registration__user=dora).delete()
        card = card_of(world, alice, "Dora")
        assert "They gave no photo of their face." in card
        assert "doesn't agree" not in card

    def test_guest_who_is_in_the_photos_beside_the_stranger_is_not_said_to_get_none(
        self, world: World, alice: Client, dora: User
    ) -> None:
        """They may have got the photos for another face in them, or by hand."""
        Match.objects.filter(registration__user=dora).delete()
        changes.share_manually(
            registration=dora.registrations.get(), photos=[world.strangers_photo]
        )
        card = card_of(world, alice, "Dora")
        assert "Their face doesn't agree with any of the 2 faces." in card

    def test_doubtful_faces_are_asked_about_first(
        self, world: World, alice: Client, dora: User
    ) -> None:
        Match.objects.filter(registration__user=dora).update(status="review", distance=0.6)
        for photo in (world.bobs_photo, world.shared_photo):  # Bob's question decides more photos
            (face,) = photo.faces.filter(matches__registration__user=world.bob)
            Match.objects.filter(face=face).update(status="review")
        assert "Their face may agree with 2 of 2 faces." in card_of(world, alice, "Dora")
        page = text_of(alice.get(reverse("events:review", args=[world.event.pk])).content)
        assert page.index("Dora Example") < page.index("Bob Example")
        InvitationFollower.objects.all().delete()
        page = text_of(alice.get(reverse("events:review", args=[world.event.pk])).content)
        assert page.index("Bob Example") < page.index("Dora Example")

    def test_co_host_sees_nothing_of_their_own_arrival(
        self, world: World, alice: Client, dora: User
    ) -> None:
        CoHost.objects.create(event=world.event, user=dora)
        assert CAME not in card_of(world, browser_of(dora), "Dora")
        assert CAME in card_of(world, alice, "Dora")

    def test_co_host_without_face_recognition_sees_nothing_of_their_own_either(
        self, world: World, alice: Client, make_user: Callable[..., User]
    ) -> None:
        dora = make_user("dora")
        browser_of(dora).get(f"{made(world, alice)}?to=join")
        changes.join_event(user=dora, event=world.event, consent=None)
        assert "They don't use face recognition." in card_of(world, alice, "Dora")
        CoHost.objects.create(event=world.event, user=dora)
        assert CAME not in card_of(world, browser_of(dora), "Dora")

    def test_refused_person_has_no_note(self, world: World, alice: Client, dora: User) -> None:
        changes.refuse(dora.registrations.get())
        assert CAME not in card_of(world, alice, "Dora")

    def test_queries_do_not_grow_with_the_arrivals(
        self, world: World, alice: Client, dora: User, make_user: Callable[..., User]
    ) -> None:
        def queries() -> int:
            with CaptureQueriesContext(connection) as captured:
                alice.get(reverse("events:people", args=[world.event.pk]))
            return len(captured)

        before = queries()
        link = reverse("events:invitation", args=[token_of(Invitation.objects.get())])
        for number in range(3):
            joins(world, make_user(f"guest{number}", (10 * number, 90, 90)), link)
        admit_everybody(world.event)
        work_off()
        assert queries() == before <= 15

    def test_faces_are_found_once_for_all_who_followed_a_link(
        self, world: World, dora: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A link may be forwarded to all guests, and each answer in the review asks for this."""
        compared: list[Box] = []
        overlap = Box.overlap

        def counted(box: Box, other: Box) -> float:
            compared.append(other)
            return overlap(box, other)

        monkeypatch.setattr(Box, "overlap", counted)
        before = invited_faces(world.event), len(compared)
        made_for = UnknownPersonInvitation.objects.get()
        for user in (world.bob, world.charlie):
            InvitationFollower.objects.create(invitation=made_for, user=user)
        compared.clear()
        assert len(invited_faces(world.event)) == 3 * len(before[0]) == 6
        assert len(compared) == before[1]


class TestDeletion:
    @pytest.mark.parametrize("end", ["leave", "withdraw"])
    def test_nothing_is_remembered_of_a_person_who_goes(
        self, world: World, dora: User, end: str
    ) -> None:
        if end == "leave":
            changes.leave_event(event=world.event, user=dora)
        else:
            withdraw(user=dora)
            assert not InvitedPlace.objects.exists()  # they were matched with these faces
        assert not InvitationFollower.objects.exists()

    def test_other_faces_stay_after_a_withdrawal(self, world: World, dora: User) -> None:
        withdraw(user=world.bob)
        assert InvitedPlace.objects.count() == 2
        assert InvitationFollower.objects.get().user == dora

    def test_place_ends_with_its_photo(self, world: World, alice: Client, dora: User) -> None:
        changes.delete_photo(world.shared_photo)
        assert InvitedPlace.objects.count() == 1
        work_off()
        assert "Their face agrees with 1 of 1 face." in card_of(world, alice, "Dora")
        changes.delete_photo(world.strangers_photo)
        assert "aren't found any more" in card_of(world, alice, "Dora")

    def test_everything_ends_with_the_link(self, world: World, alice: Client, dora: User) -> None:
        invitation = Invitation.objects.get()
        address = reverse("events:revoke", args=[world.event.pk])
        alice.post(address, {"invitation": invitation.pk})
        for model in (UnknownPersonInvitation, InvitedPlace, InvitationFollower):
            assert not model._default_manager.exists()
        assert "shared.png" in names_for(dora, world.event)
