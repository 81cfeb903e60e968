"""After withdrawal and after deletion every table and every stored object is searched."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from django.core.files.storage import storages
from django.db import connection
from django.urls import reverse

import fakes
from conftest import (
    PASSWORD,
    World,
    names_for,
    reference_photo,
    upload,
    work_off,
)
from picprocure.accounts.consent import CURRENT_CONSENT
from picprocure.accounts.models import User
from picprocure.events import co_hosts
from picprocure.events.models import CoHostInvitation, GuestListAddress
from picprocure.events.services import add_to_guest_list, end_registration
from picprocure.photos.models import Photo
from picprocure.pipeline import account_changes, changes
from picprocure.recognition import collisions
from picprocure.recognition.embeddings import embeddings_of
from picprocure.recognition.manual_grants import grant
from picprocure.recognition.models import Collision, Face, Match, MatchedFace, Reference
from picprocure.recognition.references import store_reference
from picprocure.recognition.sealed_values import discard_unopenable
from picprocure.recognition.sorting import request_sorting
from picprocure.recognition.sorting_inputs import EventFaces
from picprocure.retention.models import ErasureReceipt
from snapshots import stored_objects

SAME_PERSON = 0.3  # of the fakes' embeddings; those of two people are more than 1 apart


def every_value() -> Iterator[tuple[str, object]]:
    """Each value of each table of the database, not only of those that have a model."""
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')  # noqa: S608 -- names from the database itself
            columns = [column[0] for column in cursor.description]
            for row in cursor.fetchall():
                for column, value in zip(columns, row, strict=True):
                    yield f"{table}.{column}", value


def places_with(words: set[str]) -> set[str]:
    """The columns and stored objects in which one of these words is."""
    found = set()
    for column, value in every_value():
        text = bytes(value).hex() if isinstance(value, bytes | memoryview) else str(value)
        if any(word.lower() in text.lower() for word in words):
            found.add(column)
    for key in stored_objects():
        content = storages["photos"].open(key).read()
        if any(word.encode() in content or word in key for word in words):
            found.add(key)
    return found


def faces_of(color: tuple[int, int, int]) -> int:
    """How many stored embeddings, of references and event faces, are this person's."""
    references = embeddings_of(Reference.objects.all())
    known = Face.objects.filter(embedding__isnull=False).select_related("photo__event")
    events = {face.photo.event for face in known}
    version = fakes.StripeEngine.version
    faces = [EventFaces(event, engine_version=version).embeddings for event in events]
    distances = np.linalg.norm(
        np.concatenate([references, *faces]) - fakes.embedding_of(color), axis=1
    )
    return int((distances < SAME_PERSON).sum())


def words_of(user: User) -> set[str]:
    references = {str(reference.pk) for reference in user.references.all()}
    references |= {word.replace("-", "") for word in references}
    return {user.email, user.first_name, user.password} | references


@pytest.fixture
def entangled(full_world: World) -> World:
    """Bob was also listed, handed a photo, collided with, and has sessions."""
    full_world.bob.first_name = "Bobbington"  # "bob" is in the names of photos, too
    full_world.bob.save()
    add_to_guest_list(event=full_world.event, emails=[full_world.bob.email])
    registration = full_world.bob.registrations.get()
    grant(registration=registration, photo=full_world.strangers_photo)
    browser = full_world.client("bob")
    browser.get(reverse("accounts:profile"))
    full_world.client("anonymous").post(
        reverse("account_reset_password"), {"email": full_world.bob.email}
    )
    return full_world


def test_the_search_finds_what_is_there(entangled: World) -> None:
    """Or it would prove nothing."""
    found = places_with(words_of(entangled.bob))
    assert {"accounts_user.email", "events_guestlistaddress.email"} <= found
    assert any(place.startswith("recognition_reference.") for place in found)
    assert any(place.startswith("references/") for place in found)
    assert faces_of(fakes.BOB) == 4  # two references, Held's being one, and two event faces


def test_after_deletion_only_a_receipt_remains(
    entangled: World, django_capture_on_commit_callbacks: Any
) -> None:
    words, faces = words_of(entangled.bob), Face.objects.count()
    with django_capture_on_commit_callbacks(execute=True):
        entangled.client("bob").post(reverse("accounts:delete"), {"password": PASSWORD})
    assert places_with(words) == set()
    assert not User.objects.filter(username="bob").exists()
    assert faces_of(fakes.BOB) == 1  # Held's own
    assert Face.objects.count() == faces  # the event faces stay, unknown
    receipt = ErasureReceipt.objects.get(kind=ErasureReceipt.Kind.ACCOUNT)
    assert receipt.counts["references"] == 1
    assert receipt.counts["faces"] == 2
    assert all(isinstance(count, int) for count in receipt.counts.values())


def test_after_withdrawal_no_face_remains_and_the_account_does(
    entangled: World, django_capture_on_commit_callbacks: Any
) -> None:
    references = {word for word in words_of(entangled.bob) if len(word) >= 32 and "$" not in word}
    with django_capture_on_commit_callbacks(execute=True):
        entangled.client("bob").post(reverse("accounts:withdraw"))
    assert references
    assert places_with(references) == set()
    assert faces_of(fakes.BOB) == 1  # Held's own
    assert entangled.client("bob").get(reverse("accounts:profile")).status_code == 200
    receipt = ErasureReceipt.objects.filter(kind=ErasureReceipt.Kind.WITHDRAWAL).latest("erased_at")
    assert receipt.counts == {"references": 1, "matches": 2, "faces": 2}
    assert "bob" not in json.dumps(receipt.counts)


def test_faces_of_whom_withdrew_stay_unknown_whatever_is_sorted_or_analyzed(world: World) -> None:
    world.client("bob").post(reverse("accounts:withdraw"))
    upload(world.event, fakes.stripes(fakes.CHARLIE), "later.png")
    world.bobs_photo.refresh_from_db()
    type(world.bobs_photo).objects.filter(pk=world.bobs_photo.pk).await_analysis()
    request_sorting(world.event.pk)
    work_off()
    face = world.bobs_photo.faces.get()
    assert face.embedding is None
    assert face.cluster is None
    assert faces_of(fakes.BOB) == 0


def delete_own_photo(world: World) -> None:
    changes.delete_reference(user=world.bob, reference=world.bob.references.get())


def replace_own_photo(world: World) -> None:
    changes.add_reference(
        user=world.bob,
        reference=store_reference(reference_photo(fakes.BOB)),
        consent_version=CURRENT_CONSENT.version,
        replacing=world.bob.references.get(),
    )


def leave(world: World) -> None:
    end_registration(event=world.event, user=world.bob)


def be_refused(world: World) -> None:
    changes.refuse(world.bob.registrations.get())


def be_held(world: World) -> None:
    person = Collision.Kind.PERSON
    collision = Collision(event=world.event, newcomer=world.bob, kind=person, other=world.charlie)
    collisions._save(collision)


def have_photos_analyzed_again(world: World) -> None:
    delete_own_photo(world)
    Photo.objects.all().await_analysis()
    work_off()


def lose_the_keys_of_faces(world: World) -> None:
    delete_own_photo(world)
    Face.objects.update(embedding=b"sealed with another key")
    discard_unopenable()
    work_off()


def have_photos_sorted_again(world: World) -> None:
    delete_own_photo(world)
    request_sorting(world.event.pk)
    work_off()


@pytest.mark.parametrize("end", [changes.withdraw, account_changes.delete_account])
@pytest.mark.parametrize(
    "happens_before",
    [
        delete_own_photo,
        replace_own_photo,
        leave,
        be_refused,
        be_held,
        have_photos_analyzed_again,
        have_photos_sorted_again,
        lose_the_keys_of_faces,
    ],
)
def test_faces_that_were_matched_earlier_are_forgotten_too(
    world: World, happens_before: Callable[[World], None], end: Callable[[User], None]
) -> None:
    others = faces_of(fakes.CHARLIE)
    happens_before(world)
    assert not Match.objects.filter(registration__user=world.bob).exists()
    assert Face.objects.filter(photo=world.bobs_photo, embedding__isnull=False).exists()
    end(world.bob)
    assert faces_of(fakes.BOB) == 0
    assert faces_of(fakes.CHARLIE) == others
    assert not MatchedFace.objects.filter(user=world.bob.pk).exists()
    receipt = ErasureReceipt.objects.latest("erased_at")
    assert receipt.counts["matches"] == 0
    assert receipt.counts["faces"] == 2


def test_a_face_that_is_matched_with_another_person_now_stays_theirs(world: World) -> None:
    delete_own_photo(world)
    face = world.bobs_photo.faces.get()
    registration = world.charlie.registrations.get()
    Match.objects.create(
        registration=registration, face=face, status="match", distance=0, threshold=1
    )
    account_changes.delete_account(world.bob)
    face.refresh_from_db()
    assert face.embedding is not None


def test_what_was_matched_earlier_gives_no_access(world: World) -> None:
    delete_own_photo(world)
    assert MatchedFace.objects.filter(user=world.bob).exists()
    assert names_for(world.bob, world.event) == []


def test_the_creator_hands_photos_over_to_whom_withdrew(world: World) -> None:
    world.client("bob").post(reverse("accounts:withdraw"))
    bob = world.client("bob")
    gallery = reverse("galleries:gallery", args=[world.event.pk])
    original = reverse("media:photo", args=[world.bobs_photo.pk, "original"])
    assert bob.get(original).status_code == 404
    grant(registration=world.bob.registrations.get(), photo=world.bobs_photo)
    assert bob.get(gallery).status_code == bob.get(original).status_code == 200


def test_an_expected_address_goes_with_its_account_only(entangled: World) -> None:
    add_to_guest_list(event=entangled.event, emails=["dora@example.org"])
    entangled.client("bob").post(reverse("accounts:delete"), {"password": PASSWORD})
    assert [row.email for row in GuestListAddress.objects.all()] == ["dora@example.org"]


def test_invitations_by_a_username_that_no_account_had_go_with_the_account(
    world: World, make_user: Callable[..., User]
) -> None:
    for name in ("frankie", "somebody", "mallory"):
        co_hosts.invite(event=world.event, invitee=name)
    frankie = make_user("frankie")
    account_changes.delete_account(frankie)
    invited = set(CoHostInvitation.objects.values_list("invitee", flat=True))
    assert invited == {"somebody", "mallory"}
