"""A person's gallery of an event."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from picprocure.events import guest_requests
from picprocure.events.errors import CannotAsk, EventError
from picprocure.events.models import Event, GuestRequest, Registration
from picprocure.galleries import access, publishing, visits
from picprocure.recognition.progress import is_working_on
from picprocure.web import limits
from picprocure.web.galleries.forms import RequestForm
from picprocure.web.http import SignedInRequest

PHOTOS_PER_PAGE = 60


@require_safe
def gallery(request: SignedInRequest, event_id: UUID) -> HttpResponse:
    event = get_object_or_404(access.events_registered_by(request.user), pk=event_id)
    return _gallery_page(request, event)


@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: SignedInRequest, event_id: UUID) -> HttpResponse:
    """Ask the hosts for something, or take that back.

    The links of a gallery below a refused form lead here. They go on to the gallery.
    """
    event = get_object_or_404(access.events_registered_by(request.user), pk=event_id)
    if request.method != "POST":
        query = request.GET.urlencode()
        gallery_url = reverse("galleries:gallery", args=[event_id])
        return redirect(f"{gallery_url}?{query}" if query else gallery_url)
    registration = get_object_or_404(event.registrations, user=request.user)
    form = RequestForm(request.POST)
    if "take_back" in request.POST and form.is_valid():
        guest_requests.take_back(registration=registration, kind=form.cleaned_data["kind"])
        messages.success(request, "You took your request back.")
        return redirect("galleries:gallery", event_id)
    if not form.is_valid():
        return _gallery_page(request, event, form)
    if not limits.count_form(request, "ask_hosts", form):
        return _gallery_page(request, event, form, status=429)
    try:
        _ask(registration, **form.cleaned_data)
    except EventError as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, "You asked the hosts of the event.")
    return redirect("galleries:gallery", event_id)


def _ask(registration: Registration, *, kind: GuestRequest.Kind, text: str) -> None:
    """Ask the hosts for something that the gallery's page offers.

    Raises:
        CannotAsk: It isn't offered, or the person asked for it before.
    """
    event = registration.event
    has_photos = access.photos_visible_to(registration.user, event).exists()
    if kind not in guest_requests.kinds_offered(event, has_photos=has_photos):
        raise CannotAsk("You can't ask for this now.")
    guest_requests.ask(registration=registration, kind=kind, text=text)


def _gallery_page(
    request: SignedInRequest, event: Event, form: RequestForm | None = None, status: int = 200
) -> HttpResponse:
    photos = access.Gallery(request.user, event)
    page = Paginator(photos, PHOTOS_PER_PAGE).get_page(request.GET.get("page"))
    total = len(photos)
    if total and request.method == "GET":
        visits.record_opening(request.user, event)
    context = {
        "event": event,
        "photos": page,
        "page_obj": page,
        "total": total,
        "total_bytes": photos.total_bytes,
        "container_link": publishing.link_of(request.user, event),
        "more_may_come": total > 0 and is_working_on(event),
        "questions": _questions(request, event, has_photos=total > 0),
        "form": form or RequestForm(),
    }
    return render(request, "galleries/gallery.html", context, status=status)


def _questions(
    request: SignedInRequest, event: Event, *, has_photos: bool
) -> list[tuple[GuestRequest.Kind, GuestRequest | None]]:
    """Return what the person can ask the hosts, each with the request that they made, if any.

    They can take back what they asked while they had photos.
    """
    rows = GuestRequest.objects.filter(registration__event=event, registration__user=request.user)
    made = {GuestRequest.Kind(row.kind): row for row in rows}
    offered = guest_requests.kinds_offered(event, has_photos=has_photos)
    waiting = {kind for kind, row in made.items() if row.answered_at is None}
    return [(kind, made.get(kind)) for kind in GuestRequest.Kind if kind in waiting.union(offered)]


@require_safe
def photo(request: SignedInRequest, event_id: UUID, photo_id: UUID) -> HttpResponse:
    event = get_object_or_404(access.events_registered_by(request.user), pk=event_id)
    photos = access.photos_visible_to(request.user, event)
    photo_ids = list(photos.values_list("pk", flat=True))
    if photo_id not in photo_ids:
        raise Http404
    current, index = get_object_or_404(photos, pk=photo_id), photo_ids.index(photo_id)
    context = {
        "event": event,
        "photo": current,
        "previous": photo_ids[index - 1] if index else None,
        "next": photo_ids[index + 1] if index + 1 < len(photo_ids) else None,
        "position": index + 1,
        "total": len(photo_ids),
    }
    return render(request, "galleries/photo.html", context)
