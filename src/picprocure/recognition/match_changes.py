"""Writing what a sorting changed, in short transactions.

What changed is computed without a lock. It is then written for a few people at a time, so that
pages and other workers never wait long for the database. Each person's gallery changes at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from django.db import connection, transaction

from picprocure.events.models import Event
from picprocure.photos.models import Photo
from picprocure.recognition.kept_matches import kept_matches
from picprocure.recognition.models import Face, Match, MatchedFace
from picprocure.recognition.sorting import ComputedSorting
from picprocure.recognition.sorting_inputs import EventPeople
from picprocure.storage.batches import CHUNK, batched

_SET_CLUSTER: Final = (
    'UPDATE recognition_face SET "cluster" = %s WHERE id = %s AND embedding IS NOT NULL'
)


@dataclass(frozen=True, slots=True)
class PersonChanges:
    """What a sorting changes of the matches of one registered person.

    Attributes:
        registration_id: The person's registration.
        ended: Keys of matches that end.
        decided: Matches that are new, or that differ from the stored one with their key.
        moved: Matches of an earlier engine that stay and move to another face.
    """

    registration_id: int
    ended: list[int] = field(default_factory=list)
    decided: list[Match] = field(default_factory=list)
    moved: list[Match] = field(default_factory=list)

    @property
    def rows(self) -> int:
        return len(self.ended) + len(self.decided) + len(self.moved)


class _Stored(NamedTuple):
    """A stored match. Of its figures, only what people read counts as a change."""

    key: int
    registration_id: int
    face_id: int
    status: str
    reason: str
    engine_version: str

    def is_like(self, match: Match) -> bool:
        return (self.status, self.reason, self.engine_version) == (
            match.status,
            match.reason,
            match.engine_version,
        )


def write_sorting(computed: ComputedSorting, *, is_claimed: Callable[[], bool]) -> bool:
    """Write the clusters and matches that a sorting changed.

    Matches are dropped if their person left or changed photos since the computation began, or if
    their photo was deleted since then. Earlier matches are kept if this sorting can't decide them
    again (see `kept_matches`).

    Args:
        computed: The sorting.
        is_claimed: Returns whether this worker still has the claim on the event's sorting. It is
            asked at the end of each transaction.

    Returns:
        Whether all was written. If the claim was lost, another worker sorts the event.
    """
    for group in _groups(_changes(computed)):
        with transaction.atomic():
            _write(computed, group)
            if not is_claimed():
                transaction.set_rollback(True)
                return False
    _write_clusters(computed)
    Face.objects.filter(photo__event=computed.event, is_superseded=True, matches=None).delete()
    return True


def _changes(computed: ComputedSorting) -> list[PersonChanges]:
    """Compare a sorting with the stored matches."""
    event = computed.event
    rows = Match.objects.filter(registration__event=event).values_list(
        "pk", "registration", "face", "status", "reason", "engine_version"
    )
    stored = {(row.registration_id, row.face_id): row for row in map(_Stored._make, rows)}
    decided = computed.matches()
    changes: dict[int, PersonChanges] = {}

    def of(registration_id: int) -> PersonChanges:
        return changes.setdefault(registration_id, PersonChanges(registration_id))

    staying = set()
    kept = {}
    for match in kept_matches(event, engine_version=computed.engine_version, decided=decided):
        staying.add(match.pk)
        kept[match.registration_id, match.face_id] = match
        row = stored.get((match.registration_id, match.face_id))
        if row is None or row.key != match.pk:
            of(match.registration_id).moved.append(match)
    for match in decided:
        place = match.registration_id, match.face_id
        if place in kept:
            continue
        row = stored.get(place)
        if row is not None:
            staying.add(row.key)
            match.pk = row.key
        if row is None or not row.is_like(match):
            of(match.registration_id).decided.append(match)
    for row in stored.values():
        if row.key not in staying:
            of(row.registration_id).ended.append(row.key)
    return sorted(changes.values(), key=lambda change: change.registration_id)


def _groups(changes: Iterable[PersonChanges]) -> Iterator[list[PersonChanges]]:
    """Yield groups of people, each with about as many rows as are written at once."""
    group: list[PersonChanges] = []
    for change in changes:
        group.append(change)
        if sum(one.rows for one in group) >= CHUNK:
            yield group
            group = []
    if group:
        yield group


def _write(computed: ComputedSorting, group: Sequence[PersonChanges]) -> None:
    """Write the changes of some people. Call this inside a transaction."""
    registrations = [change.registration_id for change in group]
    people = EventPeople.of(
        computed.event,
        engine_version=computed.engine_version,
        registrations=registrations,
        locked=True,
    )
    unchanged = people.unchanged_since(computed.people)
    decided = [
        match for change in group if change.registration_id in unchanged for match in change.decided
    ]
    moved = [match for change in group for match in change.moved]
    repeated = computed.repeated_faces()
    faces = _lock_faces(
        {match.face_id for match in moved}
        | {face for match in decided for face in (match.face_id, *repeated.get(match.face_id, ()))}
    )
    decided = [match for match in decided if faces.get(match.face_id)]
    for ended in batched([key for change in group for key in change.ended]):
        Match.objects.filter(pk__in=ended).delete()
    Match.objects.bulk_update(
        [match for match in moved if match.face_id in faces], ["face"], batch_size=CHUNK
    )
    Match.objects.bulk_update(
        [match for match in decided if match.pk],
        ["status", "distance", "threshold", "reason", "engine_version", "decided_at"],
        batch_size=CHUNK,
    )
    Match.objects.bulk_create([match for match in decided if not match.pk], batch_size=CHUNK)
    _record_matched_faces(computed.event, decided, repeated, faces)


def _lock_faces(face_ids: Iterable[int]) -> dict[int, bool]:
    """Lock the photos of faces until the transaction ends.

    Returns:
        The faces that still exist, and whether each has its embedding: only then it is matched.
    """
    existing: dict[int, bool] = {}
    for batch in batched(sorted(face_ids)):
        faces = Face.objects.filter(pk__in=batch)
        photos = Photo.objects.with_faces().filter(pk__in=faces.values("photo")).order_by("pk")
        list(photos.select_for_update().values_list("pk"))
        faces = faces.filter(photo__analyzed_at__isnull=False)
        forgotten = faces.filter(embedding=None)
        existing.update(dict.fromkeys(faces.values_list("pk", flat=True), True))
        existing.update(dict.fromkeys(forgotten.values_list("pk", flat=True), False))
    return existing


def _record_matched_faces(
    event: Event,
    matches: Iterable[Match],
    repeated: Mapping[int, Sequence[int]],
    faces: Mapping[int, bool],
) -> None:
    """Record which faces were matched with which person, and which repeat them in the same photo.

    The record outlives the matches. Withdrawal deletes the embeddings of these faces.
    """
    matched = [match for match in matches if match.status == Match.Status.MATCHED]
    people = {match.registration_id for match in matched}
    users = dict(event.registrations.filter(pk__in=people).values_list("pk", "user"))
    MatchedFace.objects.bulk_create(
        (
            MatchedFace(user_id=users[match.registration_id], face_id=face_id)
            for match in matched
            for face_id in (match.face_id, *repeated.get(match.face_id, ()))
            if faces.get(face_id)
        ),
        batch_size=CHUNK,
        ignore_conflicts=True,
    )


def _write_clusters(computed: ComputedSorting) -> None:
    """Write the cluster numbers that changed.

    For 20,000 rows this takes 0.1 s, and `bulk_update` 5 s.
    """
    faces = computed.faces
    rows = zip(computed.result.clusters.tolist(), faces.clusters, faces.keys, strict=True)
    for changed in batched([(new, face_id) for new, old, face_id in rows if new != old]):
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.executemany(_SET_CLUSTER, changed)
