"""The reason of a match may mention other people, so guests never see it."""

from __future__ import annotations

import pytest
from django.urls import reverse

from conftest import World
from picprocure.recognition.models import Match

REASON = "0.41 to the reference, limit 0.47; next nearest person 0.62"


@pytest.fixture
def sorted_world(world: World) -> World:
    Match.objects.update(reason=REASON, distance=0.4123, threshold=0.4765)
    return world


@pytest.mark.parametrize("persona", ["bob", "charlie"])
def test_guest_sees_no_reasons_distances_or_limits(sorted_world: World, persona: str) -> None:
    client, event = sorted_world.client(persona), sorted_world.event
    pages = [
        reverse("events:list"),
        reverse("events:detail", args=[event.pk]),
        reverse("events:progress", args=[event.pk]),
        reverse("galleries:gallery", args=[event.pk]),
    ]
    if persona == "bob":
        pages += [
            reverse("galleries:photo", args=[event.pk, photo.pk])
            for photo in (sorted_world.bobs_photo, sorted_world.shared_photo)
        ]
    for page in pages:
        answer = client.get(page)
        assert answer.status_code == 200
        text = answer.content.decode()
        for secret in (REASON, "nearest", "0.41", "0.47", "0.62"):
            assert secret not in text, page
