"""Read what hosts decided about faces, for sortings and pages.

Decisions belong to places in photos. Here they are bound to the faces that are found there now.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Hashable, Iterable, Mapping, Set
from typing import Final, NamedTuple
from uuid import UUID

from django.db.models import Q, QuerySet

from picprocure.events.models import Event
from picprocure.faces.clustering.constraints import Constraints
from picprocure.faces.decisions import FaceDecisions
from picprocure.faces.face_groups import FaceGroup
from picprocure.faces.thresholds import SAME_PLACE
from picprocure.faces.types import Box
from picprocure.recognition.analysis import box_of
from picprocure.recognition.models import (
    Face,
    FaceDecision,
    FaceDecisionQuerySet,
    GroupedPlace,
    InvitedPlace,
)
from picprocure.recognition.sorting_inputs import EventFaces

_SEVERAL: Final = "several people"
"""The person of a face that two people were confirmed for. No one has this key."""


class _Place(NamedTuple):
    """A `GroupedPlace`. An event can have many of them."""

    decision_id: int
    is_other: bool
    box: Box


def decisions_about(face: Face) -> list[FaceDecision]:
    """Return the standing decisions about a face, in the order in which they were made."""
    decisions = FaceDecision.objects.standing().filter(photo=face.photo_id)
    return [one for one in decisions if is_about(one, face)]


def decisions_for(event: Event, faces: EventFaces) -> FaceDecisions:
    """Return the standing decisions about faces that a sorting reads, by their rows.

    Registrations are the keys of people, as in `EventPeople`.
    """
    places = _places_by_photo(event)
    boxes = (
        (row, faces.boxes[row], places[faces.photos[number]])
        for row, number in enumerate(faces.photo_ids)
        if faces.photos[number] in places
    )
    return _collected(event, boxes) if places else FaceDecisions()


def decision_keys(
    event: Event, registrations: Collection[int] | None = None
) -> dict[int, frozenset[int]]:
    """Return the ids of the standing decisions about people, by their registrations.

    A sorting read others if they differ. Registrations without a decision are left out.
    """
    people = event.registrations.filter(user__in=standing_decisions(event).values("user"))
    if registrations is not None:
        people = people.filter(pk__in=registrations)
    by_user = dict(people.values_list("user", "pk"))
    rows = standing_decisions(event).filter(user__in=by_user).order_by().values_list("user", "pk")
    keys: dict[int, set[int]] = defaultdict(set)
    for user, decision in rows:
        keys[by_user[user]].add(decision)
    return {registration: frozenset(own) for registration, own in keys.items()}


def decisions_by_face(
    event: Event, face_ids: Collection[int], *, superseded: bool = False
) -> FaceDecisions:
    """Return the standing decisions about stored faces with what follows from them, by their ids.

    Args:
        event: The event.
        face_ids: The faces.
        superseded: Whether to return those about superseded faces, too.
    """
    rows = Face.objects.all() if superseded else Face.objects.current()
    wanted = Q(pk__in=face_ids) | Q(photo__in=_standing_places(event).values("photo"))
    return _decisions_about(event, rows.filter(wanted)).with_consequences()


def contradictory_faces(event: Event) -> Set[int]:
    """Return the ids of faces about which hosts contradicted themselves."""
    grouped = Face.objects.current().filter(photo__in=_standing_places(event).values("photo"))
    return _decisions_about(event, grouped).consequences().contradictory


def group_constraints(event: Event) -> Constraints:
    """Return what is known of several faces together, superseded ones too, by their ids."""
    grouped = Face.objects.filter(photo__in=_standing_places(event).values("photo"))
    return _decisions_about(event, grouped).consequences().constraints


def standing_decisions(event: Event) -> FaceDecisionQuerySet:
    return FaceDecision.objects.standing().filter(event=event)


def group_decision_keys(event: Event) -> frozenset[int]:
    """Return the ids of the standing decisions about several faces. A sorting depends on them."""
    return frozenset(event.group_decisions.standing().values_list("pk", flat=True))


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


def _standing_places(event: Event) -> QuerySet[GroupedPlace]:
    return GroupedPlace.objects.filter(decision__event=event, decision__undone_at=None)


def _places_by_photo(event: Event) -> Mapping[UUID, list[FaceDecision | _Place]]:
    """Return what stands about the photos of an event."""
    by_photo: dict[UUID, list[FaceDecision | _Place]] = defaultdict(list)
    for decision in standing_decisions(event):
        by_photo[decision.photo_id].append(decision)
    places = _standing_places(event).order_by("pk")
    for row in places.values_list(
        "photo", "decision", "is_other", "left", "top", "right", "bottom"
    ):
        by_photo[row[0]].append(_Place(*row[1:3], Box(*row[3:])))
    return by_photo


def _decisions_about(event: Event, rows: QuerySet[Face]) -> FaceDecisions:
    """Return what stands about stored faces, by their ids."""
    faces = list(rows.values_list("pk", "photo", "left", "top", "right", "bottom"))
    places = _places_by_photo(event)
    boxes = ((face, Box(*box), places.get(photo, [])) for face, photo, *box in faces)
    return _collected(event, boxes)


def _collected(
    event: Event, boxes: Iterable[tuple[int, Box, list[FaceDecision | _Place]]]
) -> FaceDecisions:
    """Collect the decisions about faces.

    Args:
        event: The event.
        boxes: Faces with their boxes and what stands about their photos.

    Decisions about two faces contradict each other if an analysis finds only one in their place.
    Then no one gets it for this reason.
    """
    keys = _keys_of(event)
    collected = _Collected()
    for face, box, places in boxes:
        for one in places:
            if isinstance(one, _Place):
                if one.box.overlap(box) >= SAME_PLACE:
                    collected.groups[one.decision_id][one.is_other].add(face)
            elif box_of(one).overlap(box) >= SAME_PLACE:
                collected.add(face, one, keys.get(one.user_id or 0, f"user {one.user_id}"))
    return collected.decisions()


class _Collected:
    """Decisions as they are read."""

    def __init__(self) -> None:
        self.persons: dict[int, Hashable] = {}
        self.refused: set[tuple[int, Hashable]] = set()
        self.withheld: set[tuple[int, Hashable]] = set()
        self.no_faces: set[int] = set()
        self.groups: dict[int, tuple[set[int], set[int]]] = defaultdict(lambda: (set(), set()))

    def add(self, face: int, decision: FaceDecision, person: Hashable) -> None:
        if decision.answer == FaceDecision.Answer.IS:
            is_contested = self.persons.setdefault(face, person) != person
            if is_contested:
                self.persons[face] = _SEVERAL
        elif decision.answer == FaceDecision.Answer.IS_NOT:
            self.refused.add((face, person))
        elif decision.answer == FaceDecision.Answer.WITHHELD:
            self.withheld.add((face, person))
        else:
            self.no_faces.add(face)

    def decisions(self) -> FaceDecisions:
        denied = self.refused | self.withheld
        confirmed = {
            face: person
            for face, person in self.persons.items()
            if face not in self.no_faces and (face, person) not in denied
        }
        groups = tuple(FaceGroup(same, others) for same, others in self.groups.values())
        return FaceDecisions(confirmed, self.refused, self.withheld, self.no_faces, groups)


def _keys_of(event: Event) -> dict[int, int]:
    """Return registrations by the ids of users whom something was decided about.

    A person who isn't registered is known by no key.
    """
    decided = standing_decisions(event).values("user")
    return dict(event.registrations.filter(user__in=decided).values_list("user", "pk"))


def is_about(decision: FaceDecision | GroupedPlace | InvitedPlace, face: Face) -> bool:
    """Return whether a decision, or another place in a photo, is about a face."""
    return (
        decision.photo_id == face.photo_id and box_of(decision).overlap(box_of(face)) >= SAME_PLACE
    )
