"""Times are shown in the reader's zone, and in the event's where that differs."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from django.core import mail
from django.urls import reverse

from conftest import World
from picprocure.accounts.models import User
from picprocure.events.models import Event
from picprocure.events.times import time_text
from picprocure.notifications import mails
from picprocure.pipeline.account_changes import delete_account
from picprocure.pipeline.queue import queue_mails
from picprocure.web.zones import COOKIE

pytestmark = pytest.mark.django_db(transaction=True)

NOON = datetime(2031, 7, 5, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("reader", "place", "expected"),
    [
        ("Europe/Vienna", "Europe/Paris", "5 Jul 2031, 14:00 CEST"),
        ("Asia/Tokyo", "Europe/Paris", "5 Jul 2031, 21:00 JST (14:00 CEST at the event)"),
        (
            "Pacific/Auckland",
            "America/New_York",
            "6 Jul 2031, 00:00 NZST (5 Jul, 08:00 EDT at the event)",
        ),
        ("America/Sao_Paulo", "", "5 Jul 2031, 09:00 GMT-03"),
        (None, "Europe/Paris", "5 Jul 2031, 14:00 CEST"),
        (None, "", "5 Jul 2031, 12:00 UTC"),
    ],
)
def test_time_is_told_in_the_zone_of_the_reader_and_the_event(
    reader: str | None, place: str, expected: str
) -> None:
    event = Event(time_zone=place)
    assert time_text(NOON, event=event, reader=ZoneInfo(reader) if reader else None) == expected


@pytest.fixture
def in_vienna(world: World) -> World:
    """Let the event take place in Vienna, and end at noon in July."""
    Event.objects.update(time_zone="Europe/Vienna", expires_at=NOON)
    world.event.refresh_from_db()
    return world


def page(world: World, *, profile: str = "", device: str = "") -> str:
    User.objects.filter(pk=world.bob.pk).update(time_zone=profile)
    client = world.client("bob")
    if device:
        client.cookies[COOKIE] = device
    pages = (
        reverse(route, args=[world.event.pk]) for route in ("events:detail", "events:progress")
    )
    return "".join(client.get(path).content.decode() for path in pages)


def test_pages_take_the_zone_of_the_profile_else_that_of_the_device(in_vienna: World) -> None:
    assert "21:00 JST (14:00 CEST at the event)" in page(in_vienna, device="Asia/Tokyo")
    own = page(in_vienna, profile="America/New_York", device="Asia/Tokyo")
    assert "08:00 EDT (14:00 CEST at the event)" in own
    assert "JST" not in own


@pytest.mark.parametrize(
    ("device", "known"), [("Asia/Calcutta", "Asia/Calcutta"), ("Nowhere/Land", ""), ("", "")]
)
def test_page_says_which_zone_of_the_device_it_used(
    in_vienna: World, device: str, known: str
) -> None:
    """The script compares it with the device's. Browsers send the older names of zones."""
    assert f'data-page-zone="{known}"' in page(in_vienna, device=device)


@pytest.mark.parametrize("device", ["", "Nowhere/Land", "../../etc/passwd", "Europe"])
def test_unknown_readers_see_the_zone_of_the_event(in_vienna: World, device: str) -> None:
    shown = page(in_vienna, device=device)
    assert "14:00 CEST" in shown
    assert 'data-zone="Europe/Vienna"' in shown
    assert "UTC" not in shown


def test_mails_take_the_zone_of_the_last_device(in_vienna: World) -> None:
    bob = in_vienna.client("bob")
    bob.cookies[COOKIE] = "Asia/Tokyo"
    bob.get(reverse("accounts:profile"))  # a page that is only read stores nothing
    mails.photos_ready(user=in_vienna.bob, event=in_vienna.event)
    bob.post(reverse("pages:feedback"))
    Event.objects.update(expires_at=NOON.replace(hour=20))
    in_vienna.event.refresh_from_db()
    mails.event_ends(user=in_vienna.bob, event=in_vienna.event)
    queue_mails()
    ready, ends = mail.outbox
    assert "until 5 Jul 2031, 14:00 CEST." in ready.body
    assert ends.subject == "Your photos will be deleted on 6 July"
    assert "6 Jul 2031, 05:00 JST (5 Jul, 22:00 CEST at the event)" in ends.body
    delete_account(in_vienna.bob)
    assert " JST." in mail.outbox[-1].body


def test_new_event_takes_place_where_the_device_is(world: World) -> None:
    alice = world.client("alice")
    alice.cookies[COOKIE] = "Asia/Tokyo"
    shown = alice.get(reverse("events:create")).content.decode()
    assert '<option value="Asia/Tokyo" selected>' in shown
