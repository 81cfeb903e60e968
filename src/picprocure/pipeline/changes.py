"""What people change after the fact, together with asking for what is then out of date.

Each is one transaction, so that no change is ever left without its consequences.
"""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.db import transaction
from django.db.models import Max

from picprocure.accounts.consent import ConsentText
from picprocure.accounts.models import User
from picprocure.events import co_hosts, host_mails, services
from picprocure.events.models import Event, Registration
from picprocure.events.services import EventDetails
from picprocure.notifications import mails
from picprocure.photos.models import Photo
from picprocure.photos.services import derive_capture_times
from picprocure.pipeline.queue import (
    queue_announcements,
    queue_mails,
    queue_publishing,
    queue_sorting,
)
from picprocure.pipeline.steps import analyze_again
from picprocure.recognition import admission, collisions, liveness, manual_grants, references
from picprocure.recognition.anchors import fix_anchor
from picprocure.recognition.models import Reference
from picprocure.recognition.references import StoredReference
from picprocure.recognition.sorting import request_sorting
from picprocure.retention import erasure
from picprocure.retention.erasure import erase_event, erase_photo
from picprocure.storage.reserve import frees_room


@transaction.atomic
def join_event(*, user: User, event: Event, consent: ConsentText | None) -> Registration:
    """Register, to be looked for unless ``consent`` is None.

    Raises RegistrationClosed or EmailNotConfirmed.
    """
    registration = services.register(user=user, event=event, consent=consent)
    admission.admit_automatically(registration)
    fix_anchor(registration)  # for people who were admitted before and agree only now
    collisions.record_collisions(event)
    queue_announcements(event.pk)
    if event.photos.exists():  # registration was reopened
        sort_again(event.pk)
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
        if not event.requires_approval:
            waiting = event.registrations.filter(status=Registration.Status.PENDING)
            for registration in waiting.select_related("user", "event"):
                admission.admit_automatically(registration)
        sort_again(event.pk)


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
    enrolled = references.enroll(
        user=user, reference=reference, consent_version=consent_version, replacing=replacing
    )
    for registration in admission.registrations_of(user):
        admission.admit_automatically(registration)
        collisions.record_collisions(registration.event)
        queue_announcements(registration.event_id)
    _sort_all_again(user)
    return enrolled


@frees_room
@transaction.atomic
def delete_reference(*, user: User, reference: Reference) -> None:
    references.delete_reference(user=user, reference=reference)
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
        sort_again(registration.event_id)
    return is_admitted


@transaction.atomic
def refuse(registration: Registration) -> None:
    """The creator refuses a person, before or after they were admitted."""
    admission.refuse(registration)
    sort_again(registration.event_id)  # whom they collided with may be looked for now


@transaction.atomic
def admit_despite_collision(
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
def pass_liveness_check(check: liveness.PassedCheck) -> None:
    """Record a passed liveness check, which may make references usable, and sort again."""
    liveness.record_passed_check(check)
    sort_again(check.registration.event_id)


@transaction.atomic
def share_manually(
    *, registration: Registration, photos: Iterable[Photo], revoked: Iterable[Photo] = ()
) -> None:
    """Share photos with a person manually, and revoke others: all or none. Raises GrantRefused."""
    for photo in photos:
        manual_grants.grant(registration=registration, photo=photo)
    for photo in revoked:
        manual_grants.revoke(registration=registration, photo=photo)
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
    """Invite a person to run the event, too, and notify them. Raises CannotInvite."""
    co_hosts.invite(event=event, invitee=invitee)
    queue_announcements(event.pk)


@transaction.atomic
def write_to_everybody(*, event: Event, author: User, subject: str, text: str) -> int:
    """A mail to each person who takes part. Returns to how many. Raises NotAllowedToWrite."""
    count = host_mails.write(event=event, author=author, subject=subject, text=text)
    queue_announcements(event.pk)
    return count


def leave_event(*, event: Event, user: User) -> None:
    """End a person's registration, with their matches. The event's other matches stay."""
    services.end_registration(event=event, user=user)


def delete_event(event: Event) -> None:
    """Delete an event with its photos, faces, registrations and published galleries."""
    erase_event(event)


@transaction.atomic
def sort_again(event_id: UUID) -> None:
    """Have an event sorted again, and its published galleries compared with the rule."""
    request_sorting(event_id)
    queue_sorting(event_id)
    queue_publishing(event_id)


@transaction.atomic
def send_feedback(*, user: User, text: str) -> None:
    """Send a person's message to the operator."""
    mails.feedback(user=user, text=text)
    queue_mails()


@frees_room
@transaction.atomic
def delete_photo(photo: Photo) -> None:
    """Take one photo back; the event's other photos may have waited for it."""
    erase_photo(photo)
    sort_again(photo.event_id)


@transaction.atomic
def retry_photos(event: Event, photo_ids: list[UUID] | None = None) -> int:
    """Put failed photos back to be analyzed, those given or all, and sort again.

    Returns how many photos.
    """
    failed = Photo.objects.failed().filter(event=event)
    if photo_ids is not None:
        failed = failed.filter(pk__in=photo_ids)
    count = analyze_again(failed)
    sort_again(event.pk)
    return count


def _sort_all_again(user: User) -> None:
    for event_id in user.registrations.values_list("event", flat=True):
        sort_again(event_id)
