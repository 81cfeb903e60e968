"""What an installation from before has is brought along."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from conftest import World
from picprocure.accounts.consent import CONSENT_TEXTS
from picprocure.events.models import Registration
from picprocure.faces.types import Box
from picprocure.recognition.embeddings import (
    embedding_of,
    embeddings_of,
    face_context,
    image_context,
    seal_reference,
)
from picprocure.recognition.models import Anchor, Collision, Face, MatchedFace, Reference
from picprocure.storage import files
from picprocure.storage.sealing import unseal
from snapshots import stored_objects

pytestmark = pytest.mark.django_db(transaction=True)

BEFORE = [
    ("accounts", "0001_initial"),
    ("events", "0001_initial"),
    ("photos", "0002_errors"),
    ("recognition", "0003_engine_in_use"),
]
EMBEDDING = np.arange(128, dtype=np.float32)


def migrate(*targets: tuple[str, str]) -> Any:
    """The models as they are there; without targets, those of now."""
    executor = MigrationExecutor(connection)
    wanted = list(targets) or executor.loader.graph.leaf_nodes()
    executor.migrate(wanted)
    return MigrationExecutor(connection).loader.project_state(wanted).apps


@pytest.fixture
def before() -> Iterator[Any]:
    yield migrate(*BEFORE)
    migrate()


@pytest.fixture
def reference_id(before: Any) -> uuid.UUID:
    """Bob, registered for Alice's event, one photo of which shows a face."""
    now = timezone.now()
    users = before.get_model("accounts", "User").objects
    alice, bob = (users.create(username=name, email=f"{name}@x.org") for name in ("alice", "bob"))
    before.get_model("accounts", "Consent").objects.create(
        user=bob, version="2026-11", given_at=now
    )
    event = before.get_model("events", "Event").objects.create(
        creator=alice,
        name="Picnic",
        registration_closes_at=now + timedelta(hours=1),
        expires_at=now,
    )
    before.get_model("events", "Registration").objects.create(event=event, user=bob)
    reference_id = uuid.uuid4()
    key = f"references/{reference_id}.jpg"
    files.store(key, b"a picture")
    files.keep(key)
    before.get_model("recognition", "Reference").objects.create(
        pk=reference_id,
        user=bob,
        image_key=key,
        embedding=EMBEDDING.tobytes(),
        engine_version="stripes-1",
        known_since=now,
    )
    photo = before.get_model("photos", "Photo").objects.create(
        event=event,
        name="1.jpg",
        original_key="k",
        sha256="0" * 64,
        width=9,
        height=9,
        size_bytes=1,
    )
    before.get_model("recognition", "Face").objects.create(
        photo=photo, left=1, top=2, right=3, bottom=4, embedding=EMBEDDING.tobytes()
    )
    return reference_id


def test_who_was_registered_is_admitted_by_the_consent_of_then(reference_id: uuid.UUID) -> None:
    migrate()
    registration = Registration.objects.get()
    assert registration.status == Registration.Status.ADMITTED
    assert not registration.event.approval
    assert registration.consent.text == CONSENT_TEXTS["2026-11"].in_full
    admission = registration.reference_admissions.get()  # type: ignore[attr-defined]
    assert admission.reference_id == reference_id
    assert registration.user.consents.get().text == CONSENT_TEXTS["2026-11"].in_full
    anchor = Anchor.objects.get()
    assert (anchor.user, anchor.reference_id) == (registration.user, reference_id)
    assert (embedding_of(anchor) == EMBEDDING).all()
    assert files.is_stored(anchor.image_key)


def test_what_was_open_is_sealed_and_the_open_picture_goes(reference_id: uuid.UUID) -> None:
    migrate()
    reference = Reference.objects.get(pk=reference_id)
    assert EMBEDDING.tobytes() not in bytes(reference.embedding)
    assert (embeddings_of([reference])[0] == EMBEDDING).all()
    with files.open_stored(reference.image_key) as stored:
        assert unseal(stored.read(), context=image_context(reference_id)) == b"a picture"
    files.remove_due(timezone.now() + timedelta(days=2))
    assert stored_objects() == {reference.image_key}
    face = Face.objects.get()
    box = Box(face.left, face.top, face.right, face.bottom)
    context = face_context(face.photo_id, box)
    assert unseal(bytes(face.embedding or b""), context=context) == EMBEDDING.tobytes()


@pytest.fixture
def before_anchors() -> Iterator[Any]:
    yield migrate(
        ("accounts", "0004_host_mails"),
        ("events", "0008_co_hosts"),
        ("recognition", "0007_live_capture"),
    )
    migrate()


def test_what_counted_becomes_the_anchor_and_collisions_name_people(before_anchors: Any) -> None:
    """The oldest admitted face known at the close, not one of after it; none of who waits."""
    model, now = before_anchors.get_model, timezone.now()
    hour = timedelta(hours=1)
    users = [
        model("accounts", "User").objects.create(username=name, email=f"{name}@x.org")
        for name in ("alice", "bob", "mallory", "pending", "late")
    ]
    alice, bob, mallory, pending, late = users
    event = model("events", "Event").objects.create(
        creator=alice, name="Picnic", registration_closes_at=now - hour, expires_at=now + hour
    )

    def register(user: Any, *known: timedelta, status: str = "admitted", at: Any = 5 * hour) -> Any:
        registration = model("events", "Registration").objects.create(
            event=event, user=user, status=status, registered_at=now - at
        )
        model("events", "EventConsent").objects.create(
            registration=registration, version="event-2027-01", text="", given_at=now - at
        )
        for ago in known:
            reference = model("recognition", "Reference").objects.create(
                pk=(pk := uuid.uuid4()),
                user=user,
                image_key=f"references/{pk}.sealed",
                embedding=seal_reference(EMBEDDING, pk),
                engine_version="stripes-1",
                known_since=now - ago,
                created_at=now - ago,
            )
            if status == "admitted":
                model("recognition", "ReferenceAdmission").objects.create(
                    registration=registration, reference=reference
                )
        return registration

    register(bob, 2 * hour, 4 * hour, 0 * hour)
    theft = register(mallory, 0 * hour)
    register(pending, 4 * hour, status="pending")
    register(late, 0 * hour, at=0 * hour)
    references = model("recognition", "Reference").objects
    first = references.filter(user=bob).order_by("created_at").first()
    model("recognition", "Collision").objects.create(
        registration=theft,
        kind="person",
        reference=references.get(user=mallory),
        other_reference=first,
    )
    migrate()
    anchors = {anchor.user.username: anchor for anchor in Anchor.objects.all()}
    assert set(anchors) == {"bob", "late"}
    assert anchors["bob"].reference_id == first.pk
    assert (embedding_of(anchors["bob"]) == EMBEDDING).all()
    collision = Collision.objects.get()
    assert collision.event_id == event.pk
    assert (collision.newcomer.username, collision.other.username) == ("mallory", "bob")  # type: ignore[union-attr]
    Reference.objects.all().delete()
    assert Collision.objects.get().other == collision.other


def test_matches_of_before_are_remembered(world: World) -> None:
    remembered = set(MatchedFace.objects.values_list("user", "face"))
    MatchedFace.objects.all().delete()
    migrate(("recognition", "0016_matched_faces"))
    migrate()
    assert remembered == set(MatchedFace.objects.values_list("user", "face"))
    assert {user for user, _ in remembered} == {world.bob.pk}
