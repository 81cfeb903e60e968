"""The queue of doubtful matches, one question at a time."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from picprocure.accounts.models import User
from picprocure.events.models import Event, Registration
from picprocure.faces.review_order import questions
from picprocure.galleries import access
from picprocure.photos.models import Photo
from picprocure.pipeline import changes
from picprocure.recognition import unknown_person_invitations
from picprocure.recognition.analysis import box_of
from picprocure.recognition.face_decisions import DecisionRefused
from picprocure.recognition.models import Face, FaceDecision, Match, Reference
from picprocure.recognition.standing_decisions import unbound_decisions
from picprocure.web.events.shown_faces import Crop, hidden_among, without_hidden
from picprocure.web.forms import integer_keys
from picprocure.web.http import SignedInRequest

ANSWERS = {"yes": FaceDecision.Answer.IS, "no": FaceDecision.Answer.IS_NOT}
FACES_SHOWN = 6
"""Of one question. An answer is about these faces only, since the host saw no others."""
RIVALS_SHOWN = 2
READ_AHEAD = 4
"""Questions that the page has, so that the next one appears at once."""


@dataclass(frozen=True, slots=True)
class Doubt:
    """A doubtful match, with the part of the photo that shows the face."""

    match: Match
    photo: Photo
    crop: Crop


@dataclass(frozen=True, slots=True)
class Candidate:
    """A person whose faces these may be.

    Attributes:
        registration: The person.
        references: Their references that the host may see.
    """

    registration: Registration
    references: list[Reference]


@dataclass(frozen=True, slots=True)
class Question:
    """Whether some faces of one cluster are a person's.

    Attributes:
        candidate: The person.
        rivals: Other people whose faces these may be, those of most faces first.
        doubts: The faces, the nearest to the references first.
        photos: How many photos the answer "yes" would give to the person.
    """

    candidate: Candidate
    rivals: list[Candidate]
    doubts: list[Doubt]
    photos: int

    @property
    def key(self) -> str:
        """Identify the question in addresses."""
        return str(self.doubts[0].match.pk)


@dataclass(frozen=True, slots=True)
class Queue:
    """What is left to review.

    Attributes:
        questions: The next questions.
        left: How many questions are left.
        photos: How many photos people would get if all answers were "yes".
    """

    questions: list[Question]
    left: int
    photos: int


@require_safe
def review(request: SignedInRequest, event_id: UUID) -> HttpResponse:
    """Show the next question, without those that the address says were skipped."""
    event = get_object_or_404(access.events_managed_by(request.user), pk=event_id)
    if _is_part(request):
        return _part(request, event, request.GET)
    skipped = integer_keys(request.GET.getlist("skip"))
    context = {"event": event, "queue": queue_of(event, host=request.user, skipped=skipped)}
    context |= {"skipped": skipped, "undo": _last_decisions(request, event)}
    context["unbound"] = _unbound_decisions(event, request.user)
    return render(request, "events/review.html", context)


@require_POST
def answer(request: SignedInRequest, event_id: UUID) -> HttpResponse:
    """Record the answer about the displayed faces of a person."""
    event = get_object_or_404(access.events_managed_by(request.user), pk=event_id)
    people = access.people_shown_in(event, request.user).select_related("event", "user")
    (key,) = integer_keys([request.POST.get("registration", "")]) or [0]
    registration = get_object_or_404(people, pk=key)
    faces = Face.objects.current().filter(
        photo__event=event, pk__in=integer_keys(request.POST.getlist("face"))
    )
    said = ANSWERS.get(request.POST.get("answer", ""))
    if said is None:
        raise Http404
    decided: list[str] = []
    refusals: list[str] = []
    try:
        decisions = changes.decide_about_faces(
            faces=list(without_hidden(faces.order_by("pk"), event, request.user)),
            answer=said,
            registration=registration,
            host=request.user,
        )
        decided = [str(decision.pk) for decision in decisions]
    except DecisionRefused as refused:  # for example, the person was declined since then
        refusals = [str(refused)]
    if _is_part(request):
        return _part(request, event, request.POST, decided=decided, refusals=refusals)
    for refusal in refusals:
        messages.error(request, refusal)
    return _next(request, event, decided=decided)


@require_POST
def undo(request: SignedInRequest, event_id: UUID) -> HttpResponse:
    """Take back the answers to the last question."""
    event = get_object_or_404(access.events_managed_by(request.user), pk=event_id)
    for decision in _own_decisions(request, event, request.POST.getlist("decision")):
        changes.undo_decision(decision, host=request.user)
    if _is_part(request):
        return _part(request, event, request.POST)
    return _next(request, event, decided=[])


def _is_part(request: SignedInRequest) -> bool:
    """Return whether the page's script asks for the next questions only."""
    return request.headers.get("X-Requested-With") == "fetch"


def _part(
    request: SignedInRequest,
    event: Event,
    sent: QueryDict,
    *,
    decided: Sequence[str] = (),
    refusals: Sequence[str] = (),
) -> HttpResponse:
    """Return the questions that the page doesn't have yet, and what was decided."""
    skipped = integer_keys(sent.getlist("skip"))
    present = integer_keys(sent.getlist("have"))
    queue = queue_of(event, host=request.user, skipped=skipped, present=present)
    context = {"event": event, "queue": queue, "skipped": skipped}
    context |= {"decided": decided, "refusals": refusals}
    return render(request, "events/_review_part.html", context)


def queue_of(
    event: Event, *, host: User, skipped: Iterable[int] = (), present: Sequence[int] = ()
) -> Queue:
    """Return what is left to review in an event, the questions that decide most photos first.

    Before them are those about people who came by the invitation for the unknown person whose faces
    these are.

    Args:
        event: The event.
        host: The host.
        skipped: Keys of questions that are left out.
        present: Keys of questions that the page has. They count, but aren't returned again.
    """
    groups = questions(
        _doubts(event, host),
        person=lambda match: match.registration_id,
        cluster=lambda match: (match.face.cluster, match.face.cluster is None and match.face_id),
        photo=lambda match: match.face.photo_id,
        distance=lambda match: match.distance,
    )
    groups = _invited_first(event, groups)
    left = _without(groups, skipped)
    coming = _without(left, present)[: max(0, READ_AHEAD - len(present))]
    return Queue(
        questions=_questions(event, host, [group[:FACES_SHOWN] for group in coming]),
        left=len(left),
        photos=sum(map(_photo_count, left)),
    )


def _invited_first(event: Event, groups: list[list[Match]]) -> list[list[Match]]:
    invited = unknown_person_invitations.invited_faces(event)
    if not invited:
        return groups

    def is_expected(group: Iterable[Match]) -> bool:
        return any((match.registration_id, match.face_id) in invited for match in group)

    return sorted(groups, key=lambda group: not is_expected(group))


def _without(groups: Iterable[list[Match]], keys: Iterable[int]) -> list[list[Match]]:
    """Return groups without the questions that have one of the keys."""
    left_out = set(keys)
    return [group for group in groups if not left_out & {match.pk for match in group}]


def _doubts(event: Event, host: User) -> QuerySet[Match]:
    """Return the doubtful matches that a host may decide about."""
    visible = access.people_shown_in(event, host).filter(status=Registration.Status.ADMITTED)
    doubts = Match.objects.filter(registration__in=visible, status=Match.Status.REVIEW)
    faces = Face.objects.current().filter(pk__in=doubts.values("face"))
    return (
        doubts.filter(face__is_superseded=False)
        .exclude(face__in=hidden_among(faces, event, host).values("pk"))
        .select_related("face")
        .defer("face__embedding")
        .order_by("pk")
    )


def _photo_count(group: Iterable[Match]) -> int:
    return len({match.face.photo_id for match in group})


def _questions(event: Event, host: User, groups: Sequence[list[Match]]) -> list[Question]:
    """Return questions about groups of doubtful matches, in a fixed number of queries."""
    matches = [match for group in groups for match in group]
    photos = Photo.objects.in_bulk({match.face.photo_id for match in matches})
    rivals = _rivals(event, host, groups)
    people = {match.registration_id for match in matches}
    candidates = _candidates(event, host, people.union(*rivals))
    return [
        Question(
            candidate=candidates[group[0].registration_id],
            rivals=[candidates[rival] for rival in others if rival in candidates],
            doubts=[
                Doubt(match, photos[match.face.photo_id], Crop.around(box_of(match.face)))
                for match in group
            ],
            photos=_photo_count(group),
        )
        for group, others in zip(groups, rivals, strict=True)
    ]


def _rivals(event: Event, host: User, groups: Sequence[list[Match]]) -> list[list[int]]:
    """Return the registrations of other people whose faces these may be, for each group."""
    faces = {match.face_id for group in groups for match in group}
    admitted = access.people_shown_in(event, host).filter(status=Registration.Status.ADMITTED)
    people: dict[int, set[int]] = defaultdict(set)
    rows = Match.objects.filter(face__in=faces, registration__in=admitted)
    for face, registration in rows.values_list("face", "registration"):
        people[face].add(registration)
    rivals = []
    for group in groups:
        counted = Counter(person for match in group for person in people[match.face_id])
        del counted[group[0].registration_id]
        rivals.append([person for person, _ in counted.most_common(RIVALS_SHOWN)])
    return rivals


def _candidates(event: Event, host: User, registrations: set[int]) -> dict[int, Candidate]:
    rows = Registration.objects.select_related("user").in_bulk(registrations)
    users = [row.user_id for row in rows.values()]
    references: dict[int, list[Reference]] = defaultdict(list)
    for reference in access.references_shown_in(event, host).filter(user__in=users):
        references[reference.user_id].append(reference)
    return {key: Candidate(row, references[row.user_id]) for key, row in rows.items()}


def _next(request: SignedInRequest, event: Event, *, decided: list[str]) -> HttpResponse:
    """Go on to the next question, and keep what was skipped and what can be taken back."""
    query = request.GET.copy()
    query.setlist("undo", decided)
    address = reverse("events:review", args=[event.pk])
    return redirect(f"{address}?{query.urlencode()}")


def _unbound_decisions(event: Event, host: User) -> list[FaceDecision]:
    """Return decisions that have no effect now, about people whom the host sees."""
    unbound = unbound_decisions(event)
    users = {one.user_id for one in unbound if one.user_id}
    seen = access.people_shown_in(event, host).filter(user__in=users)
    shown = {None, *seen.values_list("user", flat=True)} if users else {None}
    return [one for one in unbound if one.user_id in shown]


def _last_decisions(request: SignedInRequest, event: Event) -> list[FaceDecision]:
    return _own_decisions(request, event, request.GET.getlist("undo"))


def _own_decisions(request: SignedInRequest, event: Event, keys: list[str]) -> list[FaceDecision]:
    """Return standing decisions that this host made in the event."""
    decisions = FaceDecision.objects.standing().filter(event=event, decided_by=request.user)
    return list(decisions.filter(pk__in=integer_keys(keys)).select_related("user"))
