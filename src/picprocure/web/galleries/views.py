"""A person's gallery of an event."""

from __future__ import annotations

from uuid import UUID

from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from picprocure.galleries import access, publishing, visits
from picprocure.recognition.progress import is_working_on
from picprocure.web.http import SignedInRequest

PHOTOS_PER_PAGE = 60


@require_safe
def gallery(request: SignedInRequest, event_id: UUID) -> HttpResponse:
    event = get_object_or_404(access.events_registered_by(request.user), pk=event_id)
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
    }
    return render(request, "galleries/gallery.html", context)


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
