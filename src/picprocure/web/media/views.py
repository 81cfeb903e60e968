"""The one door: every stored byte that leaves the site leaves here.

Each view asks the rule before it looks at Range, ETag or HEAD; whoever may not see a thing
gets the same 404 as for a thing that isn't there.
"""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

from django.contrib.auth.decorators import login_not_required
from django.http import FileResponse, Http404, HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

from picprocure.galleries import access
from picprocure.galleries.archives import gallery_archive
from picprocure.photos.models import Photo
from picprocure.photos.names import display_name
from picprocure.storage import files

JPEG = "image/jpeg"


@login_not_required
@require_safe
def photo(request: HttpRequest, photo_id: UUID, size: str) -> HttpResponseBase:
    """One photo as thumbnail, web size, or original (a download)."""
    shown = get_object_or_404(access.photos_open_to(request.user), pk=photo_id)
    match size:
        case "thumbnail":
            return _stored(shown.thumbnail_key, JPEG)
        case "web":
            return _stored(shown.web_key, JPEG)
        case "original":
            return _download(shown)
        case _:
            raise Http404


@login_not_required
@require_safe
def cover(request: HttpRequest, event_id: UUID) -> HttpResponseBase:
    event = get_object_or_404(access.events_visible_to(request.user), pk=event_id)
    return _stored(event.cover_key, JPEG)


@login_not_required
@require_safe
def reference(request: HttpRequest, reference_id: UUID) -> HttpResponseBase:
    """A profile photo: one's own, or that of somebody who registered with one's event."""
    shown = get_object_or_404(access.references_visible_to(request.user), pk=reference_id)
    return _stored(shown.image_key, JPEG)


@login_not_required
@require_safe
def archive(request: HttpRequest, event_id: UUID) -> HttpResponseBase:
    """The gallery of one person and event as a ZIP, made while it is sent."""
    event = get_object_or_404(access.events_registered_by(request.user), pk=event_id)
    if not access.photos_visible_to(request.user, event).exists():
        raise Http404
    made = gallery_archive(visitor=request.user, event=event)
    chunks: Iterator[bytes] = iter(()) if request.method == "HEAD" else made.chunks
    response = StreamingHttpResponse(chunks, content_type="application/zip")
    response["Content-Length"] = str(made.size_bytes)
    name = display_name(f"{event.name.replace('/', '-')}.zip".replace("\\", "-"))
    response["Content-Disposition"] = _attachment(name)
    return _private(response)


def _download(shown: Photo) -> HttpResponseBase:
    response = _stored(shown.original_key, shown.content_type)
    response["Content-Disposition"] = _attachment(shown.name)
    return response


def _stored(key: str, content_type: str) -> HttpResponseBase:
    if not key:
        raise Http404
    try:
        opened = files.open_stored(key)
    except FileNotFoundError as gone:
        raise Http404 from gone
    return _private(FileResponse(opened, content_type=content_type))


def _attachment(name: str) -> str:
    return content_disposition_header(as_attachment=True, filename=name) or "attachment"


def _private(response: HttpResponseBase) -> HttpResponseBase:
    response["Cache-Control"] = "private, no-store"
    response["X-Content-Type-Options"] = "nosniff"
    return response
