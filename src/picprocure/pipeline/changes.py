"""Changes that users make, together with the work that they make necessary.

Each is one transaction, so no change is ever stored without its consequences. Views call these
functions and need not know what has to be sorted, announced or published again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from picprocure.accounts.consent import ConsentText
from picprocure.accounts.models import User
from picprocure.events import co_hosts, host_mails, invitation_mails, services
from picprocure.events.guest_list import add_to_guest_list
from picprocure.events.invitations import create_guest_list_invitation
from picprocure.events.models import Event, InvitationMail, Registration
from picprocure.events.services import EventDetails
from picprocure.notifications import mails
from picprocure.photos.models import Photo
from picprocure.photos.services import derive_capture_times, keep_unreleased
from picprocure.photos.usage import count_again
from picprocure.pipeline.queue import (
    queue_announcements,
    queue_comparison,
    queue_lost_trial,
    queue_mails,
    queue_publishing,
    queue_sorting,
    queue_sorting_if_due,
    queue_trial,
)
from picprocure.pipeline.steps import analyze_again
from picprocure.recognition import (
    admission,
    collisions,
    face_decisions,
    group_decisions,
    liveness,
    manual_grants,
    references,
    release_checks,
    trials,
    unknown_person_invitations,
)
from picprocure.recognition.anchors import fix_anchor
from picprocure.recognition.models import (
    CheckedPair,
    Face,
    FaceDecision,
    GroupDecision,
    Reference,
)
from picprocure.recognition.references import StoredReference
from picprocure.recognition.release_preview import refresh_preview
from picprocure.recognition.sorting import request_sorting
from picprocure.retention import erasure
from picprocure.retention.erasure import erase_event, erase_photo
from picprocure.storage.reserve import frees_room

DECIDING: Final = {
    CheckedPair.Answer.SAME: FaceDecision.Answer.IS,
    CheckedPair.Answer.OTHER: FaceDecision.Answer.IS_NOT,
}
"""What the certain answers about a pair decide."""


@transaction.atomic
def join_event(*, user: User, event: Event, consent: ConsentText | None) -> Registration:
    """Register a person for an event.

    Args:
        user: The person.
        event: The event.
        consent: The text that the person consented to, or None for taking part without face
            recognition.

    Raises:
        RegistrationClosed: The event takes no registrations now.
        EmailNotConfirmed: The person has no confirmed e-mail address.
    """
    registration = services.register(user=user, event=event, consent=consent)
    admission.admit_automatically(registration)
    fix_anchor(registration)  # for people who were admitted earlier and consent only now
    collisions.expect_comparison(registration, user.references.all())
    queue_comparison(event.pk)
    queue_announcements(event.pk)
    if event.photos.exists():  # they came before, or registration was reopened
        request_sorting(event.pk, gathered=True)
        queue_sorting_if_due(event.pk)
        queue_publishing(event.pk)
    return registration


def edit_event(*, event: Event, details: EventDetails, cover: bytes | None) -> None:
    """Change an event.

    If it no longer requires approval, people who wait are admitted. A longer availability applies
    at once.
    """
    cover_key = services.store_cover(event.pk, cover)
    zone = event.zone
    with transaction.atomic():
        services.edit_event(event=event, details=details, cover_key=cover_key)
        if event.zone != zone:
            derive_capture_times(event)
        if not event.releases_at_close:
            keep_unreleased(event)
        last_release = event.photos.aggregate(last=Max("released_at"))["last"]
        services.extend_availability(event=event, released_at=last_release)
        if not event.requires_approval:
            waiting = event.registrations.filter(status=Registration.Status.PENDING)
            for registration in waiting.select_related("user", "event"):
                admission.admit_automatically(registration)
        if not event.releases_at_close:
            count_again([event.pk])  # after people and photos, as everywhere
        sort_again(event.pk)


@transaction.atomic
def close_registration(event: Event) -> None:
    """Close registration now. Photos that wait for this are released once they are sorted."""
    services.close_registration(event=event)
    if event.has_unreleased_photos:
        sort_again(event.pk)


@transaction.atomic
def release_photos(event: Event) -> bool:
    """Release the photos that an event has now, once they are sorted.

    Returns:
        Whether they are released by hand in this event.
    """
    is_by_hand = services.request_release(event=event)
    if is_by_hand:
        sort_again(event.pk)
    return is_by_hand


@transaction.atomic
def add_reference(
    *,
    user: User,
    reference: StoredReference,
    consent_version: str,
    replacing: Reference | None = None,
) -> Reference:
    """Add a reference, or replace one, and sort all events of the person again.

    In events that require approval, it is used once a host admits it.

    Raises:
        RefusedEnrollment: The reference can't be added.
    """
    enrolled = references.enroll(
        user=user, reference=reference, consent_version=consent_version, replacing=replacing
    )
    for registration in admission.registrations_of(user):
        admission.admit_automatically(registration)
        collisions.expect_comparison(registration, [enrolled])
        queue_comparison(registration.event_id)
        queue_announcements(registration.event_id)
    _sort_all_again(user)
    return enrolled


@frees_room
@transaction.atomic
def delete_reference(*, user: User, reference: Reference) -> None:
    """Delete a reference, and sort all events of the person again."""
    references.delete_reference(user=user, reference=reference)
    _sort_all_again(user)


@transaction.atomic
def admit(
    *, registration: Registration, reference_ids: Iterable[UUID], though_refused: bool = False
) -> bool:
    """Admit a person with the references that the host saw.

    Returns:
        Whether the person is admitted (see `admission.admit`).
    """
    is_admitted = admission.admit(
        registration=registration, reference_ids=reference_ids, though_refused=though_refused
    )
    if is_admitted:
        if though_refused:
            _compare_again(registration)
        sort_again(registration.event_id)
    return is_admitted


@transaction.atomic
def refuse(registration: Registration) -> None:
    """Refuse a person, before or after they were admitted."""
    admission.refuse(registration)
    sort_again(registration.event_id)  # people who collided with them may be matched now


@transaction.atomic
def reconsider(registration: Registration) -> None:
    """Let a refused person wait for a host's decision again."""
    if admission.reconsider(registration):
        _compare_again(registration)
        sort_again(registration.event_id)  # people who collided with them wait again


@transaction.atomic
def admit_despite_collision(
    *,
    registration: Registration,
    reference_ids: Iterable[UUID],
    collision_ids: Iterable[int],
) -> bool:
    """Admit a person whose face is their own, as a host decided despite collisions.

    Args:
        registration: The person's registration.
        reference_ids: The references that the host saw.
        collision_ids: The collisions that the host saw.

    Returns:
        Whether the person is admitted.
    """
    is_admitted = admit(registration=registration, reference_ids=reference_ids)
    if is_admitted:
        collisions.dismiss_collisions(registration, collision_ids)
    return is_admitted


def _compare_again(registration: Registration) -> None:
    """Compare a person's references again, as comparisons leave out people who are refused."""
    collisions.expect_comparison(registration, registration.user.references.all())
    queue_comparison(registration.event_id)


@transaction.atomic
def pass_liveness_check(check: liveness.PassedCheck) -> None:
    """Record a passed liveness check, which may make references usable, and sort again."""
    liveness.record_passed_check(check)
    sort_again(check.registration.event_id)


@transaction.atomic
def decide_about_face(
    *, face: Face, answer: FaceDecision.Answer, registration: Registration | None, host: User
) -> FaceDecision:
    """Record what a host decided about a face, and sort the event again.

    Raises:
        DecisionRefused: See `face_decisions.decide_all`.
    """
    decision = face_decisions.decide(face=face, answer=answer, registration=registration, host=host)
    sort_again(decision.photo.event_id)
    return decision


@transaction.atomic
def decide_about_faces(
    *,
    faces: Sequence[Face],
    answer: FaceDecision.Answer,
    registration: Registration,
    host: User,
) -> list[FaceDecision]:
    """Record the same answer about several faces of a person's event: all or none.

    Raises:
        DecisionRefused: See `face_decisions.decide_all`.
    """
    decisions = face_decisions.decide_all(
        faces=faces, answer=answer, registration=registration, host=host
    )
    if decisions:
        sort_again(registration.event_id)
    return decisions


@transaction.atomic
def decide_about_group(
    *, event: Event, same: Sequence[Face], others: Sequence[Face] = (), host: User
) -> GroupDecision:
    """Record who is one person, and who is not, and sort the event again.

    Raises:
        DecisionRefused: See `group_decisions.decide_group`.
    """
    decision = group_decisions.decide_group(event=event, same=same, others=others, host=host)
    sort_again(event.pk)
    return decision


@transaction.atomic
def begin_check(*, event: Event, host: User) -> None:
    """Begin a check before the release, and have its pairs drawn."""
    release_checks.begin_check(event, host)
    trials.request_trial(event, compares_steps=False)
    queue_trial(event.pk)


@transaction.atomic
def judge_pair(
    *, pair: CheckedPair, answer: CheckedPair.Answer, face: Face | None, host: User
) -> None:
    """Record what a host says about a pair of a check. A certain answer is a decision, too.

    A pair that has an answer keeps it until the host takes it back.

    Args:
        pair: The pair.
        answer: The answer.
        face: The face that is there now, or None if it is no longer found. Then nothing is decided.
        host: The host.

    Raises:
        DecisionRefused: See `face_decisions.decide_all`. Nothing is recorded.
    """
    face_decisions.lock_people_and_photos([pair.photo_id], pair.registration, host=host)
    row = CheckedPair.objects.filter(pk=pair.pk)
    if not row.filter(answer="").update(answer=answer):  # for example, a second click
        return
    if face is not None and answer in DECIDING:
        began = timezone.now()
        decision = decide_about_face(
            face=face, answer=DECIDING[answer], registration=pair.registration, host=host
        )
        if decision.decided_at >= began:  # or else an earlier answer, which the undo must not end
            row.update(decision=decision)


@transaction.atomic
def unjudge_pair(pair: CheckedPair, *, host: User) -> None:
    """Take back what a host said about a pair."""
    face_decisions.lock_people_and_photos([pair.photo_id], pair.registration, host=host)
    current = CheckedPair.objects.select_for_update(of=["self"]).filter(pk=pair.pk)
    for row in current.select_related("decision"):
        if row.decision is not None:
            undo_decision(row.decision, host=host)
        row.answer, row.decision = "", None
        row.save(update_fields=["answer", "decision"])


@transaction.atomic
def compare_strictness(event: Event, *, asked: int | None = None) -> None:
    """Have a job compute what other steps of strictness would change.

    Args:
        event: The event.
        asked: The step that is computed next. If a job is at work, it isn't begun again.
    """
    if asked is not None and trials.ask_for_step(event, asked):
        return
    trials.request_trial(event, compares_steps=True)
    queue_trial(event.pk)


def wait_for_trial(event: Event) -> None:
    """Queue the job of a trial that a host waits for again, if it was lost."""
    queue_lost_trial(event.pk)


@transaction.atomic
def change_strictness(*, event: Event, strictness: int) -> None:
    """Match the faces of an event more strictly or more generously from now on."""
    Event.objects.filter(pk=event.pk).update(strictness=strictness)
    sort_again(event.pk)


@transaction.atomic
def undo_group_decision(decision: GroupDecision, *, host: User) -> None:
    """Take back what a host said about several faces, and sort the event again."""
    if group_decisions.undo_group(decision, host=host):
        sort_again(decision.event_id)


@transaction.atomic
def undo_decision(decision: FaceDecision, *, host: User) -> None:
    """Take back what a host decided about a face, and sort the event again."""
    if face_decisions.undo(decision, host=host):
        sort_again(decision.photo.event_id)


@transaction.atomic
def share_manually(
    *, registration: Registration, photos: Iterable[Photo], revoked: Iterable[Photo] = ()
) -> None:
    """Share photos with a person by hand, and revoke others: all or none.

    Raises:
        GrantRefused: One of the photos can't be shared with the person.
    """
    for photo in photos:
        manual_grants.grant(registration=registration, photo=photo)
    for photo in revoked:
        manual_grants.revoke(registration=registration, photo=photo)
    queue_publishing(registration.event_id)
    refresh_preview(registration.event_id)


@frees_room
@transaction.atomic
def withdraw(user: User) -> None:
    """End face recognition for a person, with their matches and published galleries."""
    erasure.withdraw(user)
    for event_id in user.registrations.order_by("event").values_list("event", flat=True):
        queue_publishing(event_id)
        refresh_preview(event_id)


@transaction.atomic
def invite_co_host(*, event: Event, invitee: str) -> None:
    """Invite a person to be a co-host, and notify them if the creator may send mails.

    Raises:
        CannotInvite: The person can't be invited.
        TooManyInvitations: The creator or the site has no invitations left for today.
    """
    invitation = co_hosts.invite(event=event, invitee=invitee)
    role, creator = InvitationMail.Role.CO_HOST, event.creator
    emails = invitation_mails.choose(event=event, role=role, sender=creator, emails=[invitee])
    if emails and co_hosts.wants_mail(invitation):
        mails.co_host(email=invitation.invitee, event=event)
        queue_mails()
    elif emails:  # it doesn't count for the address, so other hosts can still invite it
        invitation_mails.hold_back(event=event, role=role, email=invitee)


@transaction.atomic
def invite_guests(*, event: Event, host: User, guests: Mapping[str, str]) -> None:
    """Add people to the guest list, and send each new address an invitation.

    After registration closed, there are no invitations. They promise approval, but late guests wait
    for it.

    Args:
        event: The event.
        host: The host who invites them.
        guests: Names, which may be empty, by address.

    Raises:
        GuestListFull: The list would have too many addresses.
        TooManyInvitations: The host or the site has too few invitations left for today.
    """
    add_to_guest_list(event=event, guests=guests)
    if not event.registration_is_open:
        return
    role = InvitationMail.Role.GUEST
    emails = invitation_mails.choose(event=event, role=role, sender=host, emails=guests)
    if emails:
        valid_for = event.expires_at - timezone.now()
        token = create_guest_list_invitation(event=event, valid_for=valid_for)
        for email in emails:
            mails.guest_invitation(email=email, event=event, host=host, token=token)
        queue_mails()


@transaction.atomic
def mail_all_guests(*, event: Event, author: User, subject: str, text: str) -> int:
    """Send a mail to all guests of an event.

    Returns:
        The number of recipients.

    Raises:
        NotAllowedToWrite: On this site, the author may not write to all guests.
    """
    count = host_mails.write(event=event, author=author, subject=subject, text=text)
    queue_announcements(event.pk)
    return count


@frees_room
@transaction.atomic
def leave_event(*, event: Event, user: User) -> None:
    """End a person's registration, with their matches. The event's other matches stay."""
    references.wait_for_sorting(user)
    collisions.record_collisions_before_loss(user)
    services.end_registration(event=event, user=user)
    unknown_person_invitations.forget_follower(event=event, user=user)
    refresh_preview(event.pk)


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
    """Delete a photo, and sort the event again, whose sorting may have waited for it."""
    erase_photo(photo)
    sort_again(photo.event_id)


@transaction.atomic
def retry_photos(event: Event, photo_ids: list[UUID] | None = None) -> int:
    """Queue the analysis of failed photos again, and sort the event again.

    Args:
        event: The event.
        photo_ids: The photos, or None for all that failed.

    Returns:
        The number of queued photos.
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
