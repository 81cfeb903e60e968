"""A sorting writes what it changed, and nothing else."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

import fakes
from conftest import World, names_for, reference_photo, take_part, upload, work_off
from picprocure.accounts.consent import CURRENT_CONSENT
from picprocure.accounts.models import User
from picprocure.events.models import Registration
from picprocure.events.services import close_registration, end_registration, move_registration_end
from picprocure.pipeline import changes, steps
from picprocure.recognition.admission import admit
from picprocure.recognition.match_changes import PersonChanges, _groups, write_sorting
from picprocure.recognition.models import Face, Match, MatchedFace
from picprocure.recognition.references import store_reference
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


def test_worker_that_lost_its_claim_writes_no_cluster(world: World) -> None:
    assert write(computed_now(world))
    outdated = computed_now(world)
    outdated.result.clusters[:] += 100
    before = dict(Face.objects.values_list("pk", "cluster"))
    assert not write_sorting(outdated, is_claimed=lambda: False)
    assert dict(Face.objects.values_list("pk", "cluster")) == before


def test_kept_photo_stays_if_the_guest_with_its_face_leaves_meanwhile(world: World) -> None:
    """The face is Charlie's by an earlier engine, and Bob's by this one."""
    face = world.bobs_photo.faces.get()
    Match.objects.filter(face=face).delete()
    _match(world.charlie.registrations.get(), face, engine_version="an earlier engine")
    computed = computed_now(world)
    assert (world.bob.registrations.get().pk, face.pk) in {
        (match.registration_id, match.face_id) for match in computed.matches()
    }
    end_registration(event=world.event, user=world.bob)
    assert write(computed)
    assert "bob.png" in names_for(world.charlie, world.event)


def test_kept_photo_ends_once_another_guest_has_its_face(world: World) -> None:
    _match(world.charlie.registrations.get(), world.bobs_photo.faces.get(), engine_version="other")
    assert write(computed_now(world))
    assert "bob.png" in names_for(world.bob, world.event)
    assert "bob.png" not in names_for(world.charlie, world.event)


@pytest.fixture
def doubting(world: World, monkeypatch: pytest.MonkeyPatch) -> ComputedSorting:
    """Return a sorting that doubts all that is delivered now."""
    assert write(computed_now(world))
    computed = computed_now(world)
    matches_of = ComputedSorting.matches

    def doubts(sorting: ComputedSorting) -> list[Match]:
        found = matches_of(sorting)
        for match in found:
            match.status = Match.Status.REVIEW
        return found

    monkeypatch.setattr(ComputedSorting, "matches", doubts)
    return computed


def test_doubted_photo_is_not_delivered_if_its_guest_adds_a_reference_meanwhile(
    world: World, doubting: ComputedSorting
) -> None:
    reference = changes.add_reference(
        user=world.bob,
        reference=store_reference(reference_photo(fakes.BOB)),
        consent_version=CURRENT_CONSENT.version,
    )
    admit(registration=world.bob.registrations.get(), reference_ids=[reference.pk])
    assert names_for(world.bob, world.event)
    assert write(doubting)
    assert names_for(world.bob, world.event) == []


def test_doubted_photo_is_not_delivered_if_its_face_is_forgotten_meanwhile(
    world: World, doubting: ComputedSorting
) -> None:
    with transaction.atomic():
        Face.objects.filter(photo=world.bobs_photo).forget()
    assert "bob.png" in names_for(world.bob, world.event)
    assert write(doubting)
    assert names_for(world.bob, world.event) == []


def _match(registration: Registration, face: Face, *, engine_version: str) -> None:
    Match.objects.create(
        registration=registration,
        face=face,
        status=Match.Status.MATCHED,
        distance=0.3,
        threshold=0.4,
        engine_version=engine_version,
    )


def test_matched_faces_are_recorded_once(world: World) -> None:
    assert write(computed_now(world))
    recorded = set(MatchedFace.objects.values_list("user", "face"))
    matched = Match.objects.filter(status=Match.Status.MATCHED)
    assert recorded == set(matched.values_list("registration__user", "face"))


def test_groups_are_small_and_have_all_people_once() -> None:
    chance = random.Random(4)
    all_changes = [
        PersonChanges(person, ended=dict.fromkeys(range(chance.choice((1, 30, 2 * CHUNK))), 0))
        for person in range(200)
    ]
    groups = list(_groups(all_changes))
    assert [change for group in groups for change in group] == all_changes
    for group in groups:
        assert sum(change.rows for change in group[:-1]) < CHUNK


@pytest.mark.parametrize("seed", range(6))
def test_whatever_was_stored_the_result_is_that_of_the_sorting(
    world: World, make_user: Callable[..., User], seed: int
) -> None:
    """Matches before a sorting may be missing, left over, or decided otherwise."""
    chance = random.Random(seed)
    colors = (fakes.BOB, fakes.CHARLIE, fakes.STRANGER, fakes.DORA)
    move_registration_end(event=world.event, closes_at=timezone.now() + timedelta(hours=1))
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
