"""Pages on which hosts manage their events."""

from __future__ import annotations

import math
from datetime import timedelta
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.forms.models import model_to_dict
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from picprocure.events import co_hosts as hosting
from picprocure.events import services
from picprocure.events.errors import EventError
from picprocure.events.models import CoHostInvitation, Event
from picprocure.galleries import access
from picprocure.photos.usage import usage_of
from picprocure.pipeline import changes
from picprocure.web.events.confirmation import confirmation_page
from picprocure.web.events.forms import (
    ClosingForm,
    CoHostForm,
    EventDetailsForm,
    EventForm,
)
from picprocure.web.forms import integer_keys
from picprocure.web.http import SignedInRequest
from picprocure.web.limits import has_files, limited
from picprocure.web.zones import reader_zone


@require_http_methods(["GET", "HEAD", "POST"])
@limited("cover", applies_to=has_files)
def create(request: SignedInRequest) -> HttpResponse:
    if not services.may_create_events(request.user):
        raise PermissionDenied
    zone = reader_zone(request)
    own_zone = {"time_zone": zone.key} if zone else {}
    form = EventForm(
        request.POST if request.method == "POST" else None, request.FILES or None, initial=own_zone
    )
    if not request.user.time_zone:
        form.take_zone_of_device()
    if request.method == "POST" and form.is_valid():
        event = services.create_event(
            creator=request.user,
            details=form.details,
            cover=form.cleaned_data["cover"],
            closes_at=form.closes_at,
        )
        messages.success(request, "Your event was created. Registration is open.")
        return redirect("events:detail", event.pk)
    return render(request, "events/form.html", {"form": form})


@require_http_methods(["GET", "HEAD", "POST"])
@limited("cover", applies_to=has_files)
def edit(request: SignedInRequest, event_id: UUID) -> HttpResponse:
    event = get_object_or_404(access.events_managed_by(request.user), pk=event_id)
    values = model_to_dict(event, EventDetailsForm.base_fields)
    days = math.ceil(event.availability / timedelta(days=1))
    form = EventDetailsForm(
        request.POST if request.method == "POST" else None,
        request.FILES or None,
        initial={**values, "availability_days": days},
        promised_days=days if event.has_released_photos else 0,
        would_release=_would_release(event),
    )
    if request.method == "POST" and form.is_valid():
        changes.edit_event(event=event, details=form.details, cover=form.cleaned_data["cover"])
        messages.success(request, "Your changes were saved.")
        return redirect("events:detail", event.pk)
    return render(request, "events/edit.html", {"event": event, "form": form})


def _would_release(event: Event) -> int:
    """Return how many photos guests would see if hosts didn't release them by hand any more."""
    if event.registration_is_open or event.releases_at_close:
        return 0
    return usage_of(event).unreleased


@require_http_methods(["GET", "HEAD", "POST"])
def closing(request: SignedInRequest, event_id: UUID) -> HttpResponse:
    """Extend or shorten registration, or open it again."""
    event = get_object_or_404(access.events_managed_by(request.user), pk=event_id)
    was_open = event.registration_is_open
    form = ClosingForm(request.POST if request.method == "POST" else None, zone=event.zone)
    if request.method == "POST" and form.is_valid():
        services.move_registration_end(event=event, closes_at=form.closes_at)
        saved = "Your change was saved." if was_open else "Registration is open again."
        messages.success(request, saved)
        return redirect("events:detail", event.pk)
    return render(request, "events/closing.html", {"event": event, "form": form})


@require_POST
def close(request: SignedInRequest, event_id: UUID) -> HttpResponse:
    event = get_object_or_404(access.events_managed_by(request.user), pk=event_id)
    changes.close_registration(event)
    messages.success(request, "Registration is closed. You can upload the photos now.")
    return redirect("events:photos", event_id)


@require_POST
def release(request: SignedInRequest, event_id: UUID) -> HttpResponse:
    """Open the galleries for the photos that the event has now."""
    event = get_object_or_404(access.events_managed_by(request.user), pk=event_id)
    if changes.release_photos(event):
        messages.success(request, "Your guests see their photos as soon as all are checked.")
    else:
        messages.error(
            request,
            "Guests of this event see their photos when registration closes. Close it now, or edit "
            "the event to release the photos yourself.",
        )
    return redirect("events:photos", event_id)


@require_http_methods(["GET", "HEAD", "POST"])
def co_hosts(request: SignedInRequest, event_id: UUID) -> HttpResponseBase:
    event = get_object_or_404(access.events_created_by(request.user), pk=event_id)
    form = CoHostForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        return _invite_co_host(request, event, form)
    return _co_hosts_page(request, event, form)


@limited("invite_co_host")
def _invite_co_host(request: SignedInRequest, event: Event, form: CoHostForm) -> HttpResponse:
    invitee = form.cleaned_data["email"]
    try:
        changes.invite_co_host(event=event, invitee=invitee)
    except EventError as refused:
        form.add_error("email", str(refused))
        return _co_hosts_page(request, event, form)
    messages.success(request, f"If “{invitee}” has an account here, they'll get an invitation.")
    return redirect("events:co_hosts", event.pk)


def _co_hosts_page(request: SignedInRequest, event: Event, form: CoHostForm) -> HttpResponse:
    context = {
        "event": event,
        "form": form,
        "co_hosts": event.co_hosts.select_related("user"),
        "invitations": hosting.sent_for(event),
    }
    return render(request, "events/co_hosts.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def remove_co_host(request: SignedInRequest, event_id: UUID) -> HttpResponse:
    event = get_object_or_404(access.events_created_by(request.user), pk=event_id)
    if request.method != "POST":
        return _confirm_removal(request, event)
    for user_id in integer_keys(request.POST.getlist("user")):
        hosting.remove_co_host(event=event, user_id=user_id)
    invitation_ids = integer_keys(request.POST.getlist("invitation"))
    hosting.cancel_invitations(event=event, invitation_ids=invitation_ids)
    return redirect("events:co_hosts", event_id)


def _confirm_removal(request: SignedInRequest, event: Event) -> HttpResponse:
    user_ids = integer_keys(request.GET.getlist("user"))
    co_host = event.co_hosts.filter(user__in=user_ids).select_related("user").first()
    if co_host is None:
        return redirect("events:co_hosts", event.pk)
    return confirmation_page(
        request,
        event,
        title="Remove this co-host?",
        lead="They will no longer see the event's photos and people. You can invite them again.",
        button=f"Remove {co_host.user.name}",
        back=reverse("events:co_hosts", args=[event.pk]),
        user=str(co_host.user_id),
    )


@require_safe
def hosting_invitations(request: SignedInRequest) -> HttpResponse:
    """List the events that the person is invited to host, with only their names and creators."""
    invitations = access.invitations_to_host(request.user).select_related("event__creator")
    events = {invitation.event_id: invitation.event for invitation in invitations}
    return render(request, "events/hosting_invitations.html", {"events": events.values()})


@require_POST
def accept_hosting(request: SignedInRequest, event_id: UUID) -> HttpResponse:
    invitation = _invitation(request, event_id)
    if not hosting.accept(event=invitation.event, user=request.user):
        raise Http404
    messages.success(request, f"You're now a co-host of “{invitation.event.name}”.")
    return redirect("events:detail", event_id)


@require_POST
def decline_hosting(request: SignedInRequest, event_id: UUID) -> HttpResponse:
    invitation = _invitation(request, event_id)
    if not hosting.decline(event=invitation.event, user=request.user):
        raise Http404
    messages.success(request, "You declined. You won't be invited to host this event again.")
    return redirect("events:hosting_invitations")


def _invitation(request: SignedInRequest, event_id: UUID) -> CoHostInvitation:
    invitation = access.invitations_to_host(request.user).filter(event=event_id).first()
    if invitation is None:
        raise Http404
    return invitation


@require_http_methods(["GET", "HEAD", "POST"])
def stop_hosting(request: SignedInRequest, event_id: UUID) -> HttpResponse:
    """Remove the person from the co-hosts of an event."""
    event = get_object_or_404(access.events_co_hosted_by(request.user), pk=event_id)
    if request.method != "POST":
        return confirmation_page(
            request,
            event,
            title="Stop hosting?",
            lead=f"You will no longer see the event's photos and people. {event.creator.name} can "
            "invite you again.",
            button="Stop hosting",
            back=reverse("events:detail", args=[event_id]),
        )
    hosting.remove_co_host(event=event, user_id=request.user.pk)
    messages.success(request, f"You no longer host “{event.name}”.")
    return redirect("events:mine")


@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: SignedInRequest, event_id: UUID) -> HttpResponse:
    event = get_object_or_404(access.events_created_by(request.user), pk=event_id)
    if request.method != "POST":
        context = {
            "event": event,
            "photo_count": event.photos.count(),
            "registration_count": event.registrations.count(),
        }
        return render(request, "events/delete.html", context)
    changes.delete_event(event)
    messages.success(request, "The event was deleted, with all its photos and face data.")
    return redirect("events:mine")
