"""Collisions: faces that look borrowed from another person in the event.

A newcomer whose face is very similar to that of an earlier person, or is cut out of one of the
event's photos, waits until a host decides. The earlier person never waits. Only the hosts of the
event see the result, and the computation takes the same time whatever it finds.

Joining only notes that a face must be compared (`FaceToCompare`). A job compares it with the others
moments later, and a sorting before it matches. Until then, the face is not used in the event.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Self
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from picprocure.accounts.models import User
from picprocure.events.models import Event, Registration
from picprocure.faces.distances import Distances
from picprocure.faces.enrollment.duplicates import find_collisions, find_copies
from picprocure.faces.thresholds import thresholds_of
from picprocure.recognition.models import (
    Collision,
    EngineInUse,
    FaceToCompare,
    Match,
    Reference,
    Sorting,
)
from picprocure.recognition.registered_faces import (
    RegisteredFace,
    embeddings_matrix,
    faces_in_order,
    group_by_engine,
    people_compared_in,
    references_of,
)
from picprocure.recognition.sorting_inputs import EventFaces
from picprocure.storage.batches import batched


@dataclass(frozen=True, slots=True)
class _Similarity:
    """A face that is similar to the earlier faces of another person.

    Attributes:
        face: The similar face.
        own_first_face: The face that decides when the person of `face` joined: their anchor, or
            else their first face. It may be `face` itself.
        other_faces: The faces that the other person had when `face` was added, the earliest first.
        distance: The distance of `face` from the mean of `other_faces`.
    """

    face: RegisteredFace
    own_first_face: RegisteredFace
    other_faces: list[RegisteredFace]
    distance: float

    @property
    def user_ids(self) -> frozenset[int]:
        return frozenset({self.face.user_id, self.other_faces[0].user_id})

    @property
    def is_nearer_to_other_person(self) -> bool:
        """Whether `face` is nearer to the other person than to its own person's anchor.

        True if there is no anchor.
        """
        own = self.own_first_face
        return not own.is_anchor or self.distance < self.face.distance(own)

    @property
    def first_faces_differ(self) -> bool:
        """Whether no face of the other person is like the first face of this person.

        If so, `face` may be one that its person took over later.
        """
        return not any(face.is_same_person_as(self.own_first_face) for face in self.other_faces)

    def newcomer_face(self) -> RegisteredFace | None:
        """Return the face that looks borrowed, or None if neither can be preferred.

        Usually it is `face`, which was added later. But if `face` is another photo of its person's
        first face, and the other person joined later with that first face, they are the newcomer.

        Another photo of the first face gives its person no priority over people who joined later
        with a different face. Otherwise, a blend of two faces would make the other person wait,
        who was there before the blend.
        """
        first = self.own_first_face
        before = [other for other in self.other_faces if other.joined_at <= first.joined_at]
        after = [other for other in self.other_faces if other.joined_at > first.joined_at]
        is_photo_of_first = self.face.is_same_person_as(first)
        if not after or not is_photo_of_first or any(map(self.face.is_same_person_as, before)):
            return self.face
        nearest = min(after, key=first.distance)
        if nearest.is_same_person_as(first):
            return nearest
        return self.face if self.is_nearer_to_other_person else None


@dataclass(frozen=True, slots=True)
class _KnownCollision:
    """A recorded collision of two people.

    Attributes:
        newcomer_id: The user who joined later.
        dismissed_at: When a host admitted the newcomer despite the collision, or None.
    """

    newcomer_id: int
    dismissed_at: datetime | None

    def newcomer_face(self, similarity: _Similarity) -> RegisteredFace | None:
        """Return the face if a host has to decide about these two people once more.

        That is a photo from after the host's decision that is nearer to the other person than to
        the first face of its own person. It is a photo of the newcomer, or of the earlier person
        if they took over a face that they didn't start with.
        """
        face = similarity.face
        if self.dismissed_at is None or face.added_at is None:
            return None
        if face.added_at <= self.dismissed_at:
            return None
        if face.user_id != self.newcomer_id and not similarity.first_faces_differ:
            return None
        return face if similarity.is_nearer_to_other_person else None


@dataclass(frozen=True, slots=True)
class _ComparedBefore:
    """The faces that the site's former engine compared, of people who have photos since.

    If only the new engine finds two of them similar, the newcomer keeps their photos until a host
    decides (`Collision.keeps_photos`), and gets no others.

    Attributes:
        until: When the former engine last sorted the event.
        user_ids: People with a match that another engine decided.
    """

    until: datetime
    user_ids: frozenset[int]

    @classmethod
    def in_event(cls, event: Event) -> Self:
        in_use = EngineInUse.objects.first()
        sorting = Sorting.objects.filter(event=event).first()
        if in_use is None or sorting is None or sorting.sorted_at is None:
            return cls(event.created_at, frozenset())
        matches = Match.objects.filter(registration__event=event, status=Match.Status.MATCHED)
        earlier = matches.exclude(engine_version=in_use.version)
        return cls(
            until=min(in_use.since, sorting.sorted_at),
            user_ids=frozenset(earlier.values_list("registration__user", flat=True)),
        )

    def include(self, newcomer: RegisteredFace, *others: RegisteredFace) -> bool:
        """Return whether the newcomer has photos and these faces were compared before."""
        return newcomer.user_id in self.user_ids and all(
            face.joined_at < self.until for face in (newcomer, *others)
        )


@dataclass(frozen=True, slots=True)
class _StoredFaces:
    """Which of some compared people and references are still in the event."""

    user_ids: frozenset[int]
    reference_ids: frozenset[UUID]

    @classmethod
    def among(cls, event: Event, similarities: Sequence[_Similarity]) -> Self:
        user_ids = {user_id for found in similarities for user_id in found.user_ids}
        people = people_compared_in(event).filter(user__in=user_ids)
        references = Reference.objects.filter(user__in=people.values("user"))
        return cls(
            frozenset(people.values_list("user", flat=True)),
            frozenset(references.values_list("pk", flat=True)),
        )

    def include(self, face: RegisteredFace) -> bool:
        is_stored = face.is_anchor or face.reference_id in self.reference_ids
        return is_stored and face.user_id in self.user_ids

    def reference_id(self, face: RegisteredFace) -> UUID | None:
        """Return the reference of a face, or None if it was deleted."""
        return face.reference_id if face.reference_id in self.reference_ids else None


def expect_comparison(registration: Registration, references: Iterable[Reference]) -> None:
    """Have references compared with the other faces of an event before they are used there.

    Call this in the transaction that brings them to the event, and queue the comparison. Earlier
    rows are replaced: a running comparison that didn't read the faces deletes only those.
    """
    rows = [
        FaceToCompare(registration=registration, reference=reference) for reference in references
    ]
    earlier = FaceToCompare.objects.filter(registration=registration)
    earlier.filter(reference__in=[row.reference for row in rows]).delete()
    FaceToCompare.objects.bulk_create(rows, ignore_conflicts=True)


def record_collisions(event: Event, *, of_newcomers: bool = False) -> frozenset[UUID]:
    """Record newcomers whose face is very similar to that of an earlier person in the event.

    A collision belongs to two people, even if they change their photos. Once one of them waits,
    the other never does for the same similarity, and a host's decision stays. The host has to
    decide again only about a later photo that is nearer to the other person than to the admitted
    face.

    The faces are compared without a lock. Faces that wait for their comparison are read first: of
    two people who join at the same moment, at least one is then compared with the other.

    Args:
        event: The event.
        of_newcomers: Whether to compare only pairs with a person who waits for a comparison, which
            costs little. By default, all pairs are compared.

    Returns:
        The references that were compared.
    """
    waiting = FaceToCompare.objects.filter(registration__event=event)
    users = dict(waiting.values_list("pk", "registration__user"))
    if of_newcomers and not users:
        return frozenset()
    faces = faces_in_order(event)
    found = _similar_people(faces, set(users.values()) if of_newcomers else None)
    with transaction.atomic():
        _record_similar_people(event, found)
        for compared in batched(list(users)):
            FaceToCompare.objects.filter(pk__in=compared).delete()
    return references_of(faces)


def record_collisions_before_loss(user: User) -> None:
    """Record the collisions of all faces that wait for their comparison with a person's.

    Call this in the transaction that deletes the person's faces or registrations, after their
    registrations are locked. Otherwise, a person who just joined with the same face would never
    wait.
    """
    waiting = FaceToCompare.objects.filter(registration__event__registrations__user=user)
    events = Event.objects.filter(pk__in=waiting.values("registration__event"))
    for event in events.order_by("pk"):  # the same order of locks in each transaction
        newcomers = FaceToCompare.objects.filter(registration__event=event)
        _record_similar_people(
            event,
            _similar_people(
                faces_in_order(event), set(newcomers.values_list("registration__user", flat=True))
            ),
        )


def _similar_people(
    faces: list[RegisteredFace], newcomers: Collection[int] | None
) -> list[_Similarity]:
    """Compare the faces of an event: all, or only pairs with one of these users."""
    return [
        similarity
        for of_one_engine in group_by_engine(faces)
        for similarity in _similarities(of_one_engine, newcomers)
    ]


def _record_similar_people(event: Event, similarities: Sequence[_Similarity]) -> None:
    """Record collisions, without those that were recorded since the comparison."""
    if not similarities:
        return
    # Two workers must not record the same collision. Joining doesn't wait for this lock.
    list(Event.objects.select_for_update(no_key=True).filter(pk=event.pk))
    known, compared = _known_collisions(event), _ComparedBefore.in_event(event)
    stored = _StoredFaces.among(event, similarities)
    for similarity in similarities:
        earlier = known.get(similarity.user_ids)
        newcomer = earlier.newcomer_face(similarity) if earlier else similarity.newcomer_face()
        if newcomer is None:
            continue
        is_later_face = newcomer is similarity.face
        other = similarity.other_faces[0] if is_later_face else similarity.face
        if stored.include(newcomer) and stored.include(other):
            _save(
                Collision(
                    event=event,
                    newcomer_id=newcomer.user_id,
                    reference_id=stored.reference_id(newcomer),
                    kind=Collision.Kind.PERSON,
                    other_id=other.user_id,
                    other_reference_id=stored.reference_id(other),
                    keeps_photos=compared.include(newcomer, other),
                )
            )
            known[similarity.user_ids] = _KnownCollision(newcomer.user_id, None)


@transaction.atomic
def record_copies(
    event: Event, faces: EventFaces, distances: Distances | None = None
) -> frozenset[UUID]:
    """Record people with a reference that is cut out of one of the event's own photos.

    Each reference is recorded once, so a host's decision about it stays.

    Args:
        event: The event.
        faces: Its faces.
        distances: Computes distances. By default, none are kept.

    Returns:
        The references that were compared.
    """
    recorded = set(
        Collision.objects.filter(event=event, kind=Collision.Kind.PHOTO).values_list(
            "newcomer", "reference"
        )
    )
    registered = [
        face
        for face in faces_in_order(event, with_anchors=False)
        if face.engine_version == faces.engine_version
    ]
    compared = _ComparedBefore.in_event(event)
    compared_photos = set(
        event.photos.filter(released_at__lt=compared.until).values_list("pk", flat=True)
    )
    copies = find_copies(
        embeddings_matrix(registered),
        faces.embeddings,
        thresholds_of(faces.engine_version),
        distances,
    )
    for row, face_row in copies:
        copy = registered[row]
        photo = faces.photos[faces.photo_ids[face_row]]
        if (copy.user_id, copy.reference_id) not in recorded:
            _save(
                Collision(
                    event=event,
                    newcomer_id=copy.user_id,
                    reference_id=copy.reference_id,
                    kind=Collision.Kind.PHOTO,
                    face_id=faces.keys[face_row],
                    keeps_photos=compared.include(copy) and photo in compared_photos,
                )
            )
    return references_of(registered)


@transaction.atomic
def dismiss_collisions(registration: Registration, collision_ids: Iterable[int]) -> None:
    """Record a host's decision that the face is the person's own.

    Args:
        registration: The registration of the newcomer.
        collision_ids: The collisions that the host saw. The person still waits for others.
    """
    seen = Collision.objects.of(registration).filter(pk__in=list(collision_ids))
    seen.open().update(dismissed_at=timezone.now())


def _similarities(
    faces: list[RegisteredFace], newcomers: Collection[int] | None
) -> Iterator[_Similarity]:
    """Yield each face that is very similar to the earlier faces of another person.

    Args:
        faces: Faces of one engine, the earliest first.
        newcomers: Only pairs with one of these people are compared. By default, all pairs are.
    """
    faces_by_user: dict[int, list[RegisteredFace]] = {}
    for face in faces:
        faces_by_user.setdefault(face.user_id, []).append(face)
    numbers = {user_id: number for number, user_id in enumerate(faces_by_user)}
    faces_by_number = list(faces_by_user.values())
    owners = [numbers[face.user_id] for face in faces]
    thresholds = thresholds_of(faces[0].engine_version)
    found = find_collisions(
        embeddings_matrix(faces),
        owners,
        thresholds,
        newcomers=None
        if newcomers is None
        else [numbers[user_id] for user_id in newcomers if user_id in numbers],
    )
    for collision in found:
        face = faces[collision.entry]
        own_faces = faces_by_user[face.user_id]
        other_faces = faces_by_number[collision.owner]
        yield _Similarity(
            face=face,
            own_first_face=next((own for own in own_faces if own.is_anchor), own_faces[0]),
            other_faces=[other for other in other_faces if other.joined_at <= face.joined_at],
            distance=collision.distance,
        )


def _known_collisions(event: Event) -> dict[frozenset[int], _KnownCollision]:
    """Return the latest collision of each two people, by the ids of the two users.

    If a collision of theirs is open, it is returned instead of later ones.
    """
    collisions = Collision.objects.filter(event=event, other__isnull=False)
    rows = collisions.order_by("found_at").values_list("newcomer", "other", "dismissed_at")
    known: dict[frozenset[int], _KnownCollision] = {}
    for newcomer_id, other_id, dismissed_at in rows:
        user_ids = frozenset({newcomer_id, other_id})
        if user_ids not in known or known[user_ids].dismissed_at is not None:
            known[user_ids] = _KnownCollision(newcomer_id, dismissed_at)
    return known


def _save(collision: Collision) -> None:
    """Save a new collision, and delete the matches that the newcomer has, unless it keeps them."""
    collision.save()
    if collision.keeps_photos:
        return
    Match.objects.filter(
        registration__event=collision.event_id, registration__user=collision.newcomer_id
    ).delete()
