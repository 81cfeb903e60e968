"""Pages of an event ask the database as often for many photos as for few."""

from __future__ import annotations

import time
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.db import connection
from django.test import Client
from django.utils import timezone

import large_event
import page_costs
from picprocure.events.models import Registration


@pytest.mark.django_db
def test_queries_of_each_page_do_not_grow_with_the_event(settings: Any) -> None:
    few, many = large_event.make_scene(120), large_event.make_scene(2_400)
    connection.cursor().execute("ANALYZE")  # as databases do themselves after a while
    for scene in (few, many):
        storages["photos"].save(scene.photo.thumbnail_key, ContentFile(b"thumbnail"))
    Registration.objects.update(last_opened_at=timezone.now())  # a gallery's first visit is stored
    counts = {}
    for (page, address, user), (_, other_address, other_user) in zip(
        large_event.requests_of(few), large_event.requests_of(many), strict=True
    ):
        counts[page] = [queries(address, user), queries(other_address, other_user)]
    assert counts
    assert {page: count for page, count in counts.items() if count[0] != count[1]} == {}
    assert max(count for page in counts.values() for count in page) < 20
    assert counts["Thumbnail"] == [3, 3]  # session, person, rule
    assert counts["Gallery"] == [10, 10]


def queries(address: str, user: Any) -> int:
    client = Client()
    client.force_login(user)
    (cost,) = page_costs.costs_of([page_costs.page(client, address)], 1, time.process_time)
    return cost.queries
