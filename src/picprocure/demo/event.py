"""The people, photos and event of the demo."""

from __future__ import annotations

import io
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from django.db import transaction
from django.utils import timezone

from picprocure.accounts.consent import CURRENT_CONSENT, EVENT_CONSENT
from picprocure.accounts.emails import confirm_email
from picprocure.accounts.models import User
from picprocure.demo import samples
from picprocure.events.models import Event
from picprocure.events.services import EventDetails, close_registration, create_event
from picprocure.pipeline.changes import admit, join_event
from picprocure.pipeline.steps import receive_photo
from picprocure.recognition.engines import current_engine
from picprocure.recognition.reference_photos import read_picture, read_reference
from picprocure.recognition.references import enroll, store_reference

PASSWORD = "show-me-my-photos"  # noqa: S105 -- printed by the demo, on a database of its own


@dataclass(frozen=True, slots=True)
class DemoPerson:
    first_name: str
    last_name: str
    profile_photo: bytes

    @property
    def email(self) -> str:
        return f"{self.first_name.lower()}@example.com"


def demo_people() -> list[DemoPerson]:
    """Return the demo's people, the host first. No profile photo is one of the event's photos."""
    return [
        DemoPerson("Maya", "Lindqvist", samples.portrait_of_woman()),
        DemoPerson("Barack", "Obama", samples.portrait("obama").read_bytes()),
        DemoPerson("Joe", "Biden", samples.portrait("biden").read_bytes()),
    ]


def demo_photos() -> list[Path]:
    groups = [samples.group_photo(number) for number in (1, 2, 4, 5, 6)]
    return [*groups, samples.portrait("obama2"), samples.portrait("obama3")]


def sign_up(person: DemoPerson) -> User:
    """Create an account in the same steps as the sign-up page."""
    reference = store_reference(
        read_reference(
            read_picture(
                io.BytesIO(person.profile_photo),
                name=f"{person.first_name}.jpg",
                size=len(person.profile_photo),
            ),
            engine=current_engine(),
        )
    )
    with transaction.atomic():
        user = User.objects.create_user(
            email=person.email,
            password=PASSWORD,
            first_name=person.first_name,
            last_name=person.last_name,
            notify_photos=False,  # the terminal has its own summary
            notify_people=False,
        )
        confirm_email(user)
        enroll(user=user, reference=reference, consent_version=CURRENT_CONSENT.version)
    return user


def create_demo_event(host: User, guests: Iterable[User], photos: Iterable[Path]) -> Event:
    """Create the event, register all guests, close registration, and upload the photos."""
    event = create_event(
        creator=host,
        details=EventDetails(
            name="Summer party",
            description="An evening with friends and two presidents. Some strangers passed by.",
            is_listed=True,
        ),
        closes_at=timezone.now() + timedelta(hours=2),
    )
    for guest in guests:
        registration = join_event(user=guest, event=event, consent=EVENT_CONSENT)
        reference_ids = guest.references.values_list("pk", flat=True)
        admit(registration=registration, reference_ids=reference_ids)
    close_registration(event=event)
    for path in photos:
        content = path.read_bytes()
        receive_photo(
            event=event,
            uploaded_by=host,
            upload=io.BytesIO(content),
            name=path.name,
            size=len(content),
        )
    return event
