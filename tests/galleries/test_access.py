"""The access rule, for one person and for all people of an event at once."""

from __future__ import annotations

from uuid import UUID

import pytest
from django.utils import timezone

from conftest import World
from picprocure.accounts.models import User
from picprocure.events.models import Event, Registration
from picprocure.galleries.access import galleries_of, photos_visible_to
from picprocure.photos.models import Photo
from picprocure.pipeline import changes
from picprocure.recognition.models import Match

pytestmark = pytest.mark.django_db(transaction=True)


def galleries_one_by_one(event: Event) -> dict[int, set[UUID]]:
    galleries = {
        registration.pk: set(
            photos_visible_to(registration.user, event).values_list("pk", flat=True)
        )
        for registration in event.registrations.all()
    }
    return {pk: photos for pk, photos in galleries.items() if photos}


@pytest.fixture
def all_matched(full_world: World) -> World:
    """Match each registration with a face in each photo, and share a photo with Charlie."""
    event = full_world.event
    changes.share_manually(
        registration=full_world.charlie.registrations.get(), photos=[full_world.strangers_photo]
    )
    for registration in event.registrations.all():
        for photo in event.photos.all():
            Match.objects.get_or_create(
                registration=registration,
                face=photo.faces.first(),
                defaults={"status": Match.Status.MATCHED, "distance": 0.3, "threshold": 0.4},
            )
    return full_world


def test_galleries_of_agrees_with_photos_visible_to(all_matched: World) -> None:
    event = all_matched.event
    galleries = galleries_of(event)
    assert galleries == galleries_one_by_one(event)
    names = set(
        Registration.objects.filter(pk__in=galleries).values_list("user__username", flat=True)
    )
    assert names == {"bob", "charlie", "withdrawn"}  # not those who wait or were refused


def test_galleries_of_leaves_out_deactivated_people_and_failed_photos(all_matched: World) -> None:
    event = all_matched.event
    User.objects.filter(username="bob").update(is_active=False)
    Photo.objects.filter(pk=all_matched.shared_photo.pk).update(status=Photo.Status.FAILED)
    assert galleries_of(event) == galleries_one_by_one(event) != {}
    Event.objects.update(expires_at=timezone.now())
    assert galleries_of(event) == galleries_one_by_one(event) == {}
