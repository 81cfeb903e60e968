"""Erasing for good: rows and stored objects together."""

from __future__ import annotations

from django.db import transaction

from picprocure.accounts.models import User
from picprocure.events.models import Event
from picprocure.photos.models import Photo
from picprocure.storage import files


@transaction.atomic
def erase_event(event: Event) -> None:
    """Everything of an event: photos, faces, matches, registrations, files."""
    photos = Photo.objects.filter(event=event)
    files.discard(key for photo in photos for key in photo.storage_keys)
    files.discard([event.cover_key])
    event.delete()


@transaction.atomic
def erase_photo(photo: Photo) -> None:
    """One photo with its faces, matches and files: it leaves every gallery at once."""
    files.discard(photo.storage_keys)
    photo.delete()


@transaction.atomic
def erase_account(user: User) -> None:
    """Everything of a person, the events they created included."""
    for event in user.created_events.all():
        erase_event(event)
    files.discard(user.references.values_list("image_key", flat=True))
    user.delete()
