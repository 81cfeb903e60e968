from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

import pytest

from conftest import World
from picprocure.events.models import Event
from picprocure.pipeline import maintenance, steps
from picprocure.recognition.models import Sorting
from picprocure.recognition.progress import event_progress
from picprocure.recognition.sorting import ComputedSorting, compute_sorting, request_sorting


@pytest.mark.django_db(transaction=True)
def test_sorting_that_takes_longer_than_its_lease_is_done_once(
    world: World, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.LEASE = timedelta(seconds=0.6)
    begun = list[Event]()

    def compute_slowly(event: Event, *, engine_version: str) -> ComputedSorting:
        begun.append(event)
        for _ in range(15):
            steps.sort_event(event.pk)  # other workers, started by the sweep or a late job
            assert maintenance.requeue() == 0
            time.sleep(0.1)
        return compute_sorting(event, engine_version=engine_version)

    monkeypatch.setattr(steps, "compute_sorting", compute_slowly)
    request_sorting(world.event.pk)
    steps.sort_event(world.event.pk)
    assert len(begun) == 1
    assert event_progress(world.event).is_sorted
    assert not Sorting.objects.pending().exists()
