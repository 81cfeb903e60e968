"""What hosts decide about faces: whose they are, whose not, who gets no photo, what is no face.

A decision belongs to a place in a photo. It takes effect at once, and every sorting honors it. It
ends with the photo, or with the consent or the account of the person that it is about.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence, Set
from dataclasses import astuple
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from picprocure.accounts.models import User
from picprocure.events.models import Event, Registration
from picprocure.faces.decisions import DECIDED
from picprocure.faces.thresholds import SAME_PLACE
from picprocure.photos.models import Photo
from picprocure.recognition.analysis import box_of
from picprocure.recognition.models import (
    Face,
    FaceDecision,
    ManualGrant,
    Match,
    MatchedFace,
    MatchQuerySet,
)
from picprocure.recognition.sorting_inputs import EventPeople
from picprocure.recognition.standing_decisions import contradictory_faces, decisions_about

Answer = FaceDecision.Answer


class DecisionRefused(Exception):
    """A host can't decide this. The message says why, and what to do."""


def decide(
    *, face: Face, answer: FaceDecision.Answer, registration: Registration | None, host: User
) -> FaceDecision:
    """Record what a host decided about a face, as `decide_all` does for several.

    Raises:
        DecisionRefused: See `decide_all`.
    """
    (decision,) = decide_all(faces=[face], answer=answer, registration=registration, host=host)
    return decision


@transaction.atomic
def decide_all(
    *,
    faces: Sequence[Face],
    answer: FaceDecision.Answer,
    registration: Registration | None,
    host: User,
) -> list[FaceDecision]:
    """Record the same answer about faces of an event, and change their stored matches.

    A new answer takes back those about the same face that it contradicts. The same answer again is
    the same decision.

    Args:
        faces: The faces.
        answer: The answer.
        registration: The person's registration, or None if these are no faces.
        host: The host.

    Raises:
        DecisionRefused: The person can't be found by their face in this event, a photo was analyzed
            again or deleted since its face was read, or the answer contradicts what hosts said
            about other faces.
    """
    lock_people_and_photos({face.photo_id for face in faces}, registration, host=host)
    decisions = [_decide(face, answer, registration, host) for face in faces]
    if decisions:
        ensure_no_contradiction(decisions[0].photo.event, {face.pk for face in faces})
    return decisions


def _decide(
    face: Face, answer: FaceDecision.Answer, registration: Registration | None, host: User
) -> FaceDecision:
    if registration is not None:
        registration = _current(registration)
    photo = Photo.objects.filter(pk=face.photo_id).first()
    if photo is None:
        raise DecisionRefused("This photo was deleted.")
    if registration is not None and registration.event_id != photo.event_id:
        raise DecisionRefused("This photo belongs to another event.")
    if not Face.objects.current().filter(pk=face.pk).exists():  # its place may have been turned
        raise DecisionRefused("This photo was checked again just now. Look at its faces again.")
    if answer == Answer.IS:
        _ensure_searched_for(registration, engine_version=face.engine_version)
    user = registration.user if registration else None
    now = timezone.now()
    decision = FaceDecision(photo=photo, event_id=photo.event_id, answer=answer, user=user)
    decision.decided_by, decision.decided_at = host, now
    decision.left, decision.top, decision.right, decision.bottom = astuple(box_of(face))
    for earlier in decisions_about(face):
        if (earlier.answer, earlier.user_id) == (answer, decision.user_id):
            decision = earlier
        elif _contradicts(earlier, decision):
            _undo(earlier, host, at=now)  # `_replaced_by` finds it by this time
    decision.save()
    _change_matches(face, decision, registration)
    return decision


def ensure_no_contradiction(event: Event, face_ids: Set[int]) -> None:
    """Check that what hosts said about some faces agrees with what they said about others.

    Raises:
        DecisionRefused: It doesn't.
    """
    has_groups = event.group_decisions.standing().exists()
    if has_groups and face_ids & contradictory_faces(event):
        raise DecisionRefused(
            "This contradicts what a host said about other faces of the same people. Take that "
            "back first: you find it under Decisions."
        )


def lock_people_and_photos(
    photos: Collection[UUID], registration: Registration | None = None, *, host: User
) -> None:
    """Lock what decisions about faces of some photos change, until the transaction ends.

    The accounts that a decision refers to come first, since an account that is being deleted waits
    for its registrations. The registrations of everyone who is matched in the photos, or who was
    decided about there, come before the photos. That is the order of sortings and withdrawals. Call
    this before any other lock.
    """
    accounts = {host.pk} if registration is None else {host.pk, registration.user_id}
    users = User.objects.filter(pk__in=accounts).order_by("pk")
    list(users.select_for_update(no_key=True).values_list("pk"))
    matched = Match.objects.filter(face__photo__in=photos).values("registration")
    decided = FaceDecision.objects.filter(photo__in=photos, user__isnull=False).values("user")
    events = Photo.objects.filter(pk__in=photos).values("event")
    people = Q(pk__in=matched) | Q(event__in=events, user__in=decided)
    if registration is not None:
        people |= Q(pk=registration.pk)
    registrations = Registration.objects.filter(people).order_by("pk")
    list(registrations.select_for_update().values_list("pk"))
    locked = Photo.objects.filter(pk__in=photos).order_by("pk")
    list(locked.select_for_update().values_list("pk"))


@transaction.atomic
def undo(decision: FaceDecision, *, host: User) -> bool:
    """Take a decision back. A match that only it made ends at once.

    Decisions that it replaced stand again, unless a later one contradicts them.

    Returns:
        Whether it was still standing.
    """
    lock_people_and_photos([decision.photo_id], host=host)
    if not FaceDecision.objects.standing().filter(pk=decision.pk).exists():
        return False
    _undo(decision, host, at=timezone.now())
    if decision.answer == Answer.IS:
        _matches_in_place(decision).filter(
            registration__user=decision.user_id, reason=DECIDED
        ).delete()
    for earlier in _replaced_by(decision):
        earlier.undone_by = earlier.undone_at = None
        earlier.save(update_fields=["undone_by", "undone_at"])
        _end_contradicted(_matches_in_place(earlier), earlier)
    return True


def _replaced_by(decision: FaceDecision) -> list[FaceDecision]:
    """Return the decisions that a decision took back, except those that a later one contradicts."""
    decisions = list(FaceDecision.objects.filter(photo=decision.photo_id))
    standing = [one for one in decisions if one.undone_at is None]
    return [
        one
        for one in decisions
        if one.undone_at == decision.decided_at
        and _contradicts(one, decision)
        and not any(
            _contradicts(one, later) and box_of(one).overlap(box_of(later)) >= SAME_PLACE
            for later in standing
        )
    ]


def _current(registration: Registration) -> Registration:
    """Return a registration as it is now.

    Raises:
        DecisionRefused: The person left.
    """
    current = Registration.objects.filter(pk=registration.pk).first()
    if current is None:
        raise DecisionRefused(f"{registration.user.name} left the event.")
    return current


def _ensure_searched_for(registration: Registration | None, *, engine_version: str) -> None:
    if registration is None:
        raise DecisionRefused("Choose a person.")
    event = registration.event
    people = EventPeople.of(event, engine_version=engine_version, registrations=[registration.pk])
    if not people.people:
        raise DecisionRefused(
            f"{registration.user.name} isn't searched for: they aren't approved, have no usable "
            "photo of their face, or take part without face recognition. Share the photo by hand."
        )


def _contradicts(earlier: FaceDecision, later: FaceDecision) -> bool:
    """Return whether two decisions about the same face can't stand beside each other."""
    if Answer.NO_FACE in (earlier.answer, later.answer):
        return True
    is_about_same = earlier.user_id == later.user_id
    return is_about_same or earlier.answer == later.answer == Answer.IS


def _undo(decision: FaceDecision, host: User, *, at: datetime) -> None:
    decision.undone_by, decision.undone_at = host, at
    decision.save(update_fields=["undone_by", "undone_at"])


def _change_matches(face: Face, decision: FaceDecision, registration: Registration | None) -> None:
    """Make the stored matches of a face agree with a decision."""
    matches = _matches_in_place(face)
    _end_contradicted(matches, decision)
    if decision.answer == Answer.WITHHELD:
        ManualGrant.objects.filter(registration=registration, photo=face.photo_id).delete()
    if decision.answer != Answer.IS or registration is None:
        return
    matches.exclude(face=face).delete()
    figures = {"distance": 0.0, "threshold": 0.0, "engine_version": face.engine_version}
    Match.objects.update_or_create(
        registration=registration,
        face=face,
        defaults={"status": Match.Status.MATCHED, "reason": DECIDED, **figures},
    )
    MatchedFace.objects.get_or_create(user=registration.user, face=face)
    Registration.objects.filter(pk=registration.pk).update(had_photos=True)


def _end_contradicted(matches: MatchQuerySet, decision: FaceDecision) -> None:
    """Delete those matches of the face that a decision is about which it forbids."""
    if decision.answer == Answer.IS:
        matches = matches.exclude(registration__user=decision.user_id)
    elif decision.answer != Answer.NO_FACE:
        matches = matches.filter(registration__user=decision.user_id)
    matches.delete()


def _matches_in_place(place: Face | FaceDecision) -> MatchQuerySet:
    """Return the matches of faces, superseded ones too, that are in the same place."""
    return Match.objects.filter(face__in=_faces_in_place(place))


def _faces_in_place(place: Face | FaceDecision) -> list[Face]:
    """Return the faces of a photo, superseded ones too, that are in the same place."""
    box, faces = box_of(place), Face.objects.filter(photo=place.photo_id).defer("embedding")
    return [face for face in faces if box_of(face).overlap(box) >= SAME_PLACE]
