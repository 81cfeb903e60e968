"""Hosts see what each person got, as the person sees it, and why some have nothing."""

from __future__ import annotations

import csv
import io
import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from conftest import World, text_of
from picprocure.events.models import Event
from picprocure.galleries.access import photos_visible_to
from picprocure.pipeline import changes
from picprocure.recognition.models import Collision, Match

pytestmark = pytest.mark.django_db


def people_page(client: Client, world: World) -> str:
    return unescape(text_of(client.get(reverse("events:people", args=[world.event.pk])).content))


def card_of(page: str, name: str) -> str:
    """Return the part of the people page about one person."""
    (card,) = [part for part in page.split('<li class="person') if f"<strong>{name}" in part]
    return card


def gallery_page(client: Client, world: World, name: str) -> Any:
    registration = world.event.registrations.get(user=getattr(world, name))
    return client.get(reverse("events:guest_gallery", args=[world.event.pk, registration.pk]))


class TestPeoplePage:
    def test_each_person_has_the_number_of_their_photos(self, world: World) -> None:
        changes.share_manually(
            registration=world.event.registrations.get(user=world.bob),
            photos=[world.bobs_photo, world.strangers_photo],  # he has the first one already
        )
        page = people_page(world.client("alice"), world)
        assert "3 photos" in card_of(page, "Bob Example")
        assert "No photos yet" in card_of(page, "Charlie Example")

    def test_person_who_was_not_found_has_the_reason(self, world: World) -> None:
        card = card_of(people_page(world.client("alice"), world), "Charlie Example")
        assert "We didn't find them in the photos." in card

    def test_person_with_doubtful_photos_has_the_reason(self, world: World) -> None:
        Match.objects.filter(registration__user=world.bob).update(status="review")
        card = card_of(people_page(world.client("alice"), world), "Bob Example")
        assert "3 photos may show them: see the review." in card

    def test_person_without_face_recognition_has_the_reason(self, world: World) -> None:
        world.event.registrations.get(user=world.charlie).consent.delete()
        card = card_of(people_page(world.client("alice"), world), "Charlie Example")
        assert "Without face recognition. Share photos by hand." in card

    def test_person_without_a_face_has_the_reason(self, world: World) -> None:
        world.charlie.references.all().delete()
        card = card_of(people_page(world.client("alice"), world), "Charlie Example")
        assert "They gave no photo of their face." in card

    def test_before_the_first_photo_no_one_reads_a_reason(self, world: World) -> None:
        world.event.photos.all().delete()
        Event.objects.update(faces_expire_at=None, has_unreleased_photos=False)
        page = people_page(world.client("alice"), world)
        assert "We didn't find them" not in page


class TestGuestGallery:
    @pytest.mark.parametrize("name", ["bob", "charlie"])
    def test_host_sees_exactly_what_the_guest_sees(self, full_world: World, name: str) -> None:
        page = text_of(gallery_page(full_world.client("alice"), full_world, name).content)
        shown = set(re.findall(r"/media/photos/([0-9a-f-]+)/thumbnail/", page))
        visible = photos_visible_to(getattr(full_world, name), full_world.event)
        assert shown == {str(key) for key in visible.values_list("pk", flat=True)}
        assert f"sees: {len(shown)} photo" in page

    def test_photos_that_wait_are_counted_for_hosts_only(self, full_world: World) -> None:
        page = text_of(gallery_page(full_world.client("alice"), full_world, "bob").content)
        assert "1 more waits for a release, or for your decision about their face." in page

    def test_person_with_a_collision_sees_nothing(self, world: World) -> None:
        Collision.objects.create(event=world.event, newcomer=world.bob, kind="person")
        page = text_of(gallery_page(world.client("alice"), world, "bob").content)
        assert "sees: 0 photos. 2 more wait" in page
        assert "/thumbnail/" not in page

    def test_pages_of_other_events_are_404(self, world: World) -> None:
        other = Event.objects.create(
            creator=world.mallory,
            name="Picnic",
            registration_closes_at=timezone.now(),
            expires_at=timezone.now() + timedelta(days=1),
        )
        registration = world.event.registrations.get(user=world.bob)
        for event, client in ((other, world.client("alice")), (other, world.client("mallory"))):
            address = reverse("events:guest_gallery", args=[event.pk, registration.pk])
            assert client.get(address).status_code == 404


def table_of(client: Client, world: World) -> dict[str, list[str]]:
    answer = client.get(reverse("events:people_csv", args=[world.event.pk]))
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert 'attachment; filename="people.csv"' in answer["Content-Disposition"]
    assert answer.content.startswith(b"\xef\xbb\xbf")  # Excel needs it for names like José
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert rows[0] == [
        *("Name", "Registered", "Status", "Photos", "Doubtful photos", "Note"),
        *("First opened", "Last opened", "Last download", "Requests"),
    ]
    return {row[0]: row[2:] for row in rows[1:]}


class TestTable:
    def test_everyone_is_listed_with_what_they_got(self, full_world: World) -> None:
        table = table_of(full_world.client("alice"), full_world)
        assert len(table) == full_world.event.registrations.count()
        assert table["Bob Example"] == ["approved", "3", "0", "", "", "", ""]
        assert table["Pending Example"] == ["waiting"]
        assert table["Blocked Example"] == ["declined"]

    @pytest.mark.parametrize("name", ["=cmd()", "+1", "-2", "@x"])
    def test_names_are_no_formulas(self, world: World, name: str) -> None:
        world.bob.first_name = name
        world.bob.save()
        assert f"'{name} Example" in table_of(world.client("alice"), world)

    def test_semicolons_in_names_begin_no_cells(self, world: World) -> None:
        """In many countries, spreadsheets split lines at them, unless they are quoted."""
        world.bob.first_name = "Bob;=cmd()"
        world.bob.save()
        address = reverse("events:people_csv", args=[world.event.pk])
        assert '"Bob;=cmd() Example"' in world.client("alice").get(address).content.decode()
