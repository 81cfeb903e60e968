"""Erasing for good: rows and stored objects together."""

from __future__ import annotations

import json
from dataclasses import asdict

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.models import Session
from django.db import transaction

from picprocure.accounts.models import User
from picprocure.events.models import Event, ExpectedAddress
from picprocure.photos.models import Photo
from picprocure.recognition import enrollment
from picprocure.recognition.anchors import delete_anchors
from picprocure.recognition.enrollment import forget_face
from picprocure.retention.models import ErasureReceipt
from picprocure.storage import files, keys
from picprocure.storage.reserve import frees_room


@frees_room
@transaction.atomic
def erase_event(event: Event) -> None:
    """Everything of an event: photos, faces, matches, registrations, files."""
    # Waits for whoever is just adding a photo, faces or matches, so that they go too.
    list(Event.objects.select_for_update().filter(pk=event.pk))
    list(event.registrations.select_for_update())
    photos = list(event.photos.select_for_update())
    files.discard([event.cover_key, *(key for photo in photos for key in photo.storage_keys)])
    files.discard_folder(keys.event_folder(event.pk))
    delete_anchors(event.anchors.all())
    event.delete()


@frees_room
@transaction.atomic
def erase_photo(photo: Photo) -> None:
    """One photo with its faces, matches and files: it leaves every gallery at once."""
    for locked in Photo.objects.select_for_update().filter(pk=photo.pk):
        files.discard(locked.storage_keys)
        locked.delete()


@frees_room
@transaction.atomic
def erase_account(user: User) -> ErasureReceipt:
    """Everything of a person, the events they created included.

    What remains is a receipt that tells how much of what went, and nothing of whom.
    """
    list(User.objects.select_for_update().filter(pk=user.pk))
    counts = {"accounts": 1, "events": user.created_events.count()}
    counts["photos"] = Photo.objects.filter(event__creator=user).count()
    for event in user.created_events.all():
        erase_event(event)
    counts["registrations"] = user.registrations.count()
    counts |= asdict(forget_face(user))
    ExpectedAddress.objects.filter(email=user.email.lower()).delete()
    _erase_sessions(user)
    user.delete()
    return ErasureReceipt.objects.create(kind=ErasureReceipt.Kind.ACCOUNT, counts=counts)


@frees_room
@transaction.atomic
def withdraw(user: User) -> ErasureReceipt:
    """End face recognition for a person, with a receipt that tells nothing of them."""
    forgotten = enrollment.withdraw(user=user)
    return ErasureReceipt.objects.create(
        kind=ErasureReceipt.Kind.WITHDRAWAL, counts=asdict(forgotten)
    )


def _erase_sessions(user: User) -> None:
    """Sessions of the person, and those that hold their address, as a password reset does."""
    named = [
        session.pk
        for session in Session.objects.iterator()
        if user.email in (text := json.dumps(session.get_decoded()))
        or f'"{SESSION_KEY}": "{user.pk}"' in text
    ]
    Session.objects.filter(pk__in=named).delete()
