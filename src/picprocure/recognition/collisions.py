"""Faces that look borrowed: a newcomer's that is very much like somebody else's in the event.

The person who was there first is never held. The computation takes the same time whatever it finds.
Only the hosts of the event see the result.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import numpy as np
from django.db import transaction
from django.utils import timezone

from picprocure.events.models import Event, Registration
from picprocure.faces.enrollment.duplicates import find_collisions, find_copies
from picprocure.faces.thresholds import DEFAULT
from picprocure.faces.types import EMBEDDING_SIZE, Embedding, Embeddings
from picprocure.recognition.anchors import anchors_by_user, joined_at
from picprocure.recognition.embeddings import embedding_of, embeddings_of, openable
from picprocure.recognition.models import Anchor, Collision, Match, Reference
from picprocure.recognition.sorting_inputs import EventFaces
from picprocure.storage.batches import CHUNK


@dataclass(frozen=True, slots=True)
class _Entry:
    """A face of a person in an event, and when it came.

    It is the face of a reference, or of an anchor whose reference was deleted.
    """

    registration: Registration
    reference: Reference | None
    engine_version: str
    embedding: Embedding
    joined_at: datetime
    is_anchor: bool = False

    @property
    def user_id(self) -> int:
        return self.registration.user_id

    @property
    def reference_id(self) -> UUID | None:
        return self.reference.pk if self.reference else None

    def distance(self, other: _Entry) -> float:
        return float(np.linalg.norm(self.embedding - other.embedding))

    def shows(self, other: _Entry) -> bool:
        return self.distance(other) < DEFAULT.anchor_agreement


@dataclass(frozen=True, slots=True)
class _Likeness:
    """A face that is like the mean of the earlier faces of another person.

    ``own`` is the face that decides when its person came: their anchor, or else their first face.
    """

    entry: _Entry
    own: _Entry
    others: list[_Entry]
    distance: float

    @property
    def pair(self) -> frozenset[int]:
        return frozenset({self.entry.user_id, self.others[0].user_id})

    @property
    def is_nearer(self) -> bool:
        """Whether it is nearer to the other person than to the admitted face, if there is one."""
        return not self.own.is_anchor or self.distance < self.entry.distance(self.own)

    @property
    def is_of_two_faces(self) -> bool:
        """Whether the other person never showed ``own``."""
        return not any(other.shows(self.own) for other in self.others)

    def newcomer(self) -> _Entry | None:
        """Return the face of the person who came later, if that can be told.

        Another photo of ``own`` puts its person only before people who came later with ``own``
        itself. Otherwise a blend of the two faces would have the other person held, who was there
        before the blend.
        """
        since = [other for other in self.others if other.joined_at > self.own.joined_at]
        before = [other for other in self.others if other.joined_at <= self.own.joined_at]
        if not since or not self.entry.shows(self.own) or any(map(self.entry.shows, before)):
            return self.entry
        nearest = min(since, key=self.own.distance)
        if nearest.shows(self.own):
            return nearest
        return self.entry if self.is_nearer else None


@dataclass(frozen=True, slots=True)
class _Decision:
    """Which of two people is the newcomer, and when a host last admitted that person."""

    newcomer: int
    at: datetime | None

    def newcomer_again(self, likeness: _Likeness) -> _Entry | None:
        """Return a later photo that is nearer to the other person than to its own person's face.

        It is a photo of the newcomer, or of the first person if they took a face that was never
        theirs.
        """
        entry = likeness.entry
        if self.at is None or not entry.reference or entry.reference.created_at <= self.at:
            return None
        if entry.user_id != self.newcomer and not likeness.is_of_two_faces:
            return None
        return entry if likeness.is_nearer else None


@transaction.atomic
def record_collisions(event: Event) -> None:
    """Hold people who came to the event with a face that looks like that of an earlier person.

    A collision belongs to two people, even if they change their photos. Once one of them is held,
    the other never is for the same likeness, and a host's decision stays. The host is asked again
    only about a later photo that is nearer to the other person than to the admitted face.
    """
    decided = _decided_pairs(event)
    for entries in _comparable(_entries(event, anchors_by_user(event))):
        for likeness in _likenesses(entries):
            decision = decided.get(likeness.pair)
            newcomer = decision.newcomer_again(likeness) if decision else likeness.newcomer()
            if newcomer:
                first = likeness.others[0] if newcomer is likeness.entry else likeness.entry
                _hold_for(first, newcomer)
                decided[likeness.pair] = _Decision(newcomer.user_id, None)


def _likenesses(entries: list[_Entry]) -> Iterator[_Likeness]:
    of_people: dict[int, list[_Entry]] = {}
    for entry in entries:
        of_people.setdefault(entry.user_id, []).append(entry)
    rows = {user_id: row for row, user_id in enumerate(of_people)}
    all_of = list(of_people.values())
    for found in find_collisions(_embeddings(entries), [rows[entry.user_id] for entry in entries]):
        entry = entries[found.entry]
        theirs = of_people[entry.user_id]
        yield _Likeness(
            entry=entry,
            own=next((own for own in theirs if own.is_anchor), theirs[0]),
            others=[other for other in all_of[found.owner] if other.joined_at <= entry.joined_at],
            distance=found.distance,
        )


@transaction.atomic
def hold_copies(event: Event, faces: EventFaces) -> None:
    """Hold whoever shows a face that is cut out of one of the event's own photos."""
    decided = set(
        Collision.objects.filter(event=event, kind=Collision.Kind.PHOTO).values_list(
            "newcomer", "reference"
        )
    )
    entries = [
        entry for entry in _entries(event, {}) if entry.engine_version == faces.engine_version
    ]
    references = _embeddings(entries)
    for row, face in find_copies(references, faces.embeddings):
        entry = entries[row]
        if (entry.user_id, entry.reference_id) not in decided:
            _hold(
                Collision(
                    event=event,
                    newcomer_id=entry.user_id,
                    reference=entry.reference,
                    kind=Collision.Kind.PHOTO,
                    face_id=faces.keys[face],
                )
            )


@transaction.atomic
def dismiss_collisions(registration: Registration, collision_ids: Iterable[int]) -> None:
    """A host who was shown these collisions says that the face is this person's own.

    Whatever was found since holds them still.
    """
    shown = Collision.objects.of(registration).filter(pk__in=list(collision_ids))
    shown.open().update(dismissed_at=timezone.now())


def _entries(event: Event, anchors: Mapping[int, Anchor]) -> list[_Entry]:
    """Return every face in the event, in the order in which they came."""
    registrations = (
        event.registrations.consenting()
        .exclude(status=Registration.Status.BLOCKED)
        .select_related("consent", "user")
        .prefetch_related("user__references")
    )
    entries = [
        entry
        for registration in registrations.iterator(chunk_size=CHUNK)
        for entry in _entries_of(registration, anchors.get(registration.user_id))
    ]
    return sorted(entries, key=lambda entry: (entry.joined_at, entry.registration.pk))


def _entries_of(registration: Registration, anchor: Anchor | None) -> Iterator[_Entry]:
    """Yield a person's faces.

    The anchor keeps its time, even if its reference was deleted, or its person left and came back.
    No other photo does. Otherwise, people who were there early could take a face afterwards.
    """
    first = None
    references = openable(registration.user.references.all())
    for reference, embedding in zip(references, embeddings_of(references), strict=True):
        if anchor and _is_kept_in(anchor, reference):
            first = reference
            continue
        came = joined_at(registration, reference, registration.consent)
        yield _Entry(registration, reference, reference.engine_version, embedding, came)
    if anchor:
        yield _Entry(
            registration,
            first,
            anchor.engine_version,
            embedding_of(anchor),
            anchor.joined_at,
            is_anchor=True,
        )


def _is_kept_in(anchor: Anchor, reference: Reference) -> bool:
    same = anchor.reference_id == reference.pk
    return same and anchor.engine_version == reference.engine_version


def _embeddings(entries: list[_Entry]) -> Embeddings:
    rows = [entry.embedding for entry in entries]
    return np.array(rows, dtype=np.float32).reshape(-1, EMBEDDING_SIZE)


def _comparable(entries: list[_Entry]) -> list[list[_Entry]]:
    """Entries whose embeddings are of one engine; others can't be compared."""
    versions = sorted({entry.engine_version for entry in entries})
    return [[entry for entry in entries if entry.engine_version == version] for version in versions]


def _decided_pairs(event: Event) -> dict[frozenset[int], _Decision]:
    """Return the last decision about each two people, by the ids of their users."""
    known = Collision.objects.filter(event=event, other__isnull=False)
    rows = known.order_by("found_at").values_list("newcomer", "other", "dismissed_at")
    decided: dict[frozenset[int], _Decision] = {}
    for newcomer, first, dismissed_at in rows:
        pair = frozenset({newcomer, first})
        if pair not in decided or decided[pair].at is not None:  # an open one stays open
            decided[pair] = _Decision(newcomer, dismissed_at)
    return decided


def _hold_for(first: _Entry, entry: _Entry) -> None:
    _hold(
        Collision(
            event_id=entry.registration.event_id,
            newcomer_id=entry.user_id,
            reference=entry.reference,
            kind=Collision.Kind.PERSON,
            other=first.registration.user,
            other_reference=first.reference,
        )
    )


def _hold(collision: Collision) -> None:
    collision.save()
    Match.objects.filter(
        registration__event=collision.event_id, registration__user=collision.newcomer_id
    ).delete()
