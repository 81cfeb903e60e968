"""What hosts see of the faces in photos: where they are, whose they are, and why."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, Q, QuerySet

from picprocure.accounts.models import User
from picprocure.events.models import Event, Registration
from picprocure.faces.decisions import DECIDED
from picprocure.faces.thresholds import SAME_PLACE
from picprocure.faces.types import Box
from picprocure.galleries import access
from picprocure.photos.models import Photo
from picprocure.recognition.analysis import box_of
from picprocure.recognition.models import Face, FaceDecision, Match

CROP_MARGIN = 0.4
"""How much more than the face's box is shown, as a share of its sides."""


@dataclass(frozen=True, slots=True)
class Crop:
    """The square part of a photo that is shown around a face, in pixels of the photo."""

    x: int
    y: int
    side: int

    @classmethod
    def around(cls, box: Box) -> Crop:
        side = round(max(box.width, box.height) * (1 + 2 * CROP_MARGIN))
        x, y = (box.left + box.right) // 2, (box.top + box.bottom) // 2
        return cls(max(0, x), max(0, y), max(1, side))


@dataclass(frozen=True, slots=True)
class ShownFace:
    """A face of a photo as a host sees it.

    Attributes:
        number: Its number in the photo, from left to right, from 1.
        matched: The match of the person who gets the photo for this face, or None. People whom this
            host may not see are left out.
        doubts: Doubtful matches, the nearest first.
        decisions: What hosts decided, those that were taken back too.
        is_hidden: Whether the face is matched with a person whom this host may not see.
    """

    face: Face
    number: int
    box: Box
    crop: Crop
    matched: Match | None
    doubts: list[Match]
    decisions: list[FaceDecision]
    is_hidden: bool

    @property
    def is_confirmed(self) -> bool:
        """Whether a host said that the face is the matched person's."""
        return self.matched is not None and self.matched.reason == DECIDED

    @property
    def last_decision(self) -> FaceDecision | None:
        """The last decision that no host took back."""
        return next((one for one in reversed(self.decisions) if one.undone_at is None), None)

    @property
    def is_no_face(self) -> bool:
        return any(
            one.answer == FaceDecision.Answer.NO_FACE and one.undone_at is None
            for one in self.decisions
        )


def faces_in(photo: Photo, *, host: User) -> list[ShownFace]:
    """Return the faces of a photo from left to right, in a fixed number of queries."""
    faces = list(photo.faces.current().defer("embedding").order_by("left", "pk"))
    visible = access.people_shown_in(photo.event, host)
    seen = set(visible.values_list("pk", flat=True).filter(matches__face__in=faces))
    hidden = set(
        hidden_among(photo.faces.current(), photo.event, host).values_list("pk", flat=True)
    )
    matches = _matches_of(faces)
    decisions = [(one, box_of(one)) for one in _decisions_shown(photo, host)]
    return [
        _shown_face(face, number, matches[face.pk], seen, decisions, is_hidden=face.pk in hidden)
        for number, face in enumerate(faces, start=1)
    ]


def without_hidden(faces: QuerySet[Face], event: Event, host: User) -> QuerySet[Face]:
    """Return faces that a host may decide about.

    Faces that are matched only with people whom the host may not see are left out. Otherwise a
    co-host could take photos from a person without seeing from whom. If a photo was analyzed again,
    the matches of its earlier faces count until the next sorting.
    """
    return faces.exclude(_is_hidden(event, host))


def hidden_among(faces: QuerySet[Face], event: Event, host: User) -> QuerySet[Face]:
    """Return the faces that `without_hidden` leaves out."""
    return faces.filter(_is_hidden(event, host))


def _is_hidden(event: Event, host: User) -> Q:
    matches = Match.objects.filter(status=Match.Status.MATCHED)
    people = access.people_shown_in(event, host)
    delivered = matches.filter(face=OuterRef("pk"))
    x, y = (OuterRef("left") + OuterRef("right")) / 2, (OuterRef("top") + OuterRef("bottom")) / 2
    earlier = matches.filter(
        face__photo=OuterRef("photo"),
        face__is_superseded=True,
        face__left__lte=x,
        face__right__gte=x,
        face__top__lte=y,
        face__bottom__gte=y,
    ).exclude(registration__in=people)
    seen = delivered.filter(registration__in=people)
    return (Q(Exists(delivered)) | Q(Exists(earlier))) & ~Q(Exists(seen))


def people_to_choose(event: Event, host: User) -> QuerySet[Registration]:
    """Return the people whom a host can name in a photo, by name."""
    admitted = access.people_shown_in(event, host).filter(status=Registration.Status.ADMITTED)
    named = admitted.select_related("user").only("user__first_name", "user__last_name")
    return named.order_by("user__first_name", "user__last_name", "pk")


def _matches_of(faces: Iterable[Face]) -> dict[int, list[Match]]:
    rows = Match.objects.filter(face__in=faces).select_related("registration__user")
    by_face: dict[int, list[Match]] = defaultdict(list)
    for match in rows.order_by("distance", "pk"):
        by_face[match.face_id].append(match)
    return by_face


def _decisions_shown(photo: Photo, host: User) -> QuerySet[FaceDecision]:
    """Return the decisions about a photo, without those about people whom a host may not see."""
    seen = access.people_shown_in(photo.event, host).values("user")
    about_others = photo.face_decisions.filter(user__isnull=False).exclude(user__in=seen)
    rows = photo.face_decisions.exclude(pk__in=about_others.values("pk"))
    return rows.select_related("user", "decided_by", "undone_by")


def _shown_face(
    face: Face,
    number: int,
    matches: list[Match],
    seen: set[int],
    decisions: list[tuple[FaceDecision, Box]],
    *,
    is_hidden: bool,
) -> ShownFace:
    box = box_of(face)
    delivered = [match for match in matches if match.status == Match.Status.MATCHED]
    shown = [match for match in delivered if match.registration_id in seen]
    return ShownFace(
        face=face,
        number=number,
        box=box,
        crop=Crop.around(box),
        matched=next(iter(shown), None),
        doubts=[
            match
            for match in matches
            if match.status == Match.Status.REVIEW and match.registration_id in seen
        ],
        decisions=[one for one, place in decisions if place.overlap(box) >= SAME_PLACE],
        is_hidden=is_hidden,
    )
