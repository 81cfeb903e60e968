"""What hosts decide about faces: that a face is a person's, that it isn't, or that it is no face.

A decision belongs to a place in a photo. It takes effect at once, and every sorting honors it. It
ends with the photo, or with the consent or the account of the person that it is about.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Hashable, Iterable
from dataclasses import astuple
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from picprocure.accounts.models import User
from picprocure.events.models import Event, Registration
from picprocure.faces.decisions import DECIDED, FaceDecisions
from picprocure.faces.thresholds import SAME_PLACE
from picprocure.faces.types import Box
from picprocure.photos.models import Photo
from picprocure.recognition.analysis import box_of
from picprocure.recognition.models import (
    Face,
    FaceDecision,
    FaceDecisionQuerySet,
    Match,
    MatchedFace,
)
from picprocure.recognition.sorting_inputs import EventFaces, EventPeople

Answer = FaceDecision.Answer


class DecisionRefused(Exception):
    """A host can't decide this. The message says why, and what to do."""


@transaction.atomic
def decide(
    *, face: Face, answer: FaceDecision.Answer, registration: Registration | None, host: User
) -> FaceDecision:
    """Record what a host decided about a face, and change the stored matches of this face.

    A new answer takes back those that it contradicts.

    Args:
        face: The face.
        answer: The answer.
        registration: The person's registration, or None if it is no face.
        host: The host.

    Raises:
        DecisionRefused: The person can't be found by their face in this event.
    """
    if registration is not None:
        registration = Registration.objects.select_for_update().get(pk=registration.pk)
    photo = Photo.objects.select_for_update().get(pk=face.photo_id)
    if registration is not None and registration.event_id != photo.event_id:
        raise DecisionRefused("This photo belongs to another event.")
    if answer == Answer.IS:
        _ensure_searched_for(registration, engine_version=face.engine_version)
    user = registration.user if registration else None
    for earlier in decisions_about(face):
        if _contradicts(earlier, answer, user):
            _undo(earlier, host)
    decision = FaceDecision(photo=photo, answer=answer, user=user, decided_by=host)
    decision.left, decision.top, decision.right, decision.bottom = astuple(box_of(face))
    decision.save()
    _change_matches(face, answer, registration)
    return decision


@transaction.atomic
def undo(decision: FaceDecision, *, host: User) -> bool:
    """Take a decision back. A match that only it made ends at once.

    Returns:
        Whether it was still standing.
    """
    photo = Photo.objects.select_for_update().get(pk=decision.photo_id)
    if not FaceDecision.objects.standing().filter(pk=decision.pk).exists():
        return False
    _undo(decision, host)
    if decision.answer == Answer.IS:
        own = Match.objects.filter(registration__user=decision.user, reason=DECIDED)
        own.filter(face__in=_faces_in_place(photo, decision)).delete()
    return True


def decisions_about(face: Face) -> list[FaceDecision]:
    """Return the standing decisions about a face, in the order in which they were made."""
    decisions = FaceDecision.objects.standing().filter(photo=face.photo_id)
    return [one for one in decisions if is_about(one, face)]


def decisions_for(event: Event, faces: EventFaces) -> FaceDecisions:
    """Return the standing decisions about faces that a sorting reads, by their rows.

    Registrations are the keys of people, as in `EventPeople`.
    """
    numbers = {photo: number for number, photo in enumerate(faces.photos)}
    by_photo: dict[int, list[FaceDecision]] = defaultdict(list)
    for one in standing_decisions(event):
        if one.photo_id in numbers:
            by_photo[numbers[one.photo_id]].append(one)
    if not by_photo:
        return FaceDecisions()
    boxes = (
        (row, faces.boxes[row], by_photo[photo])
        for row, photo in enumerate(faces.photo_ids)
        if photo in by_photo
    )
    return _collected(_keys_of(event), boxes)


def decisions_by_face(event: Event, face_ids: Collection[int]) -> FaceDecisions:
    """Return the standing decisions about stored faces, by their ids."""
    rows = Face.objects.current().filter(pk__in=face_ids).defer("embedding")
    faces = list(rows)
    by_photo: dict[UUID, list[FaceDecision]] = defaultdict(list)
    photos = {face.photo_id for face in faces}
    for one in standing_decisions(event).filter(photo__in=photos):
        by_photo[one.photo_id].append(one)
    boxes = ((face.pk, box_of(face), by_photo[face.photo_id]) for face in faces)
    return _collected(_keys_of(event), boxes)


def standing_decisions(event: Event) -> FaceDecisionQuerySet:
    return FaceDecision.objects.standing().filter(photo__event=event)


def unbound_decisions(event: Event) -> list[FaceDecision]:
    """Return standing decisions whose face is no longer found in the photo."""
    decisions = list(standing_decisions(event).select_related("photo", "user"))
    faces: dict[UUID, list[Face]] = defaultdict(list)
    photos = {one.photo_id for one in decisions}
    for face in Face.objects.current().filter(photo__in=photos).defer("embedding"):
        faces[face.photo_id].append(face)
    return [
        one for one in decisions if not any(is_about(one, face) for face in faces[one.photo_id])
    ]


def _collected(
    keys: dict[int, int], boxes: Iterable[tuple[int, Box, list[FaceDecision]]]
) -> FaceDecisions:
    """Collect the decisions about faces.

    Args:
        keys: Registrations by the ids of users. A person who isn't registered is known by no key.
        boxes: Faces with their boxes and the decisions about their photos.
    """
    persons: dict[int, Hashable] = {}
    refused: set[tuple[int, Hashable]] = set()
    no_faces: set[int] = set()
    for face, box, decisions in boxes:
        for one in decisions:
            if box_of(one).overlap(box) < SAME_PLACE:
                continue
            person = keys.get(one.user_id or 0, f"user {one.user_id}")
            if one.answer == Answer.IS:
                persons[face] = person
            elif one.answer == Answer.IS_NOT:
                refused.add((face, person))
            else:
                no_faces.add(face)
    return FaceDecisions(persons, refused, no_faces)


def _keys_of(event: Event) -> dict[int, int]:
    decided = standing_decisions(event).values("user")
    return dict(event.registrations.filter(user__in=decided).values_list("user", "pk"))


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


def _contradicts(earlier: FaceDecision, answer: FaceDecision.Answer, user: User | None) -> bool:
    """Return whether an earlier decision about the same face can't stand beside a new one."""
    if Answer.NO_FACE in (earlier.answer, answer):
        return True
    is_about_same = earlier.user == user
    return is_about_same or earlier.answer == answer == Answer.IS


def _undo(decision: FaceDecision, host: User) -> None:
    decision.undone_by, decision.undone_at = host, timezone.now()
    decision.save(update_fields=["undone_by", "undone_at"])


def _change_matches(
    face: Face, answer: FaceDecision.Answer, registration: Registration | None
) -> None:
    """Make the stored matches of a face agree with a decision."""
    matches = Match.objects.filter(face__in=_faces_in_place(face.photo, face))
    if answer == Answer.NO_FACE:
        matches.delete()
    elif answer == Answer.IS_NOT:
        matches.filter(registration=registration).delete()
    elif registration is not None:
        matches.delete()
        figures = {"distance": 0.0, "threshold": 0.0, "engine_version": face.engine_version}
        Match.objects.create(
            registration=registration,
            face=face,
            status=Match.Status.MATCHED,
            reason=DECIDED,
            **figures,
        )
        MatchedFace.objects.get_or_create(user=registration.user, face=face)
        Registration.objects.filter(pk=registration.pk).update(had_photos=True)


def _faces_in_place(photo: Photo, place: Face | FaceDecision) -> list[Face]:
    """Return the faces of a photo, superseded ones too, that are in the same place."""
    box = box_of(place)
    return [
        face for face in photo.faces.defer("embedding") if box_of(face).overlap(box) >= SAME_PLACE
    ]


def is_about(decision: FaceDecision, face: Face) -> bool:
    """Return whether a decision is about a face."""
    return (
        decision.photo_id == face.photo_id and box_of(decision).overlap(box_of(face)) >= SAME_PLACE
    )
