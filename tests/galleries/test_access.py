"""The access rule, for each persona and for all people of an event at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from django.contrib.auth.models import AnonymousUser
from django.utils import timezone

import fakes
from conftest import World, new_user, persona_of, take_part, upload, work_off
from picprocure.accounts.models import User
from picprocure.events.models import (
    CoHost,
    CoHostInvitation,
    Event,
    Invitation,
    InvitedUser,
    Registration,
)
from picprocure.events.services import EventDetails, close_registration, create_event
from picprocure.galleries import access
from picprocure.galleries.access import galleries_of, photos_visible_to
from picprocure.photos.models import Photo, PhotoQuerySet
from picprocure.pipeline import changes
from picprocure.recognition.models import Collision, ManualGrant, Match
from snapshots import made_once

pytestmark = pytest.mark.django_db(transaction=True)


def galleries_one_by_one(event: Event) -> dict[int, set[UUID]]:
    """Return the photos of each person, after checking that prepared queries find the same ones."""
    galleries = {}
    for registration in event.registrations.all():
        photos = list(photos_visible_to(registration.user, event))
        gallery = access.Gallery(registration.user, event)
        assert gallery[:] == photos
        assert len(gallery) == len(photos)
        assert gallery.total_bytes == sum(photo.size_bytes for photo in photos)
        galleries[registration.pk] = {photo.pk for photo in photos}
    return {pk: photos for pk, photos in galleries.items() if photos}


@pytest.fixture
def all_matched(full_world: World) -> World:
    """Match each registration with a face in each photo, and share a photo with Charlie."""
    event = full_world.event
    changes.share_manually(
        registration=full_world.charlie.registrations.get(), photos=[full_world.strangers_photo]
    )
    for registration in event.registrations.all():
        for photo in event.photos.all():
            Match.objects.get_or_create(
                registration=registration,
                face=photo.faces.first(),
                defaults={"status": Match.Status.MATCHED, "distance": 0.3, "threshold": 0.4},
            )
    return full_world


def test_galleries_of_agrees_with_photos_visible_to(all_matched: World) -> None:
    event = all_matched.event
    galleries = galleries_of(event)
    assert galleries == galleries_one_by_one(event)
    names = set(values_of(Registration.objects.filter(pk__in=galleries), "user__email"))
    assert names == {"bob", "charlie", "withdrawn"}  # not those who wait or were refused


def test_gallery_is_asked_in_parts(all_matched: World) -> None:
    photos = list(photos_visible_to(all_matched.bob, all_matched.event))
    gallery = access.Gallery(all_matched.bob, all_matched.event)
    assert len(photos) == 4
    assert [gallery[:2], gallery[2:4], gallery[1:]] == [photos[:2], photos[2:], photos[1:]]
    assert [gallery[0], gallery[1]] == photos[:2]
    assert gallery[0].taken_at == photos[0].taken_at
    assert gallery[0].event_id == all_matched.event.pk


def test_gallery_of_a_visitor_who_is_not_signed_in_is_empty(all_matched: World) -> None:
    gallery = access.Gallery(AnonymousUser(), all_matched.event)
    assert (len(gallery), gallery[:], gallery.total_bytes) == (0, [], 0)


def test_galleries_of_leaves_out_deactivated_people_and_failed_photos(all_matched: World) -> None:
    event = all_matched.event
    User.objects.filter(email="bob@example.org").update(is_active=False)
    Photo.objects.filter(pk=all_matched.shared_photo.pk).update(status=Photo.Status.FAILED)
    assert galleries_of(event) == galleries_one_by_one(event) != {}
    Event.objects.update(expires_at=timezone.now())
    assert galleries_of(event) == galleries_one_by_one(event) == {}


ALICES, MALLORYS = "Alice's garden party", "Mallory's party"
REGISTERED = {"bob", "charlie", "pending", "held", "blocked", "withdrawn"}
SHOWN = {"bob", "charlie", "pending", "held"}  # not blocked, and with consent
PHOTOS = {"bob.png", "shared.png", "strangers.png", "doubtful.png", "unreleased.png"}
PERSONAS = {*REGISTERED, "alice", "co_host", "invited", "mallory", "operator", "guest", "anonymous"}


@pytest.fixture
def two_events(full_world: World) -> World:
    """Alice's event, and one of Mallory's; neither is listed.

    The operator is Mallory's co-host. Guest registered there. Invited followed a link there, and is
    invited to host Alice's event.
    """
    made_once(make_second_event)
    full_world.others["guest"] = User.objects.get(email="guest@example.org")
    return full_world


def make_second_event() -> None:
    users = {persona_of(user): user for user in User.objects.all()}
    other_event = create_event(
        creator=users["mallory"],
        details=EventDetails(name=MALLORYS, is_listed=False),
        closes_at=timezone.now() + timedelta(hours=2),
    )
    take_part(new_user("guest", fakes.DORA), other_event)
    CoHost.objects.create(event=other_event, user=users["operator"])
    InvitedUser.objects.create(event=other_event, user=users["invited"])
    close_registration(event=other_event)
    upload(other_event, fakes.stripes(fakes.DORA), "guest.png")
    work_off()
    match(users["bob"], Photo.objects.get(name="doubtful.png"), status=Match.Status.REVIEW)
    Event.objects.update(is_listed=False)


def match(user: User, photo: Photo, *, status: Match.Status = Match.Status.MATCHED) -> None:
    """Match a person with a face in a photo, of any event."""
    Match.objects.create(
        registration=user.registrations.order_by("pk")[0],
        face=photo.faces.order_by("pk")[0],
        status=status,
        distance=0.3,
        threshold=0.4,
    )


def persona(world: World, name: str) -> Any:
    if name == "anonymous":
        return AnonymousUser()
    return world.others.get(name) or getattr(world, name)


def by_persona(world: World, ask: Callable[..., Any], field: str = "pk") -> dict[str, set[Any]]:
    """Return what each persona who gets something gets, as values of this field."""
    found = {name: set(values_of(ask(persona(world, name)), field)) for name in PERSONAS}
    return {name: values for name, values in found.items() if values}


def values_of(rows: Any, field: str) -> list[Any]:
    """Return the values of a field, and names instead of addresses."""
    values = rows.values_list(field, flat=True)
    return [persona_of(value) if field == "user__email" else value for value in values]


def photos_open_to(visitor: access.Visitor) -> PhotoQuerySet:
    """Return the photos of the site that the visitor may download, each asked for."""
    photos = Photo.objects.all()
    return photos.filter(
        pk__in=[photo.pk for photo in photos if access.photo_open_to(visitor, photo.pk)]
    )


def for_each(names: Iterable[str], values: set[str]) -> dict[str, set[str]]:
    return {name: set(values) for name in names}


def test_an_unlisted_event_is_visible_to_its_hosts_guests_and_people_with_a_link(
    two_events: World,
) -> None:
    assert by_persona(two_events, access.events_visible_to, "name") == {
        **for_each({*REGISTERED, "alice", "co_host"}, {ALICES}),
        **for_each(("mallory", "operator", "guest", "invited"), {MALLORYS}),
    }


def test_a_listed_event_is_visible_to_everyone_who_is_signed_in(two_events: World) -> None:
    Event.objects.filter(name=ALICES).update(is_listed=True)
    found = by_persona(two_events, access.events_visible_to, "name")
    assert {name for name, events in found.items() if ALICES in events} == PERSONAS - {"anonymous"}


@pytest.mark.parametrize(
    ("ask", "field", "of_alice", "of_mallory"),
    [
        (access.events_managed_by, "name", {ALICES}, {MALLORYS}),
        (access.photos_managed_by, "name", PHOTOS, {"guest.png"}),
        (access.registrations_managed_by, "user__email", REGISTERED, {"guest"}),
    ],
)
def test_only_creator_and_co_hosts_manage_an_event(
    two_events: World, ask: Callable[..., Any], field: str, of_alice: set[str], of_mallory: set[str]
) -> None:
    assert by_persona(two_events, ask, field) == {
        **for_each(("alice", "co_host"), of_alice),
        **for_each(("mallory", "operator"), of_mallory),
    }


def test_only_the_creator_has_created_an_event(two_events: World) -> None:
    found = by_persona(two_events, access.events_created_by, "name")
    assert found == {"alice": {ALICES}, "mallory": {MALLORYS}}


def test_co_hosts_but_not_creators_co_host_an_event(two_events: World) -> None:
    found = by_persona(two_events, access.events_co_hosted_by, "name")
    assert found == {"co_host": {ALICES}, "operator": {MALLORYS}}


def test_people_are_registered_for_their_own_events_even_if_refused(two_events: World) -> None:
    found = by_persona(two_events, access.events_registered_by, "name")
    assert found == {**for_each(REGISTERED, {ALICES}), "guest": {MALLORYS}}


def test_only_the_invited_person_gets_an_invitation_to_host(two_events: World) -> None:
    CoHostInvitation.objects.create(
        event=Event.objects.get(name=MALLORYS), invitee="bob", user=two_events.bob
    )
    found = by_persona(two_events, access.invitations_to_host, "event__name")
    assert found == {"invited": {ALICES}, "bob": {MALLORYS}}
    Event.objects.filter(name=ALICES).update(expires_at=timezone.now())
    found = by_persona(two_events, access.invitations_to_host, "event__name")
    assert found == {"bob": {MALLORYS}}


def test_people_get_photos_they_were_found_in_and_photos_shared_with_them(
    two_events: World,
) -> None:
    changes.share_manually(
        registration=two_events.charlie.registrations.get(), photos=[two_events.strangers_photo]
    )
    granted = {
        "bob": {"bob.png", "shared.png"},  # not the one that is for review
        "charlie": {"strangers.png"},
        "guest": {"guest.png"},
    }
    assert by_persona(two_events, access.photos_granted_to, "name") == granted
    assert by_persona(two_events, photos_open_to, "name") == {
        **granted,
        **for_each(("alice", "co_host"), PHOTOS),
        **for_each(("mallory", "operator"), {"guest.png"}),
    }


def test_a_gallery_has_the_photos_of_one_event(two_events: World) -> None:
    other = Event.objects.get(name=MALLORYS)
    other.registration_closes_at = timezone.now() + timedelta(hours=1)
    other.save()
    take_part(two_events.bob, other)
    Match.objects.create(
        registration=other.registrations.get(user=two_events.bob),
        face=Photo.objects.get(name="guest.png").faces.get(),
        status=Match.Status.MATCHED,
        distance=0.3,
        threshold=0.4,
    )
    galleries = {
        event.name: set(photos_visible_to(two_events.bob, event).values_list("name", flat=True))
        for event in Event.objects.all()
    }
    assert galleries == {ALICES: {"bob.png", "shared.png"}, MALLORYS: {"guest.png"}}
    for event in Event.objects.all():
        assert galleries_of(event) == galleries_one_by_one(event)


def test_a_collision_hides_only_the_photos_of_its_event(two_events: World) -> None:
    for name, found in ((MALLORYS, {"bob.png", "shared.png"}), (ALICES, set())):
        Collision.objects.create(
            event=Event.objects.get(name=name),
            newcomer=two_events.bob,
            kind=Collision.Kind.PERSON,
        )
        assert (
            set(photos_visible_to(two_events.bob, two_events.event).values_list("name", flat=True))
            == found
        )


def test_rows_that_link_two_events_give_no_photo(two_events: World) -> None:
    """Nothing makes such rows."""
    photo = Photo.objects.get(name="guest.png")
    for name in ("bob", "charlie"):
        registration = getattr(two_events, name).registrations.get()
        ManualGrant.objects.create(registration=registration, photo=photo)
        match(getattr(two_events, name), photo)
    for name in ("bob", "charlie"):
        granted = access.photos_granted_to(getattr(two_events, name))
        assert "guest.png" not in granted.values_list("name", flat=True)
    for event in Event.objects.all():
        assert galleries_of(event) == galleries_one_by_one(event)


def test_an_account_that_was_switched_off_a_moment_ago_gets_no_photo(two_events: World) -> None:
    User.objects.filter(email="bob@example.org").update(is_active=False)
    assert two_events.bob.is_active  # as a download that has begun knows it
    assert not access.photos_granted_to(two_events.bob).exists()
    assert two_events.bob.registrations.get().pk not in galleries_of(two_events.event)


@pytest.mark.parametrize("status", [Photo.Status.WAITING, Photo.Status.FAILED])
def test_photos_stay_granted_while_they_are_analyzed_again(
    two_events: World, status: Photo.Status
) -> None:
    Photo.objects.filter(name="bob.png").update(status=status)
    granted = access.photos_granted_to(two_events.bob).values_list("name", flat=True)
    assert set(granted) == {"bob.png", "shared.png"}


@pytest.mark.parametrize("status", [Photo.Status.WAITING, Photo.Status.FAILED])
def test_only_analyzed_photos_are_granted_but_hosts_see_all(
    two_events: World, status: Photo.Status
) -> None:
    Photo.objects.filter(name="bob.png").update(status=status, analyzed_at=None)
    granted = access.photos_granted_to(two_events.bob).values_list("name", flat=True)
    assert set(granted) == {"shared.png"}
    assert access.photos_managed_by(two_events.alice).filter(name="bob.png").exists()


ASKED_BY_A_VISITOR = (
    access.events_visible_to,
    access.events_managed_by,
    access.events_created_by,
    access.events_co_hosted_by,
    access.events_registered_by,
    access.invitations_to_host,
    access.photos_granted_to,
    access.photos_managed_by,
    photos_open_to,
    access.registrations_managed_by,
)


@pytest.mark.parametrize("ask", ASKED_BY_A_VISITOR)
def test_an_event_that_ended_is_gone_for_all(two_events: World, ask: Callable[..., Any]) -> None:
    assert by_persona(two_events, ask)
    Event.objects.update(expires_at=timezone.now())
    assert by_persona(two_events, ask) == {}


@pytest.mark.parametrize("ask", [*ASKED_BY_A_VISITOR, access.references_visible_to])
def test_an_account_that_is_switched_off_sees_nothing(
    two_events: World, ask: Callable[..., Any]
) -> None:
    seeing = by_persona(two_events, ask)
    for name in seeing:
        persona(two_events, name).is_active = False
    assert seeing
    assert by_persona(two_events, ask) == {}


class TestInvitationLink:
    @pytest.fixture
    def link(self, two_events: World) -> Invitation:
        return Invitation.objects.create(
            event=two_events.event,
            token_hash="a" * 64,
            expires_at=timezone.now() + timedelta(hours=1),
        )

    def test_leads_to_its_event(self, link: Invitation) -> None:
        assert access.event_of_invitation(link.token_hash) == link.event
        assert access.event_of_invitation("b" * 64) is None

    def test_leads_nowhere_once_it_expired(self, link: Invitation) -> None:
        Invitation.objects.update(expires_at=timezone.now())
        assert access.event_of_invitation(link.token_hash) is None

    def test_leads_nowhere_once_the_event_ended(self, link: Invitation) -> None:
        Event.objects.update(expires_at=timezone.now())
        assert access.event_of_invitation(link.token_hash) is None


class TestFaces:
    def test_people_see_their_own_and_hosts_those_of_guests_who_consent(
        self, two_events: World
    ) -> None:
        own = {name: {name} for name in PERSONAS - {"withdrawn", "operator", "anonymous"}}
        found = by_persona(two_events, access.references_visible_to, "user__email")
        assert found == {
            **own,
            "alice": {"alice", *SHOWN},
            "co_host": {"co_host", *SHOWN},
            "mallory": {"mallory", "guest"},
            "operator": {"guest"},
        }

    @pytest.mark.parametrize("shown_in", [access.people_shown_in, access.references_shown_in])
    def test_only_hosts_see_the_faces_of_an_event(
        self, two_events: World, shown_in: Callable[..., Any]
    ) -> None:
        for name, hosts, guests in (
            (ALICES, ("alice", "co_host"), SHOWN),
            (MALLORYS, ("mallory", "operator"), {"guest"}),
        ):
            ask = partial(shown_in, Event.objects.get(name=name))
            assert by_persona(two_events, ask, "user__email") == for_each(hosts, guests)

    def test_a_host_of_two_events_sees_in_each_only_its_guests(self, two_events: World) -> None:
        CoHost.objects.create(event=two_events.event, user=two_events.mallory)
        for event in Event.objects.all():
            expected = SHOWN if event.name == ALICES else {"guest"}
            people = access.people_shown_in(event, two_events.mallory)
            assert set(values_of(people, "user__email")) == expected
            references = access.references_shown_in(event, two_events.mallory)
            assert set(values_of(references, "user__email")) == expected


class TestDecisionOnCollisions:
    """The newcomer and the other person of a collision are compared by their faces."""

    @pytest.fixture(autouse=True)
    def no_collisions(self, two_events: World) -> None:
        Collision.objects.all().delete()

    def may_decide(
        self, world: World, host: str, *pairs: tuple[str, str | None], event: str = ALICES
    ) -> bool:
        for newcomer, other in pairs:
            Collision.objects.create(
                event=Event.objects.get(name=event),
                newcomer=persona(world, newcomer),
                other=persona(world, other) if other else None,
                kind=Collision.Kind.PERSON,
            )
        return access.may_decide_on(Collision.objects.all(), persona(world, host))

    @pytest.mark.parametrize("host", ["alice", "co_host"])
    def test_hosts_decide_if_they_see_both_faces(self, two_events: World, host: str) -> None:
        assert self.may_decide(two_events, host, ("held", "bob"), ("pending", None))

    @pytest.mark.parametrize("pair", [("held", "blocked"), ("blocked", "bob"), ("withdrawn", None)])
    def test_a_co_host_does_not_decide_without_seeing_both(
        self, two_events: World, pair: tuple[str, str | None]
    ) -> None:
        assert not self.may_decide(two_events, "co_host", ("held", "bob"), pair)

    def test_the_creator_decides_on_all(self, two_events: World) -> None:
        pairs = (("held", "blocked"), ("blocked", "bob"), ("withdrawn", None))
        assert self.may_decide(two_events, "alice", *pairs)

    @pytest.mark.parametrize("person", ["mallory", "operator", "bob", "held", "anonymous"])
    def test_others_do_not_decide(self, two_events: World, person: str) -> None:
        assert not self.may_decide(two_events, person, ("held", "bob"))
        two_events.alice.is_active = False
        assert not self.may_decide(two_events, "alice")

    @pytest.mark.parametrize("pair", [("held", "guest"), ("guest", "held"), ("guest", None)])
    def test_a_face_that_the_host_sees_in_another_event_does_not_count(
        self, two_events: World, pair: tuple[str, str | None]
    ) -> None:
        CoHost.objects.create(event=Event.objects.get(name=ALICES), user=two_events.mallory)
        assert not self.may_decide(two_events, "mallory", pair)
