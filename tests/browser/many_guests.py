"""Commands for a running site: register hundreds of people for an event in a few statements.

Their pictures and embeddings are made up. Two of them have the same face.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from uuid import uuid4

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from picprocure.accounts.consent import CURRENT_CONSENT, EVENT_CONSENT
from picprocure.accounts.emails import confirm_email
from picprocure.accounts.models import Consent, User
from picprocure.events.models import Event, EventConsent, Registration
from picprocure.pipeline.changes import join_event
from picprocure.recognition.embeddings import image_context, seal_reference
from picprocure.recognition.engines import current_engine
from picprocure.recognition.models import Reference
from picprocure.storage import files, keys
from picprocure.storage.sealing import seal

SPECIAL_NAMES = ["José Ñandú", "محمد الطيب", "דוד כהן", "Zoë Straße"]
TWINS = ["Castor Gemini", "Pollux Gemini"]


def add(event_id: str, count: str) -> None:
    """Register people who wait for approval, the last two with one face, whom a job compares."""
    event = Event.objects.get(pk=event_id)
    ordinary = int(count) - len(SPECIAL_NAMES) - len(TWINS)
    names = [f"Guest Number{number:03}" for number in range(ordinary)]
    users = _users([*names, *SPECIAL_NAMES])
    _register(event, users)
    twins = _users(TWINS)
    _add_references(twins, [_embedding(-1)] * len(twins))
    for twin in twins:
        confirm_email(twin)
        join_event(user=twin, event=event, consent=EVENT_CONSENT)


def _users(names: list[str]) -> list[User]:
    emails = [f"{uuid4().hex}@example.org" for _ in names]
    parts = [name.split(" ") for name in names]
    User.objects.bulk_create(
        User(email=email, first_name=first, last_name=last)
        for email, (first, last) in zip(emails, parts, strict=True)
    )
    by_email = {user.email: user for user in User.objects.filter(email__in=emails)}
    users = [by_email[email] for email in emails]
    version, text = CURRENT_CONSENT.version, CURRENT_CONSENT.full_text
    Consent.objects.bulk_create(Consent(user=user, version=version, text=text) for user in users)
    return users


def _register(event: Event, users: list[User]) -> None:
    Registration.objects.bulk_create(Registration(event=event, user=user) for user in users)
    EventConsent.objects.bulk_create(
        EventConsent(registration=row, version=EVENT_CONSENT.version, text=EVENT_CONSENT.full_text)
        for row in Registration.objects.filter(event=event, user__in=users)
    )
    _add_references(users, [_embedding(number) for number in range(len(users))])


def _add_references(users: list[User], embeddings: list[NDArray[np.float32]]) -> None:
    version = current_engine().version
    rows, pictures = [], {}
    for number, (user, embedding) in enumerate(zip(users, embeddings, strict=True)):
        row = Reference(id=uuid4(), user=user, engine_version=version)
        row.embedding = seal_reference(embedding, row.pk)
        row.image_key = keys.reference_image(row.pk)
        pictures[row.image_key] = seal(_picture(number), context=image_context(row.pk))
        rows.append(row)
    files.store_all(pictures)
    Reference.objects.bulk_create(rows)
    files.keep(*pictures)


def _picture(number: int) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (64, 64), (number * 7 % 256, number * 13 % 256, 120)).save(out, "JPEG")
    return out.getvalue()


def _embedding(number: int) -> NDArray[np.float32]:
    numbers = np.random.default_rng(number + 1).normal(size=128).astype(np.float32)
    unit: NDArray[np.float32] = numbers / np.linalg.norm(numbers)
    return unit


COMMANDS: dict[str, Callable[..., None]] = {"add": add}
