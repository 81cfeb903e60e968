"""Matches of an earlier engine that stay, so that a new one takes no delivered photo away."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from uuid import UUID

from picprocure.events.models import Event
from picprocure.recognition.analysis import face_in_place
from picprocure.recognition.models import Face, Match


def kept_matches(event: Event, *, engine_version: str, decided: Iterable[Match]) -> Iterator[Match]:
    """Yield the matches that stay although this sorting didn't decide them.

    Those are matches of other engines, and of photos that could not be analyzed again. Each moves
    to the face that the new engine found in its place, if it found one that no other kept match
    has. A match ends if this sorting found the person in the photo, or another guest in that face.

    Args:
        event: The event.
        engine_version: The engine of this sorting.
        decided: The matches of this sorting.
    """
    earlier = _earlier_matches(event, engine_version)
    faces = _current_faces({match.face.photo_id for match in earlier})
    person_of_face = {
        match.face_id: match.registration_id
        for match in decided
        if match.status == Match.Status.MATCHED
    }
    delivered = {
        (person_of_face[face.pk], photo)
        for photo, shown in faces.items()
        for face in shown
        if face.pk in person_of_face
    }
    taken: set[int] = set()
    for match in earlier:
        photo, person = match.face.photo_id, match.registration_id
        face = face_in_place(match.face, faces[photo]) or match.face
        if person_of_face.get(face.pk, person) != person or (person, photo) in delivered:
            continue
        if face.pk not in taken:
            match.face = face
        delivered.add((person, photo))
        taken.add(match.face.pk)
        yield match


def _earlier_matches(event: Event, engine_version: str) -> list[Match]:
    """Return the matches of the event that this engine can't decide again, the latest first."""
    matches = Match.objects.decided_before(engine_version).filter(
        registration__event=event, status=Match.Status.MATCHED
    )
    return list(matches.select_related("face").order_by("-decided_at", "-pk"))


def _current_faces(photos: Iterable[UUID]) -> dict[UUID, list[Face]]:
    faces: dict[UUID, list[Face]] = defaultdict(list)
    for face in Face.objects.current().filter(photo__in=photos).defer("embedding"):
        faces[face.photo_id].append(face)
    return faces
