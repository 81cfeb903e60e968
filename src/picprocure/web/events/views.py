"""Events as all signed-in people see them."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.db.models import Count, Exists, OuterRef
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from picprocure.accounts.models import User
from picprocure.events.errors import EventError
from picprocure.events.guest_requests import open_requests
from picprocure.events.invitations import accept_invitation
from picprocure.events.models import Event, Registration
from picprocure.galleries import access
from picprocure.pipeline import changes
from picprocure.recognition.liveness import wants_liveness_check
from picprocure.recognition.progress import event_progress
from picprocure.recognition.references import is_lost
from picprocure.web.enrollment import views as enrollment
from picprocure.web.events.confirmation import confirmation_page
from picprocure.web.events.newest import EventPage, event_page
from picprocure.web.http import SignedInRequest

LONGEST_QUERY = 100
LEFT = "left_event"
"""Session key: the event that the person left last."""

_KEPT_AFTER_LEAVING = (
    "If you were approved with a photo of your face, the event keeps the first one until the event "
    "is deleted or you withdraw your consent."
)


@require_safe
def event_list(request: SignedInRequest) -> HttpResponse:
    mine = Registration.objects.filter(event=OuterRef("pk"), user=request.user)
    query = request.GET.get("q", "").strip()[:LONGEST_QUERY]
    events = (
        access.events_visible_to(request.user)
        .annotate(is_registered=Exists(mine))
        .select_related("creator")
    )
    found = [part.matching(query) for part in access.visible_events_in_parts(request.user)]
    page = event_page(request.GET, events, found)
    return _list(request, "events/list.html", page, query=query)


@require_safe
def home(request: SignedInRequest) -> HttpResponse:
    """Lead a person who signed in to their photos, or else to what waits for them."""
    user = request.user
    if access.photos_granted_to(user).exists():
        return redirect("events:registrations")
    if access.invitations_to_host(user).exists():
        return redirect("events:hosting_invitations")
    if access.events_managed_by(user).exists():
        return redirect("events:mine")
    if access.events_registered_by(user).exists():
        return redirect("events:registrations")
    followed = user.followed_invitations.values("event")
    if event := access.events_visible_to(user).filter(pk__in=followed).newest_first().first():
        return redirect("events:detail", event.pk)
    return redirect("events:list" if user.references.exists() else "accounts:welcome")


@require_safe
def mine(request: SignedInRequest) -> HttpResponse:
    page = event_page(request.GET, access.events_managed_by(request.user).with_totals())
    is_invited = access.invitations_to_host(request.user).exists()
    return _list(request, "events/mine.html", page, is_invited_to_host=is_invited)


@require_safe
def registrations(request: SignedInRequest) -> HttpResponse:
    events = access.events_registered_by(request.user).select_related("creator")
    page = event_page(request.GET, events)
    photos = access.photos_granted_to(request.user).order_by().values_list("event")
    counts = dict(photos.annotate(total=Count("*")))
    for event in page.events:
        setattr(event, "granted_count", counts.get(event.pk, 0))  # noqa: B010 -- for the template
    return _list(request, "events/registrations.html", page)


@require_safe
def detail(request: SignedInRequest, event_id: UUID) -> HttpResponse:
    event = get_object_or_404(access.events_visible_to(request.user), pk=event_id)
    return render(request, "events/detail.html", _event_context(request, event))


@require_safe
def progress(request: SignedInRequest, event_id: UUID) -> HttpResponse:
    """Show the progress of the photos to hosts, and to guests whether there are photos of them.

    Guests see no counts of photos that they may not see.
    """
    open_to = access.events_managed_by(request.user) | access.events_registered_by(request.user)
    event = get_object_or_404(open_to.distinct(), pk=event_id)
    context = _event_context(request, event)
    if not context["is_host"]:
        return render(request, "events/_registration.html", context)
    response = render(request, "events/_progress.html", context)
    if not context["progress"].is_working:
        response["HX-Trigger"] = "sorted"  # the page reloads the host's list of photos
    return response


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def join(request: SignedInRequest, event_id: UUID) -> HttpResponseBase:
    """Lead a person from an invitation through sign-up, enrollment and registration.

    Visitors who aren't signed in learn nothing about the event, not even whether it exists.
    """
    if not request.user.is_authenticated:
        sign_up = reverse("account_signup")
        return redirect(f"{sign_up}?{urlencode({'next': request.path})}")
    event = get_object_or_404(access.events_visible_to(request.user), pk=event_id)
    if not event.takes_registrations or _has_face_recognition(request.user, event):
        return redirect("events:detail", event_id)
    if request.user.references.exists():
        return enrollment.join(request, event)
    return enrollment.enroll_for(request, event)


@require_POST
def register_without_face(request: SignedInRequest, event_id: UUID) -> HttpResponse:
    """Register without face recognition. The hosts may share photos manually."""
    event = get_object_or_404(access.events_visible_to(request.user), pk=event_id)
    try:
        changes.join_event(user=request.user, event=event, consent=None)
    except EventError as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, "You're registered without face recognition.")
    return redirect("events:detail", event_id)


@require_http_methods(["GET", "HEAD", "POST"])
def leave(request: SignedInRequest, event_id: UUID) -> HttpResponse:
    registered = access.events_registered_by(request.user).filter(pk=event_id)
    if request.session.get(LEFT) == str(event_id) and not registered.exists():  # a second tap
        return _after_leaving(request, event_id)
    event = get_object_or_404(registered)
    if request.method != "POST":
        return _confirm_leaving(request, event)
    changes.leave_event(event=event, user=request.user)
    if event.takes_registrations and not event.is_listed:
        # Keep the event visible, in case they want to register again.
        accept_invitation(event=event, user=request.user)
    request.session[LEFT] = str(event_id)
    messages.success(request, "You left the event. Its photos are no longer in your account.")
    return _after_leaving(request, event_id)


def _confirm_leaving(request: SignedInRequest, event: Event) -> HttpResponse:
    photos = access.photos_visible_to(request.user, event).count()
    uses_face = _has_face_recognition(request.user, event)
    losses = [
        "Your registration and your consent for this event" if uses_face else "Your registration"
    ]
    if photos:
        losses.insert(0, f"Your access to {photos} photo{'s' if photos > 1 else ''}")
    lead = "Registration has closed. If you leave, you can't come back."
    if event.registration_is_open:
        lead = "You can register again until registration closes."
        if event.requires_approval and event.creator_id != request.user.pk:
            lead += f" {event.creator.name} then has to approve you."
    elif event.takes_registrations:
        lead = f"If you register again, {event.creator.name} has to approve you."
    return confirmation_page(
        request,
        event,
        title="Leave this event?",
        lead=lead,
        losses=losses,
        kept=_KEPT_AFTER_LEAVING if uses_face else "",
        button="Leave this event",
        back=reverse("events:detail", args=[event.pk]),
    )


def _after_leaving(request: SignedInRequest, event_id: UUID) -> HttpResponse:
    if access.events_visible_to(request.user).filter(pk=event_id).exists():
        return redirect("events:detail", event_id)
    return redirect("events:list")


def _has_face_recognition(user: User, event: Event) -> bool:
    return event.registrations.consenting().filter(user=user).exists()


def _event_context(request: SignedInRequest, event: Event) -> dict[str, Any]:
    registration = event.registrations.filter(user=request.user).first()
    is_host = access.events_managed_by(request.user).filter(pk=event.pk).exists()
    return {
        "event": event,
        "is_host": is_host,
        "is_creator": event.creator_id == request.user.pk,
        "registration": registration,
        "has_face_recognition": _has_face_recognition(request.user, event),
        "has_lost_reference": registration is not None
        and any(is_lost(reference) for reference in request.user.references.all()),
        "wants_liveness_check": registration is not None and wants_liveness_check(registration),
        "may_register": registration is None and event.takes_registrations,
        # First what the event says, since many photos may wait for their release.
        "photos_are_released": event.has_released_photos
        and event.photos.filter(released_at__isnull=False).exists(),
        "granted_count": len(access.Gallery(request.user, event)),
        "registration_count": event.registrations.count() if is_host else None,
        "request_count": open_requests().filter(registration__event=event).count()
        if is_host
        else 0,
        "progress": event_progress(event) if is_host else None,
    }


def _list(request: SignedInRequest, template: str, page: EventPage, **context: Any) -> HttpResponse:
    return render(request, template, {"events": page.events, "event_page": page, **context})
