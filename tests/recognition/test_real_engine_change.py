"""A site changes from dlib's network to SFace while an event is live: real photos and engines."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from conftest import names_for, new_user, take_part, upload
from picprocure.accounts.consent import CURRENT_CONSENT
from picprocure.accounts.models import User
from picprocure.events.models import Event
from picprocure.events.services import close_registration
from picprocure.faces.enrollment.quality import face_of_accepted
from picprocure.imaging.loading import load_upright
from picprocure.photos.models import Photo
from picprocure.pipeline import steps
from picprocure.recognition.engines import current_engine, use_current_engine
from picprocure.recognition.models import Face, Sorting
from picprocure.recognition.reference_photos import ReferencePhoto
from picprocure.recognition.references import enroll, store_reference
from picprocure.recognition.sorting import request_sorting
from real_engines import use_best_engine

PHOTOS = 8


@pytest.fixture
def people(event: Event, labeled_photos: Path, settings: Any) -> list[User]:
    """Return people who registered while the site had dlib's network."""
    use_best_engine(settings)
    settings.FACE_EMBEDDER = "dlib"
    use_current_engine()
    return [join(event, path) for path in sorted((labeled_photos / "event/people").iterdir())]


def join(event: Event, portrait: Path) -> User:
    user, engine = new_user(portrait.stem.lower()), current_engine()
    with portrait.open("rb") as file:
        image = load_upright(file, name=portrait.name, max_pixels=10_000_000)
    reference = ReferencePhoto(
        image=portrait.read_bytes(),
        embedding=face_of_accepted(engine, image).embedding,
        engine_version=engine.version,
    )
    enroll(
        user=user,
        reference=store_reference(reference),
        consent_version=CURRENT_CONSENT.version,
    )
    take_part(user, event)
    return user


@pytest.mark.engine
@pytest.mark.django_db(transaction=True)
def test_no_delivered_photo_is_taken_away(
    event: Event, people: list[User], labeled_photos: Path, settings: Any
) -> None:
    close_registration(event=event)
    for path in sorted((labeled_photos / "event/photos").iterdir())[:PHOTOS]:
        upload(event, path.read_bytes(), path.name)
    delivered = {user: set(names_for(user, event)) for user in people}

    def work_off(kept: dict[User, set[str]]) -> None:
        while Photo.objects.waiting().exists() or Sorting.objects.pending().exists():
            for photo in Photo.objects.waiting():
                steps.analyze_photo(photo.pk)
                assert {user: set(names_for(user, event)) for user in people} == kept
            steps.sort_event(event.pk)

    work_off(delivered)
    delivered = {user: set(names_for(user, event)) for user in people}
    assert sum(map(len, delivered.values())) >= PHOTOS
    settings.FACE_EMBEDDER = "sface"
    use_current_engine()
    request_sorting(event.pk)
    work_off(delivered)
    assert all(delivered[user] <= set(names_for(user, event)) for user in people)
    assert set(Face.objects.values_list("engine_version", flat=True)) == {current_engine().version}
