"""Liveness check: two head turns in front of the camera, for events that require or offer it."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from picprocure.events.models import Event, Registration
from picprocure.faces.enrollment.liveness import MAX_FRAMES
from picprocure.faces.errors import LivenessFailed
from picprocure.galleries import access
from picprocure.pipeline import changes
from picprocure.recognition.engines import current_engine
from picprocure.recognition.liveness import (
    MAX_FRAME_BYTES,
    ChallengeRefused,
    answer_challenge,
    decode_frames,
    give_challenge,
)
from picprocure.web.decoding import face_detection_slot
from picprocure.web.http import SignedInRequest
from picprocure.web.limits import limited


@require_http_methods(["GET", "HEAD", "POST"])
@limited("live")
def liveness_check(request: SignedInRequest, event_id: UUID) -> HttpResponse:
    """Show a challenge, or check the answer to one. Each time, the turns are different."""
    event = get_object_or_404(
        access.events_registered_by(request.user).exclude(liveness_check=Event.LivenessCheck.OFF),
        pk=event_id,
    )
    registration = get_object_or_404(Registration, event=event, user=request.user)
    if request.method == "POST":
        try:
            _answer(request, event)
        except (ChallengeRefused, LivenessFailed) as failed:
            messages.error(request, str(failed))
            return redirect("enrollment:live", event_id)
        messages.success(request, "Thank you. You passed the face check.")
        return redirect("events:detail", event_id)
    challenge = give_challenge(registration)
    context = {
        "event": event,
        "challenge": challenge,
        "turns": challenge.turns.split(","),
        "has_reference": request.user.references.exists(),
    }
    return render(request, "enrollment/live.html", context)


def _answer(request: SignedInRequest, event: Event) -> None:
    try:
        challenge_id = UUID(request.POST.get("challenge", ""))
    except ValueError as error:
        raise ChallengeRefused("The face check wasn't completed. Start again.") from error
    uploads = request.FILES.getlist("frame")[: MAX_FRAMES + 1]
    frames = decode_frames([upload.read(MAX_FRAME_BYTES + 1) for upload in uploads])
    with face_detection_slot():
        seen = answer_challenge(
            user=request.user,
            event=event,
            challenge_id=challenge_id,
            frames=frames,
            engine=current_engine(),
        )
    changes.pass_liveness_check(seen)
