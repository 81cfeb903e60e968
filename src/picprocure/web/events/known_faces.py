"""The faces that a registered person was found by."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from picprocure.events.models import Registration
from picprocure.galleries import access
from picprocure.pipeline import changes
from picprocure.recognition.face_decisions import DecisionRefused
from picprocure.recognition.models import Face, FaceDecision, Match
from picprocure.web.events.ticked_faces import TickedFaces, face_page, tiles
from picprocure.web.http import SignedInRequest

ANSWERS: Final = {
    "is-not": FaceDecision.Answer.IS_NOT,
    "withhold": FaceDecision.Answer.WITHHELD,
}


@require_http_methods(["GET", "HEAD", "POST"])
def person_faces(request: SignedInRequest, event_id: UUID, registration_id: int) -> HttpResponse:
    """Show the faces. A host can say which of them are not the person's, all at once."""
    event = get_object_or_404(access.events_managed_by(request.user), pk=event_id)
    people = access.people_shown_in(event, request.user).select_related("user")
    registration = get_object_or_404(people, pk=registration_id)
    unticked: set[int] = set()
    if request.method == "POST":
        faces = TickedFaces.of(request, event)
        if answer := ANSWERS.get(request.POST.get("said", "")):
            return _answer(request, registration, faces.others, answer)
        unticked = faces.similar_to_others()
    matched = Face.objects.current().filter(
        matches__registration=registration, matches__status=Match.Status.MATCHED
    )
    page = face_page(matched, request.GET.get("page"), event=event, host=request.user)
    context = {
        "event": event,
        "registration": registration,
        "page_obj": page,
        "shown": tiles(page, unticked),
    }
    return render(request, "events/person_faces.html", context)


def _answer(
    request: SignedInRequest,
    registration: Registration,
    others: list[Face],
    answer: FaceDecision.Answer,
) -> HttpResponse:
    """Record what the host said about the faces that were not ticked."""
    try:
        decided = changes.decide_about_faces(
            faces=others, answer=answer, registration=registration, host=request.user
        )
    except DecisionRefused as refused:
        messages.error(request, str(refused))
    else:
        if decided:
            messages.success(request, "Saved. You can take that back under Decisions.")
        else:
            messages.warning(request, "Clear the checkbox of at least one face first.")
    return redirect("events:person_faces", registration.event_id, registration.pk)
