"""A sorting writes what it changed, and nothing else."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

import fakes
from conftest import World, names_for, take_part, upload, work_off
from picprocure.accounts.models import User
from picprocure.events.services import close_registration, reopen_registration
from picprocure.pipeline import steps
from picprocure.recognition.match_changes import PersonChanges, _groups, write_sorting
from picprocure.recognition.models import Match, MatchedFace
from picprocure.recognition.sorting import ComputedSorting, compute_sorting, request_sorting
from picprocure.storage import claims
from picprocure.storage.batches import CHUNK

pytestmark = pytest.mark.django_db

WRITING = ("INSERT", "UPDATE", "DELETE")


def written_tables(queries: CaptureQueriesContext) -> set[str]:
    """Return the tables with faces and matches that statements changed."""
    statements = [query["sql"] for query in queries if query["sql"].startswith(WRITING)]
    tables = ("recognition_match", "recognition_matchedface", "recognition_face", "photos_photo")
    return {table for table in tables for text in statements if f'"{table}"' in text}


def computed_now(world: World) -> ComputedSorting:
    return compute_sorting(world.event, engine_version=fakes.StripeEngine.version)


def write(computed: ComputedSorting) -> bool:
    return write_sorting(computed, is_claimed=lambda: True)


def matches() -> dict[tuple[int, int], tuple[int, str]]:
    rows = Match.objects.values_list("registration", "face", "pk", "status")
    return {(registration, face): (key, status) for registration, face, key, status in rows}


def test_sorting_again_writes_no_match_and_no_face(world: World) -> None:
    work_off()
    computed = computed_now(world)
    assert write(computed)
    before = matches()
    with CaptureQueriesContext(connection) as queries:
        assert write(computed_now(world))
    assert written_tables(queries) == set()
    assert matches() == before


def test_matches_of_other_photos_keep_their_keys(world: World) -> None:
    assert write(computed_now(world))
    before = matches()
    upload(world.event, fakes.stripes(fakes.BOB, serial=5), "new.png")
    work_off()
    assert "new.png" in names_for(world.bob, world.event)
    assert before.items() <= matches().items()


def test_a_match_that_is_decided_otherwise_is_changed(world: World) -> None:
    assert write(computed_now(world))
    before = matches()
    Match.objects.update(status=Match.Status.REVIEW, reason="doubtful before")
    assert write(computed_now(world))
    assert matches() == before


@pytest.mark.postgres
def test_people_whose_matches_stay_are_not_locked(world: World) -> None:
    assert write(computed_now(world))  # ends the doubtful match of the world
    with CaptureQueriesContext(connection) as queries:
        assert write(computed_now(world))
    locking = [query for query in queries if "FOR UPDATE" in query["sql"]]
    Match.objects.filter(registration__user=world.bob).update(reason="decided otherwise")
    with CaptureQueriesContext(connection) as queries:
        assert write(computed_now(world))
    assert not locking
    assert [query for query in queries if "FOR UPDATE" in query["sql"]]


def test_worker_that_lost_its_claim_changes_no_match(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    request_sorting(world.event.pk)
    Match.objects.all().delete()
    monkeypatch.setattr(claims, "renew", lambda *_, **__: False)
    steps.sort_event(world.event.pk)
    assert not Match.objects.exists()
    assert world.event.sorting.done != world.event.sorting.requested


def test_matched_faces_are_recorded_once(world: World) -> None:
    assert write(computed_now(world))
    recorded = set(MatchedFace.objects.values_list("user", "face"))
    matched = Match.objects.filter(status=Match.Status.MATCHED)
    assert recorded == set(matched.values_list("registration__user", "face"))


def test_groups_are_small_and_have_all_people_once() -> None:
    chance = random.Random(4)
    changes = [
        PersonChanges(person, ended=list(range(chance.choice((1, 30, 2 * CHUNK)))))
        for person in range(200)
    ]
    groups = list(_groups(changes))
    assert [change for group in groups for change in group] == changes
    for group in groups:
        assert sum(change.rows for change in group[:-1]) < CHUNK


@pytest.mark.parametrize("seed", range(6))
def test_whatever_was_stored_the_result_is_that_of_the_sorting(
    world: World, make_user: Callable[..., User], seed: int
) -> None:
    """Matches before a sorting may be missing, left over, or decided otherwise."""
    chance = random.Random(seed)
    colors = (fakes.BOB, fakes.CHARLIE, fakes.STRANGER, fakes.DORA)
    reopen_registration(event=world.event, length=timedelta(hours=1))
    take_part(make_user("dora", fakes.DORA), world.event)
    close_registration(event=world.event)
    for serial in range(6):
        shown = chance.sample(colors, chance.randint(1, 3))
        upload(world.event, fakes.stripes(*shown, serial=30 + serial), f"{serial}.png")
    work_off()
    computed = computed_now(world)
    expected = {
        (match.registration_id, match.face_id, match.status) for match in computed.matches()
    }
    assert len(expected) >= 4
    registrations = list(world.event.registrations.values_list("pk", flat=True))
    for match in list(Match.objects.filter(registration__event=world.event)):
        _change_one(match, registrations, chance)
    assert write(computed)
    assert _decided() == expected


def _change_one(match: Match, registrations: list[int], chance: random.Random) -> None:
    kind = chance.randrange(4)
    match kind:
        case 0:
            match.delete()
        case 1:
            other = chance.choice(registrations)
            taken = Match.objects.filter(registration=other, face=match.face_id)
            if not taken.exists():
                Match.objects.filter(pk=match.pk).update(registration=other)
        case 2:
            Match.objects.filter(pk=match.pk).update(status=Match.Status.REVIEW, reason="else")


def _decided() -> set[tuple[Any, ...]]:
    return set(Match.objects.values_list("registration", "face", "status"))
