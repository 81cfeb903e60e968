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

from conftest import stored_objects
from picprocure.accounts.consent import CONSENT_TEXTS
from picprocure.events.models import Registration
from picprocure.faces.types import Box
from picprocure.recognition.embeddings import embeddings_of, face_context, image_context
from picprocure.recognition.models import Face, Reference
from picprocure.storage import files
from picprocure.storage.sealing import unseal

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
