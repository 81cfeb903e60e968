"""After withdrawal and after deletion every table and every stored object is searched."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from django.core.files.storage import storages
from django.db import connection
from django.urls import reverse

import fakes
from conftest import PASSWORD, World, stored_objects, upload, work_off
from picprocure.accounts.models import User
from picprocure.events.models import ExpectedAddress
from picprocure.events.services import expect
from picprocure.recognition.embeddings import embeddings_of
from picprocure.recognition.event_rows import EventFaces
from picprocure.recognition.handing import hand_over
from picprocure.recognition.models import Face, Reference
from picprocure.recognition.sorting import request_sorting
from picprocure.retention.models import ErasureReceipt

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
    expect(event=full_world.event, emails=[full_world.bob.email])
    registration = full_world.bob.registrations.get()
    hand_over(registration=registration, photo=full_world.strangers_photo)
    browser = full_world.client("bob")
    browser.get(reverse("accounts:profile"))
    full_world.client("anonymous").post(
        reverse("account_reset_password"), {"email": full_world.bob.email}
    )
    return full_world


def test_the_search_finds_what_is_there(entangled: World) -> None:
    """Or it would prove nothing."""
    found = places_with(words_of(entangled.bob))
    assert {"accounts_user.email", "events_expectedaddress.email"} <= found
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


def test_the_creator_hands_photos_over_to_whom_withdrew(world: World) -> None:
    world.client("bob").post(reverse("accounts:withdraw"))
    bob = world.client("bob")
    gallery = reverse("galleries:gallery", args=[world.event.pk])
    original = reverse("media:photo", args=[world.bobs_photo.pk, "original"])
    assert bob.get(original).status_code == 404
    hand_over(registration=world.bob.registrations.get(), photo=world.bobs_photo)
    assert bob.get(gallery).status_code == bob.get(original).status_code == 200


def test_an_expected_address_goes_with_its_account_only(entangled: World) -> None:
    expect(event=entangled.event, emails=["dora@example.org"])
    entangled.client("bob").post(reverse("accounts:delete"), {"password": PASSWORD})
    assert [row.email for row in ExpectedAddress.objects.all()] == ["dora@example.org"]
