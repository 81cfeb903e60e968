"""Invitations for unknown people in the photos, and what hosts see of those who follow them.

Such an invitation gives no photos. The people who follow it register, wait for approval and
are compared as everyone else. The page of the link says nothing about the unknown person, since a
link can be forwarded. Only hosts see who came by it, and whether the faces agree.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import astuple, dataclass, field
from datetime import timedelta
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, QuerySet

from picprocure.accounts.models import User
from picprocure.events.invitations import create_invitation, hash_of
from picprocure.events.models import Event, Invitation
from picprocure.faces.thresholds import SAME_PLACE
from picprocure.faces.types import Box
from picprocure.recognition.analysis import box_of
from picprocure.recognition.models import (
    Face,
    InvitationFollower,
    InvitedPlace,
    Match,
    Sorting,
    UnknownPersonInvitation,
)
from picprocure.recognition.standing_decisions import is_about

_MOST_PLACES: Final = 20
"""More faces would not tell more about whether a person is the one who was meant."""
_SIDES: Final = ("left", "top", "right", "bottom")


@dataclass(frozen=True, slots=True)
class Arrival:
    """A person who came by the invitation for an unknown person.

    Attributes:
        face: The id of the largest face that the invitation is for, or None if no analysis finds
            any more.
        photo: The id of its photo.
        faces: How many faces it is for.
        agreeing: In how many of them the person was found.
        doubtful: How many of them may be theirs, and wait for a host's review.
        is_compared: Whether no sorting is pending that could change this.
    """

    face: int | None
    photo: UUID | None
    faces: int
    agreeing: int
    doubtful: int
    is_compared: bool


@transaction.atomic
def invite_unknown_person(
    *, event: Event, faces: Iterable[Face], valid_for: timedelta
) -> Invitation:
    """Create an invitation for the person whom these faces show. It is for the largest of them."""
    largest = sorted(faces, key=lambda face: (-box_of(face).area, face.pk))[:_MOST_PLACES]
    token = create_invitation(event=event, valid_for=valid_for)
    invitation = Invitation.objects.get(token_hash=hash_of(token))
    made = UnknownPersonInvitation.objects.create(invitation=invitation)
    InvitedPlace.objects.bulk_create(_place(made, face) for face in largest)
    return invitation


def record_follower(*, token_hash: str, user: User) -> None:
    """Remember who followed an invitation, if it was made for an unknown person."""
    valid = Invitation.objects.valid().filter(token_hash=token_hash)
    for made in UnknownPersonInvitation.objects.filter(invitation__in=valid):
        InvitationFollower.objects.get_or_create(invitation=made, user=user)


def forget_follower(*, event: Event, user: User) -> None:
    """Forget by which invitations a person came who leaves the event."""
    _guests(event).filter(user=user).delete()


def invitations_for(event: Event, faces: Collection[Face]) -> list[Invitation]:
    """Return the valid invitations that were made for some of these faces, the newest first."""
    photos = {face.photo_id for face in faces}
    places = InvitedPlace.objects.filter(
        photo__in=photos, invitation__invitation__in=event.invitations.valid()
    )
    found = {
        place.invitation_id for place in places if any(is_about(place, face) for face in faces)
    }
    return list(event.invitations.valid().filter(pk__in=found).select_related("for_unknown_person"))


def arrivals(event: Event, registrations: Collection[int]) -> dict[int, list[Arrival]]:
    """Return how people came by invitations for unknown people, by their registrations.

    It takes one query.
    """
    came = _guests(event).filter(user__registrations__in=registrations)
    arrived: dict[int, list[Arrival]] = defaultdict(list)
    for (registration, _), found in _by_invitation(event, came).items():
        arrived[registration].append(found.arrival())
    return arrived


def invited_faces(event: Event) -> set[tuple[int, int]]:
    """Return pairs of a registration and the id of a face.

    The person came by an invitation that was made for this face. Hosts are asked about these first.
    """
    came = _guests(event).filter(user__registrations__event=event)
    followed = list(came.values_list("user__registrations", "invitation"))
    faces = _faces_of({invitation for _, invitation in followed}) if followed else {}
    return {
        (registration, face)
        for registration, invitation in followed
        for face in faces.get(invitation, ())
    }


def forget_invited_places(faces: Iterable[Face]) -> None:
    """Delete the places of faces. Their invitations stay, as ones that are for no face."""
    by_photo: dict[UUID, list[Face]] = defaultdict(list)
    for face in faces:
        by_photo[face.photo_id].append(face)
    places = InvitedPlace.objects.filter(photo__in=by_photo)
    forgotten = [
        place.pk
        for place in places
        if any(is_about(place, face) for face in by_photo[place.photo_id])
    ]
    InvitedPlace.objects.filter(pk__in=forgotten).delete()


def _faces_of(invitations: Collection[int]) -> Mapping[int, set[int]]:
    """Return the ids of the faces at the places of invitations, by the invitations.

    They are found once for all who followed an invitation: it may have been forwarded to many.
    """
    places = InvitedPlace.objects.filter(
        invitation__in=invitations, photo__faces__is_superseded=False
    )
    rows = places.order_by().values_list(
        *("invitation", "photo__faces"), *_SIDES, *(f"photo__faces__{side}" for side in _SIDES)
    )
    found: dict[int, set[int]] = defaultdict(set)
    for invitation, face, *sides in rows:
        if Box(*sides[:4]).overlap(Box(*sides[4:])) >= SAME_PLACE:
            found[invitation].add(face)
    return found


def _place(made: UnknownPersonInvitation, face: Face) -> InvitedPlace:
    place = InvitedPlace(invitation=made, photo_id=face.photo_id)
    place.left, place.top, place.right, place.bottom = astuple(box_of(face))
    return place


def _guests(event: Event) -> QuerySet[InvitationFollower]:
    return InvitationFollower.objects.filter(invitation__invitation__event=event)


@dataclass(slots=True)
class _Found:
    """What is known of the faces of an invitation by which a person came, by the faces' ids."""

    is_compared: bool
    boxes: dict[int, Box] = field(default_factory=dict)
    photos: dict[int, UUID] = field(default_factory=dict)
    statuses: dict[int, str] = field(default_factory=dict)

    def arrival(self) -> Arrival:
        found = list(self.statuses.values())
        largest = max(self.boxes, key=lambda face: (self.boxes[face].area, -face), default=None)
        return Arrival(
            face=largest,
            photo=self.photos[largest] if largest else None,
            faces=len(self.boxes),
            agreeing=found.count(Match.Status.MATCHED),
            doubtful=found.count(Match.Status.REVIEW),
            is_compared=self.is_compared,
        )


def _by_invitation(
    event: Event, guests: QuerySet[InvitationFollower]
) -> dict[tuple[int, int], _Found]:
    """Return what is known of invitations, by registrations and invitations.

    One query joins the guests, the places, the faces of their photos and the matches of these. The
    faces at the places are found here, since a database doesn't know how much two boxes share.

    Args:
        event: The event.
        guests: People who came by an invitation, filtered by their registrations.
    """
    place, face = "invitation__places", "invitation__places__photo__faces"
    pending = Sorting.objects.pending().filter(event=event)
    rows = guests.annotate(is_pending=Exists(pending)).values_list(
        *("user__registrations", "invitation", "is_pending", f"{place}__photo", face),
        *(f"{face}__is_superseded", f"{face}__matches__registration", f"{face}__matches__status"),
        *(f"{place}__{side}" for side in _SIDES),
        *(f"{face}__{side}" for side in _SIDES),
    )
    found: dict[tuple[int, int], _Found] = {}
    for registration, invitation, is_pending, photo, key, *rest in rows.order_by("pk"):
        is_superseded, matched, status, *sides = rest
        one = found.setdefault((registration, invitation), _Found(is_compared=not is_pending))
        if key is None or is_superseded:
            continue
        box = Box(*sides[4:])
        if Box(*sides[:4]).overlap(box) >= SAME_PLACE:
            one.boxes[key], one.photos[key] = box, photo
            if matched == registration:
                one.statuses[key] = status
    return found
