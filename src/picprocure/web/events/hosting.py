"""What the creator of an event does with it."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import OuterRef, Subquery
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from picprocure.events import services
from picprocure.galleries import access
from picprocure.pipeline import changes
from picprocure.recognition.models import Reference
from picprocure.retention.erasure import erase_event
from picprocure.web.events.forms import EventForm
from picprocure.web.http import SignedInRequest


@require_http_methods(["GET", "HEAD", "POST"])
def create(request: SignedInRequest) -> HttpResponse:
    if not services.may_create_events(request.user):
        raise PermissionDenied
    form = EventForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        event = services.create_event(
            creator=request.user,
            name=form.cleaned_data["name"],
            description=form.cleaned_data["description"],
            cover=form.cleaned_data["cover"],
            registration_length=form.registration_length,
        )
        messages.success(request, "The event is created and registration is open.")
        return redirect("events:detail", event.pk)
    return render(request, "events/form.html", {"form": form})


@require_POST
def close(request: SignedInRequest, event_id: UUID) -> HttpResponse:
    event = get_object_or_404(access.events_managed_by(request.user), pk=event_id)
    services.close_registration(event=event)
    messages.success(request, "Registration is closed. You can upload the photos now.")
    return redirect("events:photos", event_id)


@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: SignedInRequest, event_id: UUID) -> HttpResponse:
    event = get_object_or_404(access.events_managed_by(request.user), pk=event_id)
    if request.method != "POST":
        context = {
            "event": event,
            "photo_count": event.photos.count(),
            "registration_count": event.registrations.count(),
        }
        return render(request, "events/delete.html", context)
    erase_event(event)
    messages.success(
        request, "The event is deleted, with its photos and all that was known of them."
    )
    return redirect("events:mine")


@require_safe
def people(request: SignedInRequest, event_id: UUID) -> HttpResponse:
    event = get_object_or_404(access.events_managed_by(request.user), pk=event_id)
    reference = Reference.objects.filter(user=OuterRef("user")).values("pk")
    registrations = event.registrations.select_related("user").annotate(
        reference_id=Subquery(reference[:1])
    )
    return render(request, "events/people.html", {"event": event, "registrations": registrations})


@require_http_methods(["GET", "HEAD", "POST"])
def remove_person(request: SignedInRequest, event_id: UUID, registration_id: int) -> HttpResponse:
    registration = get_object_or_404(
        access.registrations_managed_by(request.user).select_related("event", "user"),
        pk=registration_id,
        event_id=event_id,
    )
    if request.method != "POST":
        return render(
            request,
            "events/remove.html",
            {"event": registration.event, "registration": registration},
        )
    changes.refuse(registration)
    messages.success(request, f"{registration.user.name} is removed and sees no photos any more.")
    return redirect("events:people", event_id)
