"""What hosts decided about the faces of an event: who decided what, and when."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from uuid import UUID

from django.core.paginator import Paginator
from django.db.models import Prefetch, Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from picprocure.accounts.models import User
from picprocure.events.models import Event
from picprocure.galleries import access
from picprocure.pipeline import changes
from picprocure.recognition.analysis import box_of
from picprocure.recognition.models import Face, FaceDecision, GroupDecision, GroupedPlace
from picprocure.recognition.standing_decisions import contradictory_faces, is_about
from picprocure.web.events.shown_faces import Crop, hidden_among
from picprocure.web.forms import integer_keys
from picprocure.web.http import SignedInRequest

DECISIONS_PER_PAGE = 60
FACES_SHOWN = 6
"""Of a decision about several faces."""


@dataclass(frozen=True, slots=True)
class ShownDecision:
    """A decision as hosts see it.

    Attributes:
        decision: The decision.
        crops: The first of its places, with the parts of their photos.
        others: Places of faces that are of someone else.
        is_contradicted: Whether it has no effect, since it contradicts another one.
        is_unbound: Whether no face is found in one of its places.
    """

    decision: FaceDecision | GroupDecision
    crops: list[tuple[FaceDecision | GroupedPlace, Crop]]
    others: list[tuple[FaceDecision | GroupedPlace, Crop]]
    is_contradicted: bool
    is_unbound: bool

    @property
    def key(self) -> str:
        """Identify the decision in forms."""
        return key_of(self.decision)

    @property
    def is_about_several(self) -> bool:
        return isinstance(self.decision, GroupDecision)


@require_http_methods(["GET", "HEAD", "POST"])
def decisions(request: SignedInRequest, event_id: UUID) -> HttpResponse:
    """List the decisions, the newest first. Each can be taken back."""
    event = get_object_or_404(access.events_managed_by(request.user), pk=event_id)
    if request.method == "POST":
        return _undo(request, event)
    about_faces = _face_decisions(event, request.user)
    about_groups = _group_decisions(event, request.user)
    keys = [
        *((at, "face", pk) for pk, at in about_faces.values_list("pk", "decided_at")),
        *((at, "group", pk) for pk, at in about_groups.values_list("pk", "decided_at")),
    ]
    page = Paginator(sorted(keys, reverse=True), DECISIONS_PER_PAGE).get_page(
        request.GET.get("page")
    )
    chosen = [(kind, pk) for _, kind, pk in page.object_list]
    found: dict[tuple[str, int], FaceDecision | GroupDecision] = {}
    faces_here = about_faces.filter(pk__in=[pk for kind, pk in chosen if kind == "face"])
    groups_here = about_groups.filter(pk__in=[pk for kind, pk in chosen if kind == "group"])
    for decision in faces_here.select_related("photo", "user", "decided_by", "undone_by"):
        found["face", decision.pk] = decision
    places = Prefetch("places", GroupedPlace.objects.select_related("photo"))
    for group in groups_here.select_related("decided_by", "undone_by").prefetch_related(places):
        found["group", group.pk] = group
    has_groups = any(kind == "group" for _, kind, _ in keys)
    contradictory = contradictory_faces(event) if has_groups else frozenset()
    shown = _shown([found[one] for one in chosen if one in found], contradictory)
    return render(
        request, "events/decisions.html", {"event": event, "page_obj": page, "shown": shown}
    )


def key_of(decision: FaceDecision | GroupDecision) -> str:
    """Identify a decision in forms."""
    kind = "group" if isinstance(decision, GroupDecision) else "face"
    return f"{kind}-{decision.pk}"


def with_undo(address: str, decision: GroupDecision) -> str:
    """Return an address that offers to take a decision back."""
    return f"{address}?undo={decision.pk}"


def last_group_decision(request: SignedInRequest, event: Event) -> GroupDecision | None:
    """Return the decision that the address offers to take back, if it is still standing."""
    own = event.group_decisions.standing().filter(decided_by=request.user)
    return own.filter(pk__in=integer_keys([request.GET.get("undo", "")])).first()


def _undo(request: SignedInRequest, event: Event) -> HttpResponse:
    """Take a decision back, and return to the page that offered it."""
    kind, _, number = request.POST.get("decision", "").partition("-")
    (key,) = integer_keys([number]) or [0]
    if kind == "group":
        group = get_object_or_404(_group_decisions(event, request.user), pk=key)
        changes.undo_group_decision(group, host=request.user)
    else:
        decision = get_object_or_404(_face_decisions(event, request.user), pk=key)
        changes.undo_decision(decision, host=request.user)
    if request.POST.get("from") == "unknown":
        return redirect("events:unknown_people", event.pk)
    page = integer_keys([request.GET.get("page", "")]) or [1]
    return redirect(f"{reverse('events:decisions', args=[event.pk])}?page={page[0]}")


def _face_decisions(event: Event, host: User) -> QuerySet[FaceDecision]:
    """Return the decisions, except those about people whom a host may not see."""
    seen = access.people_shown_in(event, host).values("user")
    rows = FaceDecision.objects.filter(event=event)
    return rows.filter(Q(user=None) | Q(user__in=seen))


def _group_decisions(event: Event, host: User) -> QuerySet[GroupDecision]:
    """Return the decisions, except those about a face that a host may not decide about."""
    places = GroupedPlace.objects.filter(decision__event=event)
    grouped = Face.objects.current().filter(photo__in=places.values("photo"))
    hidden = _by_photo(hidden_among(grouped, event, host).defer("embedding"))
    concealed = {
        place.decision_id
        for place in places.filter(photo__in=hidden)
        if any(is_about(place, face) for face in hidden[place.photo_id])
    }
    return event.group_decisions.exclude(pk__in=concealed)


def _faces_of(places: Iterable[FaceDecision | GroupedPlace]) -> Mapping[UUID, list[Face]]:
    """Return the current faces of the photos that places are in."""
    photos = {place.photo_id for place in places}
    return _by_photo(Face.objects.current().filter(photo__in=photos).defer("embedding"))


def _by_photo(faces: Iterable[Face]) -> Mapping[UUID, list[Face]]:
    by_photo: dict[UUID, list[Face]] = defaultdict(list)
    for face in faces:
        by_photo[face.photo_id].append(face)
    return by_photo


def _shown(
    decisions: Sequence[FaceDecision | GroupDecision], contradictory: Set[int]
) -> list[ShownDecision]:
    places = {key_of(one): _places_of(one) for one in decisions}
    faces = _faces_of(place for shown in places.values() for place in shown)

    def shown(decision: FaceDecision | GroupDecision) -> ShownDecision:
        own = places[key_of(decision)]
        bound = [
            {face.pk for face in faces[place.photo_id] if is_about(place, face)} for place in own
        ]
        return ShownDecision(
            decision=decision,
            crops=_crops(own, is_other=False),
            others=_crops(own, is_other=True),
            is_contradicted=any(keys & contradictory for keys in bound),
            is_unbound=not all(bound),
        )

    return [shown(decision) for decision in decisions]


def _places_of(
    decision: FaceDecision | GroupDecision,
) -> Collection[FaceDecision | GroupedPlace]:
    return [decision] if isinstance(decision, FaceDecision) else list(decision.places.all())


def _crops(
    places: Iterable[FaceDecision | GroupedPlace], *, is_other: bool
) -> list[tuple[FaceDecision | GroupedPlace, Crop]]:
    wanted = [one for one in places if getattr(one, "is_other", False) == is_other]
    return [(one, Crop.around(box_of(one))) for one in wanted[:FACES_SHOWN]]
