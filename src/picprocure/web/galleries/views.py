"""The photos that one person is in."""

from __future__ import annotations

from uuid import UUID

from django.core.paginator import Paginator
from django.db.models import Sum
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from picprocure.galleries import access, publishing
from picprocure.recognition.progress import event_progress
from picprocure.web.http import SignedInRequest

PHOTOS_PER_PAGE = 60


@require_safe
def gallery(request: SignedInRequest, event_id: UUID) -> HttpResponse:
    event = get_object_or_404(access.events_registered_by(request.user), pk=event_id)
    photos = access.photos_visible_to(request.user, event)
    page = Paginator(photos, PHOTOS_PER_PAGE).get_page(request.GET.get("page"))
    total = page.paginator.count
    context = {
        "event": event,
        "photos": page,
        "page_obj": page,
        "total": total,
        "total_bytes": photos.aggregate(total=Sum("size_bytes"))["total"] or 0,
        "container_link": publishing.link_of(request.user, event),
        "more_may_come": total > 0 and event_progress(event).is_working,
    }
    return render(request, "galleries/gallery.html", context)


@require_safe
def photo(request: SignedInRequest, event_id: UUID, photo_id: UUID) -> HttpResponse:
    event = get_object_or_404(access.events_registered_by(request.user), pk=event_id)
    photos = access.photos_visible_to(request.user, event)
    order = list(photos.values_list("pk", flat=True))
    if photo_id not in order:
        raise Http404
    shown, place = get_object_or_404(photos, pk=photo_id), order.index(photo_id)
    context = {
        "event": event,
        "photo": shown,
        "previous": order[place - 1] if place else None,
        "next": order[place + 1] if place + 1 < len(order) else None,
        "position": place + 1,
        "total": len(order),
    }
    return render(request, "galleries/photo.html", context)
