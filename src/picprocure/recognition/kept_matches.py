"""Matches of an earlier engine that stay, so that a new one takes no delivered photo away."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Final
from uuid import UUID

from picprocure.events.models import Event, Registration
from picprocure.faces.decisions import DECIDED, FaceDecisions
from picprocure.photos.models import Photo
from picprocure.recognition.analysis import face_in_place
from picprocure.recognition.models import Face, Match, MatchQuerySet
from picprocure.recognition.standing_decisions import (
    decisions_by_face,
    group_constraints,
    group_decision_keys,
)
from picprocure.storage.batches import batched

PHOTOS_AT_ONCE: Final = 100


def earlier_matches(event: Event, engine_version: str) -> MatchQuerySet:
    """Return the matches of the event that a sorting with this engine can't decide again."""
    return Match.objects.decided_before(engine_version).filter(
        registration__event=event, status=Match.Status.MATCHED
    )


def settle_earlier_matches(
    event: Event, *, engine_version: str, decided: Iterable[Match]
) -> Iterator[Callable[[], None]]:
    """Yield steps that keep, move or end earlier matches, for a few photos at a time.

    An earlier match stays although this sorting didn't decide it. It moves to the face that the new
    engine found in its place, if it found one that no other kept match has. It ends if the stored
    matches of this engine have the person in the photo, or another guest in that face, if a host
    decided that the face isn't the person's, or if it contradicts what hosts said of several faces.
    A match that only a host's decision made ends once that was taken back.

    Args:
        event: The event.
        engine_version: The engine of this sorting.
        decided: The matches of this sorting. Its doubts replace earlier matches that end.

    Yields:
        Functions to be called inside a transaction, after this sorting's matches were stored.
    """
    earlier = earlier_matches(event, engine_version)
    photos = sorted(set(earlier.values_list("face__photo", flat=True)))
    by_place = {(match.registration_id, match.face_id): match for match in decided}
    for batch in batched(photos, PHOTOS_AT_ONCE):
        yield partial(_settle, event, engine_version, batch, by_place)
    if photos and group_decision_keys(event):
        yield partial(_end_contradicting, event, engine_version)


def _settle(
    event: Event,
    engine_version: str,
    photos: Sequence[UUID],
    decided: Mapping[tuple[int, int], Match],
) -> None:
    """Settle the earlier matches of some photos.

    Args:
        event: The event.
        engine_version: The engine of this sorting.
        photos: The photos.
        decided: The matches of this sorting, by registration and face.
    """
    matched = Match.objects.filter(
        registration__event=event, face__photo__in=photos, status=Match.Status.MATCHED
    )
    _lock(set(matched.values_list("registration", flat=True)), photos)
    person_of_face = {
        match.face_id: match.registration_id for match in matched if _is_found(match, decided)
    }
    earlier = earlier_matches(event, engine_version).filter(pk__in=matched)
    matches = [
        match
        for match in earlier.select_related("face").order_by("-decided_at", "-pk")
        if not _is_found(match, decided)
    ]
    places = {match.pk: (match.registration_id, match.face_id) for match in matches}
    kept = list(kept_matches(matches, person_of_face))
    faces = {face for match in kept for face in (match.face_id, places[match.pk][1])}
    decisions = decisions_by_face(event, faces, superseded=True)
    kept = [
        match
        for match in kept
        if not decisions.forbid(match.face_id, match.registration_id)
        and (match.reason != DECIDED or _is_decided(match, places[match.pk][1], decisions))
    ]
    ended = places.keys() - {match.pk for match in kept}
    moved = [match for match in kept if match.face_id != places[match.pk][1]]
    Match.objects.filter(pk__in=ended).delete()
    doubts = [decided[places[key]] for key in ended if places[key] in decided]
    decisions = decisions_by_face(event, {match.face_id for match in doubts})
    Match.objects.bulk_create(
        match for match in doubts if not decisions.forbid(match.face_id, match.registration_id)
    )
    for match in moved:  # a doubt in the face makes way
        Match.objects.filter(registration=match.registration_id, face=match.face_id).delete()
    Match.objects.bulk_update(moved, ["face"])


def _end_contradicting(event: Event, engine_version: str) -> None:
    """End earlier matches of faces that a host said are two people, or one whom two people have."""
    constraints = group_constraints(event)
    people = enumerate(constraints.people())
    number_of = {face: number for number, faces in people for face in faces}
    apart: dict[int, set[int]] = defaultdict(set)
    for one, other in constraints.apart:
        apart[number_of[one]].add(number_of[other])
        apart[number_of[other]].add(number_of[one])
    matched = Match.objects.filter(registration__event=event, status=Match.Status.MATCHED)
    found: dict[int, list[int]] = defaultdict(list)
    for face, registration in matched.values_list("face", "registration"):
        if face in number_of:
            found[number_of[face]].append(registration)
    of_two = {number for number, persons in found.items() if len(set(persons)) > 1}
    ended = []
    earlier = earlier_matches(event, engine_version).exclude(reason=DECIDED)
    for match in earlier.select_related("face").order_by("-distance", "pk"):
        number = number_of.get(match.face_id, -1)
        is_of_others = any(match.registration_id in found[other] for other in apart[number])
        if number in of_two or is_of_others:
            found[number].remove(match.registration_id)
            ended.append(match)
    _lock({match.registration_id for match in ended}, {match.face.photo_id for match in ended})
    keys = [match.pk for match in ended]
    for batch in batched(keys):
        earlier.filter(pk__in=batch).delete()


def _lock(registrations: Collection[int], photos: Collection[UUID]) -> None:
    """Lock people and photos until the transaction ends, in the order that all writers use."""
    people = Registration.objects.filter(pk__in=registrations).order_by("pk")
    list(people.select_for_update().values_list("pk"))
    list(Photo.objects.filter(pk__in=photos).order_by("pk").select_for_update().values_list("pk"))


def _is_decided(match: Match, earlier_face: int, decisions: FaceDecisions) -> bool:
    """Return whether what hosts say still makes a match, which may have moved to another face."""
    persons = {decisions.persons.get(face) for face in (match.face_id, earlier_face)}
    return match.registration_id in persons


def _is_found(match: Match, decided: Mapping[tuple[int, int], Match]) -> bool:
    """Return whether this sorting matched the person with the face."""
    decision = decided.get((match.registration_id, match.face_id))
    return decision is not None and decision.status == Match.Status.MATCHED


def kept_matches(earlier: Iterable[Match], person_of_face: Mapping[int, int]) -> Iterator[Match]:
    """Yield the earlier matches that stay, with the face that each then has.

    Args:
        earlier: Matches with their faces. Of several for one person in a photo, the first stays.
        person_of_face: The registration that this engine matched with each face.
    """
    matches = list(earlier)
    faces = _current_faces({match.face.photo_id for match in matches})
    delivered = {
        (person_of_face[face.pk], photo)
        for photo, shown in faces.items()
        for face in shown
        if face.pk in person_of_face
    }
    taken: set[int] = set()
    for match in matches:
        photo, person = match.face.photo_id, match.registration_id
        face = face_in_place(match.face, faces[photo]) or match.face
        if person_of_face.get(face.pk, person) != person or (person, photo) in delivered:
            continue
        if face.pk not in taken:
            match.face = face
        delivered.add((person, photo))
        taken.add(match.face.pk)
        yield match


def _current_faces(photos: Iterable[UUID]) -> dict[UUID, list[Face]]:
    faces: dict[UUID, list[Face]] = defaultdict(list)
    for face in Face.objects.current().filter(photo__in=photos).defer("embedding"):
        faces[face.photo_id].append(face)
    return faces
