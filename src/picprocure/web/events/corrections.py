"""A photo with its faces, for hosts who say whose they are."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from picprocure.events.models import Registration
from picprocure.galleries import access
from picprocure.photos.models import Photo
from picprocure.pipeline import changes
from picprocure.recognition.face_decisions import DecisionRefused
from picprocure.recognition.models import Face, FaceDecision
from picprocure.web.events.shown_faces import faces_in, people_to_choose, without_hidden
from picprocure.web.forms import integer_keys
from picprocure.web.http import SignedInRequest

ANSWERS = {
    "is": FaceDecision.Answer.IS,
    "is-not": FaceDecision.Answer.IS_NOT,
    "withhold": FaceDecision.Answer.WITHHELD,
    "no-face": FaceDecision.Answer.NO_FACE,
}
"""The answers by their value in forms."""


@require_safe
def photo(request: SignedInRequest, event_id: UUID, photo_id: UUID) -> HttpResponse:
    """Show a photo with its faces. The address says which of them is open."""
    shown = _photo(request, event_id, photo_id)
    faces = faces_in(shown, host=request.user)
    (chosen,) = integer_keys([request.GET.get("face", "")]) or [0]
    place = next((row for row, one in enumerate(faces) if one.face.pk == chosen), None)
    context = {
        "event": shown.event,
        "photo": shown,
        "faces": faces,
        "open": None if place is None else faces[place],
        "previous": faces[place - 1] if place else None,
        "next": None if place is None else next(iter(faces[place + 1 :]), None),
        "people": people_to_choose(shown.event, request.user) if chosen else [],
    }
    return render(request, "events/photo.html", context)


@require_POST
def decide(request: SignedInRequest, event_id: UUID, photo_id: UUID) -> HttpResponse:
    """Record what the host says about a face."""
    shown = _photo(request, event_id, photo_id)
    (face_id,) = integer_keys([request.POST.get("face", "")]) or [0]
    faces = without_hidden(Face.objects.current(), shown.event, request.user)
    face = get_object_or_404(faces, pk=face_id, photo=shown)
    answer = ANSWERS.get(request.POST.get("answer", ""))
    if answer is None:
        raise Http404
    try:
        changes.decide_about_face(
            face=face,
            answer=answer,
            registration=_person(request, shown, answer),
            host=request.user,
        )
    except DecisionRefused as refused:
        messages.error(request, str(refused))
    return _back_to_face(shown, face.pk)


@require_POST
def undo(request: SignedInRequest, event_id: UUID, photo_id: UUID) -> HttpResponse:
    """Take back a decision."""
    shown = _photo(request, event_id, photo_id)
    (key,) = integer_keys([request.POST.get("decision", "")]) or [0]
    decision = get_object_or_404(shown.face_decisions, pk=key)
    hidden = decision.user and not _seen_people(request, shown).filter(user=decision.user).exists()
    if hidden:
        raise Http404
    changes.undo_decision(decision, host=request.user)
    (face_id,) = integer_keys([request.POST.get("face", "")]) or [0]
    return _back_to_face(shown, face_id)


def _photo(request: SignedInRequest, event_id: UUID, photo_id: UUID) -> Photo:
    photos = access.photos_managed_by(request.user).select_related("event")
    return get_object_or_404(photos, pk=photo_id, event_id=event_id)


def _person(
    request: SignedInRequest, shown: Photo, answer: FaceDecision.Answer
) -> Registration | None:
    """Return the person whom a form names, of those whom the host sees."""
    if answer == FaceDecision.Answer.NO_FACE:
        return None
    (key,) = integer_keys([request.POST.get("registration", "")]) or [0]
    return get_object_or_404(_seen_people(request, shown).select_related("event", "user"), pk=key)


def _seen_people(request: SignedInRequest, shown: Photo) -> QuerySet[Registration]:
    return access.people_shown_in(shown.event, request.user)


def _back_to_face(shown: Photo, face_id: int) -> HttpResponse:
    address = reverse("events:photo", args=[shown.event_id, shown.pk])
    return redirect(f"{address}?face={face_id}#face")
