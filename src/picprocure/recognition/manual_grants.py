"""Photos that a host shares with a person manually, without face recognition."""

from __future__ import annotations

from django.db import transaction

from picprocure.events.models import Registration
from picprocure.photos.models import Photo
from picprocure.recognition.models import ManualGrant


class GrantRefused(Exception):
    """A photo can't be shared with this person. The message tells the host why."""


@transaction.atomic
def grant(*, registration: Registration, photo: Photo) -> None:
    """Share one photo of the event with a participant. Does nothing if it is shared already.

    Raises:
        GrantRefused: The photo or the person is not of this event, or not admitted.
    """
    locked = Registration.objects.select_for_update().get(pk=registration.pk)
    if photo.event_id != locked.event_id:
        raise GrantRefused("This photo belongs to another event.")
    if locked.status != Registration.Status.ADMITTED:
        raise GrantRefused("Approve this guest first. Then you can share photos with them.")
    ManualGrant.objects.get_or_create(registration=locked, photo=photo)
    if not locked.had_photos:
        locked.had_photos = True
        locked.save(update_fields=["had_photos"])


def revoke(*, registration: Registration, photo: Photo) -> None:
    ManualGrant.objects.filter(registration=registration, photo=photo).delete()
