"""Photos that the creator of an event gives to somebody by hand, without any face."""

from __future__ import annotations

from django.db import transaction

from picprocure.events.models import Registration
from picprocure.photos.models import Photo
from picprocure.recognition.models import HandedOver


class NotHandedOver(Exception):
    """The message says why, fit for the creator of the event."""


@transaction.atomic
def hand_over(*, registration: Registration, photo: Photo) -> None:
    """Give one photo of the event to a person who takes part in it; twice changes nothing.

    Raises NotHandedOver.
    """
    locked = Registration.objects.select_for_update().get(pk=registration.pk)
    if photo.event_id != locked.event_id:
        raise NotHandedOver("This photo belongs to another event.")
    if locked.status != Registration.Status.ADMITTED:
        raise NotHandedOver("Approve this guest first. Then you can share photos with them.")
    HandedOver.objects.get_or_create(registration=locked, photo=photo)


def take_back(*, registration: Registration, photo: Photo) -> None:
    HandedOver.objects.filter(registration=registration, photo=photo).delete()
