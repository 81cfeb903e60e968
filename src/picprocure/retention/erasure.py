"""Permanent deletion of events, photos and accounts: rows together with stored objects."""

from __future__ import annotations

from dataclasses import asdict

from django.db import transaction

from picprocure.accounts.emails import addresses_of, confirmed_addresses_of, has_address
from picprocure.accounts.models import User
from picprocure.events import ended
from picprocure.events.models import CoHostInvitation, Event, GuestListAddress
from picprocure.photos.models import Photo
from picprocure.photos.usage import change_usage, share_of
from picprocure.recognition import withdrawal
from picprocure.recognition.anchors import delete_with_images
from picprocure.recognition.withdrawal import forget_face
from picprocure.retention.models import ErasureReceipt
from picprocure.retention.sessions import SessionIndex
from picprocure.storage import files, keys
from picprocure.storage.database import wipe_after_commit
from picprocure.storage.reserve import frees_room


@frees_room
@transaction.atomic
def erase_event(event: Event) -> None:
    """Delete an event with its photos, faces, matches, registrations and stored objects.

    For some time, people who took part can see that it was deleted.
    """
    # Wait for transactions that add photos, faces or matches, so that these are deleted, too.
    list(Event.objects.select_for_update().filter(pk=event.pk))
    list(event.registrations.select_for_update())
    # Wait for a co-host whose account is being deleted, so that no hash of them is kept.
    list(event.co_hosts.select_for_update())
    photos = list(event.photos.select_for_update())
    files.discard([event.cover_key, *(key for photo in photos for key in photo.storage_keys)])
    files.expect_no_owner(keys.event_folder(event.pk))
    files.discard_folder(keys.event_folder(event.pk))
    delete_with_images(event.anchors.all())
    ended.remember_end(event)
    event.delete()
    wipe_after_commit()


@frees_room
@transaction.atomic
def erase_photo(photo: Photo) -> None:
    """Delete a photo with its faces, matches and stored objects, and from all galleries."""
    for locked in Photo.objects.select_for_update().filter(pk=photo.pk):
        files.discard(locked.storage_keys)
        files.expect_no_owner(keys.photo_folder(locked.event_id, locked.pk))
        locked.delete()
        change_usage(locked.event_id, removed=share_of(locked))
    wipe_after_commit()


def erase_account(user: User, sessions: SessionIndex | None = None) -> ErasureReceipt:
    """Delete everything about a person, including the events they created.

    Args:
        user: The person.
        sessions: The index of sessions. Within a transaction, pass one that was made before it.

    Returns:
        A receipt with what was deleted and how much, without anything about the person.
    """
    return _erase_account(user, sessions or SessionIndex())


@frees_room
@transaction.atomic
def _erase_account(user: User, sessions: SessionIndex) -> ErasureReceipt:
    list(User.objects.select_for_update().filter(pk=user.pk))
    counts = {"accounts": 1, "events": user.created_events.count()}
    counts["photos"] = Photo.objects.filter(event__creator=user).count()
    for event in user.created_events.all():
        erase_event(event)
    counts["registrations"] = user.registrations.count()
    counts |= asdict(forget_face(user))
    own = confirmed_addresses_of(user)
    # Other rows with these addresses go with their event. If they were deleted now, hosts would
    # learn which address had an account.
    GuestListAddress.objects.filter(registration__user=user).delete()
    CoHostInvitation.objects.filter(invitee__in=own, settled_at__isnull=False).delete()
    sessions.erase(user, own | _unshared_addresses_of(user))
    user_id = user.pk
    user.delete()
    ended.forget_person(user_id)
    return ErasureReceipt.objects.create(kind=ErasureReceipt.Kind.ACCOUNT, counts=counts)


@frees_room
@transaction.atomic
def withdraw(user: User) -> ErasureReceipt:
    """End face recognition for a person.

    Returns:
        A receipt with what was deleted and how much, without anything about the person.
    """
    forgotten = withdrawal.withdraw(user=user)
    return ErasureReceipt.objects.create(
        kind=ErasureReceipt.Kind.WITHDRAWAL, counts=asdict(forgotten)
    )


def _unshared_addresses_of(user: User) -> set[str]:
    """Return the person's addresses that no other account has.

    A sign-up may have used the address of another person, who keeps what belongs to it.
    """
    return {
        address
        for address in addresses_of(user)
        if not User.objects.filter(has_address(address)).exclude(pk=user.pk).exists()
    }
