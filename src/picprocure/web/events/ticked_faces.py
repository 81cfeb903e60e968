"""Faces that were taken for one person, of which a host ticks those that show them."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Self

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet

from picprocure.accounts.models import User
from picprocure.events.models import Event
from picprocure.recognition.analysis import box_of
from picprocure.recognition.group_decisions import look_like
from picprocure.recognition.models import Face
from picprocure.web.events.shown_faces import Crop, without_hidden
from picprocure.web.forms import integer_keys
from picprocure.web.http import SignedInRequest

FACES_PER_PAGE = 120


@dataclass(frozen=True, slots=True)
class TickedFaces:
    """The faces that a form showed, as they are now.

    Attributes:
        ticked: Those that the host ticked.
        others: Those that the host did not tick.
    """

    ticked: list[Face]
    others: list[Face]

    @classmethod
    def of(cls, request: SignedInRequest, event: Event) -> Self:
        """Read a form. Faces that this host may not decide about are left out."""
        ticked = set(integer_keys(request.POST.getlist("face"))[:FACES_PER_PAGE])
        shown = ticked | set(integer_keys(request.POST.getlist("shown"))[:FACES_PER_PAGE])
        current = Face.objects.current().filter(photo__event=event, pk__in=shown)
        faces = list(without_hidden(current, event, request.user).order_by("pk"))
        return cls(
            [face for face in faces if face.pk in ticked],
            [face for face in faces if face.pk not in ticked],
        )

    def similar_to_others(self) -> set[int]:
        """Return the ids of the faces that look more like the others than like the rest."""
        return look_like([*self.ticked, *self.others], {face.pk for face in self.others})


def face_page(faces: QuerySet[Face], number: str | None, *, event: Event, host: User) -> Page[Face]:
    """Return a page of faces that a host may decide about, with their photos."""
    seen = without_hidden(faces, event, host).defer("embedding").select_related("photo")
    return Paginator(seen.order_by("pk"), FACES_PER_PAGE).get_page(number)


def tiles(faces: Iterable[Face], unticked: Collection[int] = ()) -> list[tuple[Face, Crop, bool]]:
    """Return faces, each with the part of its photo around it, and whether it is ticked."""
    return [(face, Crop.around(box_of(face)), face.pk not in unticked) for face in faces]
