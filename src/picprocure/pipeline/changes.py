"""What people change after the fact, together with asking for what is then out of date.

Each is one transaction, so that no change is ever left without its consequences.
"""

from __future__ import annotations

import string
from collections.abc import Iterable
from datetime import timedelta
from functools import partial
from uuid import UUID

from allauth.account.models import EmailAddress
from django.db import transaction
from django.db.models import Max, QuerySet
from django.utils import timezone
from django.utils.crypto import get_random_string

from picprocure.accounts.consent import ConsentText
from picprocure.accounts.emails import claimed_besides, confirmed_accounts, unconfirmed_sign_ups
from picprocure.accounts.models import User
from picprocure.events import co_hosts, host_mails, services
from picprocure.events.models import Event, Registration
from picprocure.events.services import EventDetails
from picprocure.notifications import mails
from picprocure.photos.models import Photo
from picprocure.photos.services import derive_capture_times
from picprocure.pipeline.queue import (
    queue_mails,
    queue_notices,
    queue_publishing,
    queue_sorting,
)
from picprocure.pipeline.steps import analyze_again
from picprocure.recognition import admission, collisions, enrollment, handing, liveness
from picprocure.recognition.anchors import fix_anchor
from picprocure.recognition.enrollment import StoredReference
from picprocure.recognition.models import Reference
from picprocure.recognition.sorting import request_sorting
from picprocure.retention import erasure
from picprocure.retention.erasure import erase_account, erase_photo
from picprocure.retention.sessions import SessionIndex
from picprocure.storage.reserve import frees_room

_MOST_CLAIMS = 3
_UNTIL_ITS_SESSION_IS_SAVED = timedelta(seconds=10)  # after a sign-up


@transaction.atomic
def join_event(*, user: User, event: Event, consent: ConsentText | None) -> Registration:
    """Register, to be looked for unless ``consent`` is None.

    Raises RegistrationClosed or EmailNotConfirmed.
    """
    registration = services.register(user=user, event=event, consent=consent)
    admission.admit_by_itself(registration)
    fix_anchor(registration)  # for people who were admitted before and agree only now
    collisions.hold_collisions(event)
    queue_notices(event.pk)
    if event.photos.exists():  # registration was reopened
        _sort_again(event.pk)
    return registration


def edit_event(*, event: Event, details: EventDetails, cover: bytes | None) -> None:
    """Change what the creator says of an event, with all that follows from it.

    Where approval is no longer asked for, who waits is admitted; photos stay longer at once.
    """
    cover_key = services.store_cover(event.pk, cover)
    zone = event.zone
    with transaction.atomic():
        services.edit_event(event=event, details=details, cover_key=cover_key)
        if event.zone != zone:
            derive_capture_times(event)
        last = event.photos.aggregate(last=Max("released_at"))["last"]
        services.extend_availability(event=event, released_at=last)
        if not event.approval:
            waiting = event.registrations.filter(status=Registration.Status.PENDING)
            for registration in waiting.select_related("user", "event"):
                admission.admit_by_itself(registration)
        _sort_again(event.pk)


@transaction.atomic
def add_reference(
    *,
    user: User,
    reference: StoredReference,
    consent_version: str,
    replacing: Reference | None = None,
) -> Reference:
    """A new reference, perhaps in place of another: every event of the person is sorted again.

    Where the creator admits people, it counts once they have seen it. Raises RefusedEnrollment.
    """
    enrolled = enrollment.enroll(
        user=user, reference=reference, consent_version=consent_version, replacing=replacing
    )
    for registration in admission.registrations_of(user):
        admission.admit_by_itself(registration)
        collisions.hold_collisions(registration.event)
        queue_notices(registration.event_id)
    _sort_all_again(user)
    return enrolled


@frees_room
@transaction.atomic
def delete_reference(*, user: User, reference: Reference) -> None:
    enrollment.delete_reference(user=user, reference=reference)
    _sort_all_again(user)


@transaction.atomic
def admit(
    *, registration: Registration, reference_ids: Iterable[UUID], though_refused: bool = False
) -> bool:
    """A host admits a person with the references they were shown. Returns whether it was done."""
    is_admitted = admission.admit(
        registration=registration, reference_ids=reference_ids, though_refused=though_refused
    )
    if is_admitted:
        _sort_again(registration.event_id)
    return is_admitted


@transaction.atomic
def refuse(registration: Registration) -> None:
    """The creator refuses a person, before or after they were admitted."""
    admission.refuse(registration)
    _sort_again(registration.event_id)  # whom they collided with may be looked for now


@transaction.atomic
def admit_held(
    *,
    registration: Registration,
    reference_ids: Iterable[UUID],
    collision_ids: Iterable[int],
) -> bool:
    """A host says that a face which looked borrowed is the person's own, and admits them.

    Only what the host was shown counts. Returns whether it was done.
    """
    is_admitted = admit(registration=registration, reference_ids=reference_ids)
    if is_admitted:
        collisions.dismiss_collisions(registration, collision_ids)
    return is_admitted


@transaction.atomic
def pass_live_capture(seen: liveness.SeenLive) -> None:
    """Somebody was seen live; where that is required, they are looked for from now on."""
    liveness.record(seen)
    _sort_again(seen.registration.event_id)


@transaction.atomic
def hand_over(
    *, registration: Registration, photos: Iterable[Photo], taken_back: Iterable[Photo] = ()
) -> None:
    """Give photos to a person by hand, and take others back: all or none. Raises NotHandedOver."""
    for photo in photos:
        handing.hand_over(registration=registration, photo=photo)
    for photo in taken_back:
        handing.take_back(registration=registration, photo=photo)
    queue_publishing(registration.event_id)


@frees_room
@transaction.atomic
def withdraw(user: User) -> None:
    """End face recognition for a person; their galleries close."""
    erasure.withdraw(user)
    for event_id in user.registrations.values_list("event", flat=True):
        queue_publishing(event_id)


@transaction.atomic
def invite_co_host(*, event: Event, invitee: str) -> None:
    """Invite a person to run the event, too, and notify them. Raises NoCoHost."""
    co_hosts.invite(event=event, invitee=invitee)
    queue_notices(event.pk)


@transaction.atomic
def write_to_everybody(*, event: Event, author: User, subject: str, text: str) -> int:
    """A mail to each person who takes part. Returns to how many. Raises NotAllowedToWrite."""
    count = host_mails.write(event=event, author=author, subject=subject, text=text)
    queue_notices(event.pk)
    return count


def delete_account(user: User) -> None:
    """Everything of a person goes; a mail tells them what and when."""
    _delete_account(user, SessionIndex())


@frees_room
@transaction.atomic
def _delete_account(user: User, sessions: SessionIndex) -> None:
    email, username = user.email, user.username
    receipt = erase_account(user, sessions)
    mails.account_deleted(
        email=email,
        username=username,
        counts=receipt.counts,
        receipt=str(receipt.pk),
        at=receipt.erased_at,
    )
    queue_mails()


def prove_address(*, user: User, email: str) -> User:
    """Return the account of the person who just confirmed ``email``.

    An unconfirmed account may have been filled in by another person. So unless the address has a
    confirmed account, its owner starts with an empty one.
    """
    if EmailAddress.objects.filter(user=user, email=email.lower(), verified=True).exists():
        return user
    sessions = _sessions_for(unconfirmed_sign_ups(email))
    with transaction.atomic():
        accounts = confirmed_accounts(email)
        own = accounts.filter(pk=user.pk).first() or accounts.first() or _empty_account(email)
        EmailAddress.objects.get_or_create(user=own, email=email.lower())
        _erase_other_sign_ups(email, own, sessions)
    return own


def erase_other_sign_ups(*, email: str, owner: User) -> None:
    """Erase what others entered with an address before its owner confirmed it.

    Accounts that confirmed another address only lose their claim.
    """
    sessions = _sessions_for(unconfirmed_sign_ups(email).exclude(pk=owner.pk))
    with transaction.atomic():
        _erase_other_sign_ups(email, owner, sessions)


def _erase_other_sign_ups(email: str, owner: User, sessions: SessionIndex | None) -> None:
    for user in unconfirmed_sign_ups(email).exclude(pk=owner.pk):
        erase_account(user, sessions)
    for user in claimed_besides(email).exclude(pk=owner.pk):
        EmailAddress.objects.filter(user=user, email=email.lower()).delete()
        user.email = EmailAddress.objects.get_verified(user).email
        user.save(update_fields=["email"])


def make_room_for_claim(email: str, *, besides: User | None = None) -> bool:
    """Return whether one more sign-up may claim an address. Erases claims whose code expired.

    Sign-ups that wait for their code stay. Otherwise, strangers could end them by claiming the
    address a few times.
    """
    claims = unconfirmed_sign_ups(email)
    if besides:
        claims = claims.exclude(pk=besides.pk)
    if claims.count() < _MOST_CLAIMS:
        return True
    sessions = SessionIndex()
    return _erase_expired_claims(claims, sessions) < _MOST_CLAIMS


@frees_room
@transaction.atomic
def _erase_expired_claims(claims: QuerySet[User], sessions: SessionIndex) -> int:
    """Return how many claims are left."""
    confirming = sessions.confirming()
    new = timezone.now() - _UNTIL_ITS_SESSION_IS_SAVED
    for user in claims.filter(date_joined__lt=new):
        if user.pk not in confirming:
            erase_account(user, sessions)
    return claims.count()


def _sessions_for(users: QuerySet[User]) -> SessionIndex | None:
    """Read the sessions if there are users to erase."""
    return SessionIndex() if users.exists() else None


def _empty_account(email: str) -> User:
    """Make an account without names and password. Its address counts once it is confirmed."""
    letters = get_random_string(8, string.ascii_lowercase + string.digits)
    return User.objects.create_user(username=f"guest-{letters}", email=email.lower())


@transaction.atomic
def switch_off(user: User) -> None:
    """End the sessions and the shared links of an account that the operator switched off."""
    transaction.on_commit(partial(_end_sessions, user))
    for event_id in user.registrations.values_list("event", flat=True):
        queue_publishing(event_id)


@frees_room
def _end_sessions(user: User) -> None:
    """Call it when the account is switched off already, so that no session begins after this."""
    sessions = SessionIndex()
    with transaction.atomic():
        sessions.erase(user, addresses=())


@frees_room
@transaction.atomic
def delete_photo(photo: Photo) -> None:
    """Take one photo back; the event's other photos may have waited for it."""
    erase_photo(photo)
    _sort_again(photo.event_id)


@transaction.atomic
def retry_photos(event: Event, photo_ids: list[UUID] | None = None) -> int:
    """Put failed photos back to be analyzed, those given or all, and sort again.

    Returns how many photos.
    """
    failed = Photo.objects.failed().filter(event=event)
    if photo_ids is not None:
        failed = failed.filter(pk__in=photo_ids)
    count = analyze_again(failed)
    _sort_again(event.pk)
    return count


def _sort_all_again(user: User) -> None:
    for event_id in user.registrations.values_list("event", flat=True):
        _sort_again(event_id)


def _sort_again(event_id: UUID) -> None:
    request_sorting(event_id)
    queue_sorting(event_id)
    queue_publishing(event_id)
