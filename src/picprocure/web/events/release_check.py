"""The check before a release: thirty pairs to judge, then an estimate with its interval."""

from __future__ import annotations

import math
from dataclasses import dataclass
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from picprocure.accounts.models import User
from picprocure.events.models import Event
from picprocure.faces.checked_pairs import DELIVERED
from picprocure.faces.estimates import Estimate
from picprocure.faces.thresholds import SAME_PLACE
from picprocure.galleries import access
from picprocure.pipeline import changes
from picprocure.recognition.analysis import box_of
from picprocure.recognition.face_decisions import DecisionRefused
from picprocure.recognition.models import CheckedPair, Face, Reference, ReleaseCheck, TrialSorting
from picprocure.recognition.release_checks import estimates
from picprocure.recognition.trials import is_sorted
from picprocure.web.events.shown_faces import Crop, hidden_among
from picprocure.web.forms import integer_keys
from picprocure.web.http import SignedInRequest


@dataclass(frozen=True, slots=True)
class ShownPair:
    """A pair as the host sees it.

    Attributes:
        pair: The pair.
        face: The face that is there now, or None if it is no longer found.
        crop: The part of the photo around it.
    """

    pair: CheckedPair
    face: Face | None
    crop: Crop


@dataclass(frozen=True, slots=True)
class Finding:
    """An estimate as the page tells it.

    Attributes:
        estimate: The estimate.
        percent: The upper end as a share, rounded up.
        seen: How many of the things that are counted the host saw.
    """

    estimate: Estimate
    percent: int
    seen: int

    @classmethod
    def of(cls, estimate: Estimate, seen: int) -> Finding:
        share = estimate.high / estimate.size if estimate.size else 0
        return cls(estimate, math.ceil(100 * share), seen)


@require_safe
def check(request: SignedInRequest, event_id: UUID) -> HttpResponse:
    """Show the next pair to judge, or what the check tells."""
    event = get_object_or_404(access.events_managed_by(request.user), pk=event_id)
    own = ReleaseCheck.objects.filter(event=event, host=request.user).first()
    context: dict[str, object] = {"event": event, "check": own}
    if own is None or own.drawn_at is None:
        context["is_sorted"] = is_sorted(event)
        if own is not None:
            changes.wait_for_trial(event)  # its job may be lost
            context["trial"] = TrialSorting.objects.filter(event=event).first()
        return render(request, "events/check.html", context)
    shown = _pairs(own, request.user)
    waiting = [one for one in shown if not one.pair.answer]
    judged = [one for one in shown if one.pair.answer]
    context |= {"pairs": shown, "number": len(judged) + 1, "last": _last(judged)}
    if waiting:
        context |= {"current": waiting[0], "coming": waiting[1:3]}
        context["references"] = _references(event, request.user, waiting[0].pair)
    else:
        context |= _findings(own, [one.pair for one in shown])
    return render(request, "events/check.html", context)


@require_POST
def begin(request: SignedInRequest, event_id: UUID) -> HttpResponse:
    """Begin a check, or a new one."""
    event = get_object_or_404(access.events_managed_by(request.user), pk=event_id)
    changes.begin_check(event=event, host=request.user)
    return redirect("events:check", event_id)


@require_POST
def judge(request: SignedInRequest, event_id: UUID) -> HttpResponse:
    """Record the answer about a pair. A certain one is a decision, too."""
    shown = _pair(request, event_id)
    answer = request.POST.get("answer", "")
    if answer not in CheckedPair.Answer.values:
        raise Http404
    try:
        changes.judge_pair(
            pair=shown.pair,
            answer=CheckedPair.Answer(answer),
            face=shown.face,
            host=request.user,
        )
    except DecisionRefused as refused:  # the answer still counts
        changes.judge_pair(
            pair=shown.pair, answer=CheckedPair.Answer(answer), face=None, host=request.user
        )
        messages.error(request, str(refused))
    return redirect("events:check", event_id)


@require_POST
def undo(request: SignedInRequest, event_id: UUID) -> HttpResponse:
    """Take an answer back."""
    changes.unjudge_pair(_pair(request, event_id).pair, host=request.user)
    return redirect("events:check", event_id)


def _pair(request: SignedInRequest, event_id: UUID) -> ShownPair:
    """Return the pair that a form names, of those that the host sees."""
    event = get_object_or_404(access.events_managed_by(request.user), pk=event_id)
    own = get_object_or_404(ReleaseCheck, event=event, host=request.user)
    (key,) = integer_keys([request.POST.get("pair", "")]) or [0]
    found = [one for one in _pairs(own, request.user) if one.pair.pk == key]
    if not found:
        raise Http404
    return found[0]


def _pairs(own: ReleaseCheck, host: User) -> list[ShownPair]:
    """Return the pairs that are still there and that the host may see, in a few queries."""
    rows = own.pairs.select_related("registration__user", "registration__event", "photo")
    people = access.people_shown_in(own.event, host)
    pairs = list(rows.filter(registration__in=people).select_related("decision"))
    faces = Face.objects.current().filter(photo__in={pair.photo_id for pair in pairs})
    hidden = set(hidden_among(faces, own.event, host).values_list("pk", flat=True))
    places = [(face, box_of(face)) for face in faces.defer("embedding")]
    shown = []
    for pair in pairs:
        box = box_of(pair)
        face = next(
            (
                face
                for face, place in places
                if face.photo_id == pair.photo_id and place.overlap(box) >= SAME_PLACE
            ),
            None,
        )
        if face is None or face.pk not in hidden:
            shown.append(ShownPair(pair, face, Crop.around(box)))
    return shown


def _last(judged: list[ShownPair]) -> ShownPair | None:
    """Return the pair that was judged last. They are judged in their order."""
    return judged[-1] if judged else None


def _references(event: Event, host: User, pair: CheckedPair) -> list[Reference]:
    own = access.references_shown_in(event, host).filter(user=pair.registration.user_id)
    return list(own)


def _findings(own: ReleaseCheck, pairs: list[CheckedPair]) -> dict[str, object]:
    found = estimates(own, pairs)
    if found is None:
        return {"is_empty": True}
    wrong = [
        pair
        for pair in pairs
        if pair.stratum in DELIVERED and pair.answer == CheckedPair.Answer.OTHER
    ]
    missed = [
        pair
        for pair in pairs
        if pair.stratum not in DELIVERED and pair.answer == CheckedPair.Answer.SAME
    ]
    return {
        "wrong": Finding.of(found.wrong, len(wrong)),
        "missed": Finding.of(found.missed, len(missed)),
        "is_outdated": own.of_strictness != own.event.strictness,
    }
