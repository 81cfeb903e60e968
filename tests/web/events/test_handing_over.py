"""Photos that a host shares manually, on the page of a person."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest
from django.urls import reverse

from conftest import World
from picprocure.events.models import Registration
from picprocure.galleries.access import photos_visible_to
from picprocure.photos.models import Photo
from picprocure.pipeline import changes

pytestmark = pytest.mark.django_db(transaction=True)


class Fields(HTMLParser):
    """The values of the page's fields by name, as a browser sends them."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.sent: dict[str, list[str]] = {}
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        is_sent = found.get("type") != "checkbox" or "checked" in found
        if tag == "input" and is_sent:
            values = self.sent.setdefault(str(found.get("name")), [])
            values.append(str(found.get("value")))


def charlies(world: World) -> Registration:
    return world.charlie.registrations.get()


def address(world: World) -> str:
    return reverse("events:person", args=[world.event.pk, charlies(world).pk])


def shown(world: World) -> dict[str, list[str]]:
    return Fields(world.client("alice").get(address(world)).content.decode()).sent


def sent(world: World, fields: dict[str, list[str]]) -> str:
    answer = world.client("alice").post(address(world), fields, follow=True)
    return answer.content.decode()


def names_of_charlie(world: World) -> list[str]:
    photos = photos_visible_to(world.charlie, world.event)
    return list(photos.order_by("name").values_list("name", flat=True))


def ticked(*photos: Photo) -> list[str]:
    return [str(photo.pk) for photo in photos]


def test_ticked_photo_is_shared_until_it_is_unticked(world: World) -> None:
    assert "Saved." in sent(world, {"photo": ticked(world.bobs_photo, world.strangers_photo)})
    assert names_of_charlie(world) == ["bob.png", "strangers.png"]
    page = shown(world)
    assert page["photo"] == page["given"] == ticked(world.bobs_photo, world.strangers_photo)
    assert "Saved." in sent(world, {**page, "photo": ticked(world.bobs_photo)})
    assert names_of_charlie(world) == ["bob.png"]
    assert shown(world)["photo"] == ticked(world.bobs_photo)


def test_old_page_changes_only_what_was_changed_on_it(world: World) -> None:
    """Another host has shared one photo and revoked another since the page was loaded."""
    changes.share_manually(registration=charlies(world), photos=[world.bobs_photo])
    page = shown(world)
    changes.share_manually(
        registration=charlies(world),
        photos=[world.strangers_photo],
        revoked=[world.bobs_photo],
    )
    sent(world, {**page, "photo": [*page["photo"], *ticked(world.shared_photo)]})
    assert names_of_charlie(world) == ["shared.png", "strangers.png"]


def test_person_who_is_not_admitted_loses_shared_photos(world: World) -> None:
    page = shown(world)
    changes.refuse(charlies(world))
    both = ticked(world.bobs_photo, world.strangers_photo)
    assert "Approve this guest first" in sent(world, {**page, "photo": both})
    assert names_of_charlie(world) == []
    assert not charlies(world).manual_grants.exists()


def test_only_photos_of_the_event_can_be_shared(world: World) -> None:
    no_photos = ["no-photo", str(charlies(world).pk), "00000000-0000-4000-8000-000000000000"]
    assert "Saved." in sent(world, {"photo": no_photos, "given": no_photos[::-1]})
    assert names_of_charlie(world) == []
