"""Enrollment: adding, replacing and deleting photos of a person's own face."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from picprocure.accounts.consent import CURRENT_CONSENT, EVENT_CONSENT, consent_in_force
from picprocure.accounts.models import User
from picprocure.events.errors import EventError
from picprocure.events.models import Event
from picprocure.faces.enrollment.hints import Hint, hint_for
from picprocure.faces.errors import SeveralFacesFound, UnusableReference
from picprocure.faces.types import Box
from picprocure.galleries import access
from picprocure.imaging.loaded_image import LoadedImage
from picprocure.photos.errors import RefusedPhoto
from picprocure.photos.intake import PhotoLimits
from picprocure.pipeline import changes
from picprocure.recognition.engines import current_engine
from picprocure.recognition.errors import RefusedEnrollment
from picprocure.recognition.liveness import MAX_FRAME_BYTES, MAX_FRAME_PIXELS
from picprocure.recognition.models import Reference
from picprocure.recognition.reembedding import renew_references_of
from picprocure.recognition.reference_photos import read_picture, read_reference
from picprocure.recognition.references import MAX_REFERENCES, is_lost, store_reference
from picprocure.web.decoding import face_detection_slot
from picprocure.web.enrollment import choices
from picprocure.web.enrollment.forms import ChoiceForm, EnrollmentForm, JoinForm
from picprocure.web.http import SignedInRequest
from picprocure.web.limits import has_files, limited
from picprocure.web.media.previews import face_crop

HINT_LIMITS = PhotoLimits(max_bytes=MAX_FRAME_BYTES, max_pixels=MAX_FRAME_PIXELS)

HINTS = {
    Hint.NO_FACE: "Move your face into the oval",
    Hint.SEVERAL_FACES: "Only you, please",
    Hint.CLOSER: "Move closer",
    Hint.CUT_OFF: "Move to the middle",
    Hint.MORE_LIGHT: "More light on your face",
    Hint.SOFTER_LIGHT: "Softer light on your face",
    Hint.HOLD_STILL: "Hold still",
    Hint.LOOK_HERE: "Look at the camera",
    Hint.GOOD: "Good! Take the photo now",
}


@require_http_methods(["GET", "HEAD", "POST"])
def start(request: SignedInRequest) -> HttpResponseBase:
    """Add a photo, after signing up or later."""
    return _enroll(request, event=None, replacing=None)


@require_http_methods(["GET", "HEAD", "POST"])
def replace(request: SignedInRequest, reference_id: UUID) -> HttpResponseBase:
    replacing = get_object_or_404(request.user.references, pk=reference_id)
    return _enroll(request, event=None, replacing=replacing)


def enroll_for(request: SignedInRequest, event: Event) -> HttpResponseBase:
    """Add a photo and register for an event on one page, after following an invitation."""
    return _enroll(request, event=event, replacing=None)


@require_http_methods(["GET", "HEAD", "POST"])
def choose(request: SignedInRequest) -> HttpResponse:
    """Choose the person's face among several in a photo."""
    choice = choices.current(request, user=request.user)
    if choice is None:
        messages.info(request, "That took too long, so we deleted the photo. Choose another one.")
        return redirect("enrollment:start")
    form = ChoiceForm(request.POST or None, count=len(choice.boxes))
    crop = ""
    if request.method == "POST" and form.is_valid():
        chosen = choice.boxes[form.cleaned_data["face"]]
        visible, references = access.events_visible_to(request.user), request.user.references
        event = visible.filter(pk=choice.event_id).first() if choice.event_id else None
        replacing = (
            references.filter(pk=choice.replacing_id).first() if choice.replacing_id else None
        )
        try:
            response = _enroll_with(request, choice.image, event, replacing, chosen=chosen)
        except UnusableReference as unusable:
            form.add_error("face", str(unusable))
            crop = face_crop(choice.image, unusable.box)
        except RefusedEnrollment as refused:
            form.add_error(None, str(refused))
        else:
            choices.end(request)
            return response
    faces = [
        (option, face_crop(choice.image, box))
        for option, box in zip(form["face"], choice.boxes, strict=True)
    ]
    context = {"form": form, "faces": faces, "crop": crop}
    return render(request, "enrollment/choose.html", context)


@require_safe
def references(request: SignedInRequest) -> HttpResponse:
    references = list(request.user.references.all())
    context = {
        "references": references,
        "lost": [reference for reference in references if is_lost(reference)],
        "max_references": MAX_REFERENCES,
        "consent_in_force": consent_in_force(request.user),
    }
    return render(request, "enrollment/references.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: SignedInRequest, reference_id: UUID) -> HttpResponse:
    reference = get_object_or_404(request.user.references, pk=reference_id)
    if request.method != "POST":
        is_last = request.user.references.count() == 1
        context = {"reference": reference, "is_last": is_last}
        return render(request, "enrollment/delete.html", context)
    changes.delete_reference(user=request.user, reference=reference)
    messages.success(request, "The photo and its face data were deleted from your profile.")
    return redirect("enrollment:references")


@require_POST
@limited("hint")
def hint(request: SignedInRequest) -> HttpResponse:
    """Return what to do next in front of the camera. The frame is not stored."""
    frame = request.FILES.get("frame")
    result = Hint.NO_FACE
    size = (frame.size if frame else None) or 0
    if frame is not None and size <= HINT_LIMITS.max_bytes:
        try:
            image = read_picture(frame, name="frame", size=size, limits=HINT_LIMITS)
            with face_detection_slot():
                result = hint_for(current_engine(), image)
        except RefusedPhoto:
            result = Hint.NO_FACE
    return JsonResponse({"hint": result.value, "text": HINTS[result]})


@limited("enroll", applies_to=has_files)
def _enroll(
    request: SignedInRequest, *, event: Event | None, replacing: Reference | None
) -> HttpResponse:
    form = EnrollmentForm(
        request.POST if request.method == "POST" else None,
        request.FILES or None,
        for_event=event is not None,
        has_consented=_has_consented(request.user),
    )
    crop = ""
    if request.method == "POST" and form.is_valid():
        try:
            return _enroll_with(request, form.picture, event, replacing)
        except SeveralFacesFound as several:
            return _ask_for_face(request, form.picture, several.boxes, event, replacing)
        except UnusableReference as unusable:
            form.add_error("photo", str(unusable))
            crop = face_crop(form.picture, unusable.box)
        except RefusedEnrollment as refused:
            form.add_error(None, str(refused))
    context = {
        "form": form,
        "crop": crop,
        "event": event,
        "replacing": replacing,
        "count": request.user.references.count(),
        "max_references": MAX_REFERENCES,
        "consent": CURRENT_CONSENT,
        "event_consent": EVENT_CONSENT,
    }
    return render(request, "enrollment/start.html", context)


def _ask_for_face(
    request: SignedInRequest,
    image: LoadedImage,
    boxes: tuple[Box, ...],
    event: Event | None,
    replacing: Reference | None,
) -> HttpResponse:
    choices.begin(
        request,
        user=request.user,
        image=image,
        boxes=boxes,
        event_id=event.pk if event else None,
        replacing_id=replacing.pk if replacing else None,
    )
    return redirect("enrollment:choose")


def _enroll_with(
    request: SignedInRequest,
    image: LoadedImage,
    event: Event | None,
    replacing: Reference | None,
    *,
    chosen: Box | None = None,
) -> HttpResponse:
    """Enroll with a photo, and register for the event of the followed invitation, if any."""
    engine = current_engine()
    with face_detection_slot():
        photo = read_reference(image, engine=engine, chosen=chosen)
        renew_references_of(request.user, engine)
    changes.add_reference(
        user=request.user,
        reference=store_reference(photo),
        consent_version=CURRENT_CONSENT.version,
        replacing=replacing,
    )
    if event is not None:
        return _register(request, event)
    messages.success(request, "Your photo was added.")
    return redirect("enrollment:references")


def join(request: SignedInRequest, event: Event) -> HttpResponse:
    """Register for an event with the person's existing references."""
    form = JoinForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        return _register(request, event)
    context = {"form": form, "event": event, "event_consent": EVENT_CONSENT}
    return render(request, "enrollment/join.html", context)


def _register(request: SignedInRequest, event: Event) -> HttpResponse:
    try:
        changes.join_event(user=request.user, event=event, consent=EVENT_CONSENT)
    except EventError as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, _welcome(event, request.user))
    return redirect("events:detail", event.pk)


def _welcome(event: Event, user: User) -> str:
    """Return a welcome that is the same for everyone, whatever the host decided."""
    if event.creator_id == user.pk or (event.registration_is_open and not event.requires_approval):
        return "You're registered."
    return (
        f"You're registered. {event.creator.name} will approve you, then your photos appear here."
    )


def _has_consented(user: User) -> bool:
    current = consent_in_force(user)
    return current is not None and current.version == CURRENT_CONSENT.version
