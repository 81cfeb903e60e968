"""What old links say after an event was deleted."""

from __future__ import annotations

import json
import zipfile
from datetime import timedelta
from io import BytesIO

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from conftest import World, confirm_identity
from picprocure.events.ended import KEPT_FOR
from picprocure.events.models import EndedEvent, EndedEventMember, Event
from picprocure.retention.erasure import erase_account
from picprocure.retention.sweep import sweep

pytestmark = pytest.mark.django_db(transaction=True)

TOOK_PART = ("alice", "co_host", "bob", "charlie", "pending", "held", "blocked", "withdrawn")
STRANGERS = ("mallory", "operator", "invited")


@pytest.fixture
def ended(full_world: World) -> World:
    """Let the event end, and the clock sweep."""
    Event.objects.update(expires_at=timezone.now())
    assert sweep().events == 1
    return full_world


def addresses(world: World) -> list[str]:
    event, photo = world.event.pk, world.bobs_photo.pk
    return [
        *(reverse(f"events:{page}", args=[event]) for page in ("detail", "progress", "photos")),
        reverse("galleries:gallery", args=[event]),
        reverse("galleries:photo", args=[event, photo]),
        reverse("media:archive", args=[event]),
    ]


def statuses(client: Client, world: World) -> set[int]:
    return {client.get(address).status_code for address in addresses(world)}


def test_old_links_say_when_photos_were_deleted_to_those_who_took_part(ended: World) -> None:
    shown = set()
    for name in TOOK_PART:
        client = ended.client(name)
        assert statuses(client, ended) == {410}, name
        page = client.get(addresses(ended)[0]).content.decode()
        shown.add(page[page.index("<h1>") : page.index("</main>")])
    (content,) = shown  # people who waited or were refused see no difference
    assert "photos were deleted on" in content
    assert ended.event.name not in content


def test_old_links_say_so_before_the_sweep(full_world: World) -> None:
    Event.objects.update(expires_at=timezone.now())
    for name in TOOK_PART:
        assert statuses(full_world.client(name), full_world) == {410}, name
    for name in STRANGERS:
        assert statuses(full_world.client(name), full_world) == {404}, name


def test_strangers_get_the_same_404_as_ever(ended: World) -> None:
    for name in STRANGERS:
        assert statuses(ended.client(name), ended) == {404}, name
    assert statuses(Client(), ended) == {302, 404}


def test_only_id_time_and_hashes_are_kept_for_thirty_days(ended: World) -> None:
    (row,) = EndedEvent.objects.values()
    assert set(row) == {"id", "ended_at"}
    assert EndedEventMember.objects.count() == len(TOOK_PART)
    EndedEvent.objects.update(ended_at=timezone.now() - KEPT_FOR + timedelta(minutes=1))
    sweep()
    assert statuses(ended.client("bob"), ended) == {410}
    EndedEvent.objects.update(ended_at=timezone.now() - KEPT_FOR)
    assert statuses(ended.client("bob"), ended) == {404}
    sweep()
    assert not EndedEvent.objects.exists()
    assert not EndedEventMember.objects.exists()


def test_a_deleted_account_leaves_no_hash(ended: World) -> None:
    answer = confirm_identity(ended.client("bob")).post(reverse("media:my_data"))
    with zipfile.ZipFile(BytesIO(answer.getvalue())) as archive:
        (event,) = json.loads(archive.read("data.json"))["events_that_ended"]
    assert event["event_id"] == str(ended.event.pk)
    erase_account(ended.bob)
    assert EndedEventMember.objects.count() == len(TOOK_PART) - 1
    assert statuses(ended.client("charlie"), ended) == {410}


def test_event_of_a_deleted_account_is_remembered_for_its_guests_only(full_world: World) -> None:
    erase_account(full_world.alice)
    assert EndedEventMember.objects.count() == len(TOOK_PART) - 1
    assert statuses(full_world.client("bob"), full_world) == {410}
