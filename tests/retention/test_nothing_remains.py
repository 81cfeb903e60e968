"""Search every table and every stored object after withdrawal and after deletion."""

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
    World,
    confirm_identity,
    names_for,
    reference_photo,
    upload,
    work_off,
)
from picprocure.accounts.consent import CURRENT_CONSENT
from picprocure.accounts.models import User
from picprocure.events.guest_list import add_to_guest_list
from picprocure.events.models import GuestListAddress
from picprocure.events.services import end_registration
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

SAME_PERSON = 0.3  # distance of the fakes' embeddings; two people are more than 1 apart


def stored_values() -> Iterator[tuple[str, object]]:
    """Yield each value in each table of the database, including tables without a model."""
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')  # noqa: S608 -- names from the database itself
            columns = [column[0] for column in cursor.description]
            for row in cursor.fetchall():
                for column, value in zip(columns, row, strict=True):
                    yield f"{table}.{column}", value


def places_with(words: set[str]) -> set[str]:
    """Return the columns and stored objects that contain one of these words."""
    places = set()
    for column, value in stored_values():
        text = bytes(value).hex() if isinstance(value, bytes | memoryview) else str(value)
        if any(word.lower() in text.lower() for word in words):
            places.add(column)
    for key in stored_objects():
        content = storages["photos"].open(key).read()
        if any(word.encode() in content or word in key for word in words):
            places.add(key)
    return places


def count_embeddings_of(color: tuple[int, int, int]) -> int:
    """Count the stored embeddings of a person's references and faces in photos."""
    references = embeddings_of(Reference.objects.all())
    embedded = Face.objects.filter(embedding__isnull=False).select_related("photo__event")
    events = {face.photo.event for face in embedded}
    version = fakes.StripeEngine.version
    faces = [EventFaces(event, engine_version=version).embeddings for event in events]
    distances = np.linalg.norm(
        np.concatenate([references, *faces]) - fakes.embedding_of(color), axis=1
    )
    return int((distances < SAME_PERSON).sum())


def identifying_words(user: User) -> set[str]:
    references = {str(reference.pk) for reference in user.references.all()}
    references |= {word.replace("-", "") for word in references}
    return {user.email, user.first_name, user.password} | references


@pytest.fixture
def connected(full_world: World) -> World:
    """Also put Bob on the guest list, share a photo with him, and give him sessions."""
    full_world.bob.first_name = "Bobbington"  # since names of photos contain "bob"
    full_world.bob.save()
    add_to_guest_list(event=full_world.event, guests=dict.fromkeys([full_world.bob.email], ""))
    registration = full_world.bob.registrations.get()
    full_world.event.guest_list.update(registration=registration)
    grant(registration=registration, photo=full_world.strangers_photo)
    browser = full_world.client("bob")
    browser.get(reverse("accounts:profile"))
    full_world.client("anonymous").post(
        reverse("account_reset_password"), {"email": full_world.bob.email}
    )
    return full_world


def test_search_finds_stored_values(connected: World) -> None:
    """The other tests could fail."""
    places = places_with(identifying_words(connected.bob))
    assert {"accounts_user.email", "events_guestlistaddress.email"} <= places
    assert any(place.startswith("recognition_reference.") for place in places)
    assert any(place.startswith("references/") for place in places)
    # Two references, one of them Held's, and three faces in photos, one of them unreleased.
    assert count_embeddings_of(fakes.BOB) == 5


def test_only_a_receipt_remains_after_deletion(
    connected: World, django_capture_on_commit_callbacks: Any
) -> None:
    words, faces = identifying_words(connected.bob), Face.objects.count()
    with django_capture_on_commit_callbacks(execute=True):
        confirm_identity(connected.client("bob")).post(reverse("accounts:delete"))
    assert places_with(words) == set()
    assert not User.objects.filter(email="bob@example.org").exists()
    assert count_embeddings_of(fakes.BOB) == 1  # Held's reference
    assert Face.objects.count() == faces  # the event faces stay, unknown
    receipt = ErasureReceipt.objects.get(kind=ErasureReceipt.Kind.ACCOUNT)
    assert receipt.counts["references"] == 1
    assert receipt.counts["faces"] == 2
    assert all(isinstance(count, int) for count in receipt.counts.values())


def test_account_without_face_remains_after_withdrawal(
    connected: World, django_capture_on_commit_callbacks: Any
) -> None:
    references = {
        word for word in identifying_words(connected.bob) if len(word) >= 32 and "$" not in word
    }
    with django_capture_on_commit_callbacks(execute=True):
        connected.client("bob").post(reverse("accounts:withdraw"))
    assert references
    assert places_with(references) == set()
    assert count_embeddings_of(fakes.BOB) == 1  # Held's reference
    assert connected.client("bob").get(reverse("accounts:profile")).status_code == 200
    receipt = ErasureReceipt.objects.filter(kind=ErasureReceipt.Kind.WITHDRAWAL).latest("erased_at")
    assert receipt.counts == {"references": 1, "matches": 2, "faces": 2}
    assert "bob" not in json.dumps(receipt.counts)


def test_faces_of_a_person_who_withdrew_stay_unknown(world: World) -> None:
    world.client("bob").post(reverse("accounts:withdraw"))
    upload(world.event, fakes.stripes(fakes.CHARLIE), "later.png")
    world.bobs_photo.refresh_from_db()
    type(world.bobs_photo).objects.filter(pk=world.bobs_photo.pk).await_analysis()
    request_sorting(world.event.pk)
    work_off()
    face = world.bobs_photo.faces.get()
    assert face.embedding is None
    assert face.cluster is None
    assert count_embeddings_of(fakes.BOB) == 0


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


def collide(world: World) -> None:
    person = Collision.Kind.PERSON
    collision = Collision(event=world.event, newcomer=world.bob, kind=person, other=world.charlie)
    collisions._save(collision)


def analyze_photos_again(world: World) -> None:
    delete_own_photo(world)
    Photo.objects.all().await_analysis()
    work_off()


def lose_the_keys(world: World) -> None:
    delete_own_photo(world)
    Face.objects.update(embedding=b"sealed with another key")
    discard_unopenable()
    work_off()


def sort_photos_again(world: World) -> None:
    delete_own_photo(world)
    request_sorting(world.event.pk)
    work_off()


@pytest.mark.parametrize("end", [changes.withdraw, account_changes.delete_account])
@pytest.mark.parametrize(
    "earlier_action",
    [
        delete_own_photo,
        replace_own_photo,
        leave,
        be_refused,
        collide,
        analyze_photos_again,
        sort_photos_again,
        lose_the_keys,
    ],
)
def test_embeddings_of_earlier_matches_are_deleted_too(
    world: World, earlier_action: Callable[[World], None], end: Callable[[User], None]
) -> None:
    charlies = count_embeddings_of(fakes.CHARLIE)
    earlier_action(world)
    assert not Match.objects.filter(registration__user=world.bob).exists()
    assert Face.objects.filter(photo=world.bobs_photo, embedding__isnull=False).exists()
    end(world.bob)
    assert count_embeddings_of(fakes.BOB) == 0
    assert count_embeddings_of(fakes.CHARLIE) == charlies
    assert not MatchedFace.objects.filter(user=world.bob.pk).exists()
    receipt = ErasureReceipt.objects.latest("erased_at")
    assert receipt.counts["matches"] == 0
    assert receipt.counts["faces"] == 2


def test_face_that_is_matched_with_another_person_now_stays(world: World) -> None:
    delete_own_photo(world)
    face = world.bobs_photo.faces.get()
    registration = world.charlie.registrations.get()
    Match.objects.create(
        registration=registration, face=face, status="match", distance=0, threshold=1
    )
    account_changes.delete_account(world.bob)
    face.refresh_from_db()
    assert face.embedding is not None


def test_earlier_matches_give_no_access(world: World) -> None:
    delete_own_photo(world)
    assert MatchedFace.objects.filter(user=world.bob).exists()
    assert names_for(world.bob, world.event) == []


def test_host_can_share_photos_with_a_person_who_withdrew(world: World) -> None:
    world.client("bob").post(reverse("accounts:withdraw"))
    bob = world.client("bob")
    gallery = reverse("galleries:gallery", args=[world.event.pk])
    original = reverse("media:photo", args=[world.bobs_photo.pk, "original"])
    assert bob.get(original).status_code == 404
    grant(registration=world.bob.registrations.get(), photo=world.bobs_photo)
    assert bob.get(gallery).status_code == bob.get(original).status_code == 200


def test_guest_list_address_is_deleted_with_its_account_only(connected: World) -> None:
    add_to_guest_list(event=connected.event, guests=dict.fromkeys(["dora@example.org"], ""))
    confirm_identity(connected.client("bob")).post(reverse("accounts:delete"))
    assert [row.email for row in GuestListAddress.objects.all()] == ["dora@example.org"]


def test_withdrawal_deletes_the_link_to_a_copied_photo_but_the_person_still_waits(
    world: World,
) -> None:
    Collision.objects.create(
        event=world.event,
        newcomer=world.bob,
        kind=Collision.Kind.PHOTO,
        face=world.bobs_photo.faces.get(),
    )
    changes.withdraw(world.bob)
    collision = Collision.objects.open().get()
    assert (collision.newcomer, collision.face) == (world.bob, None)
