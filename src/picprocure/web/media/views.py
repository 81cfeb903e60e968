"""The only views that send stored files.

Each view checks access before it handles Range, ETag or HEAD. People without access get the same
404 as for a file that doesn't exist.
"""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import (
    FileResponse,
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseRedirect,
    StreamingHttpResponse,
)
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.utils.http import content_disposition_header, http_date
from django.views.decorators.http import require_http_methods, require_safe

from picprocure.accounts.models import User
from picprocure.events.invitations import hash_of
from picprocure.events.models import Event
from picprocure.galleries import access, host_archives, visits
from picprocure.galleries.archives import Archive, file_time, gallery_archive
from picprocure.galleries.personal_data import personal_data_archive
from picprocure.photos.models import Photo
from picprocure.photos.names import display_name
from picprocure.photos.renditions import make_crop
from picprocure.recognition.stored_images import reference_image
from picprocure.storage import files
from picprocure.storage.errors import SealedForGood
from picprocure.web.accounts.identity import confirms_identity
from picprocure.web.http import SignedInRequest

JPEG = "image/jpeg"


@login_not_required
@require_safe
def photo(request: HttpRequest, photo_id: UUID, size: str) -> HttpResponseBase:
    """Send a photo as thumbnail, in web size, or the original as a download."""
    row = access.photo_open_to(request.user, photo_id)
    if row is None:
        raise Http404
    match size:
        case "thumbnail":
            return _stored(row.thumbnail_key, JPEG)
        case "web":
            return _stored(row.web_key, JPEG)
        case "original":
            response = _download(row)
            if isinstance(request.user, User) and request.method == "GET":
                visits.record_download_of(row, request.user)
            return response
        case _:
            raise Http404


@login_not_required
@require_safe
def face(request: HttpRequest, photo_id: UUID, x: int, y: int, side: int) -> HttpResponseBase:
    """Send the part of a photo around a face to a host of its event."""
    row = access.photos_managed_by(request.user).filter(pk=photo_id).first()
    if row is None or not row.web_key:
        raise Http404
    size = row.width, row.height
    middle, side = (min(x, row.width), min(y, row.height)), min(max(1, side), *size)
    try:
        with files.open_stored(row.web_key) as stored:
            crop = make_crop(stored, photo_size=size, middle=middle, side=side)
    except FileNotFoundError as error:
        raise Http404 from error
    return _private(HttpResponse(crop, content_type=JPEG))


@login_not_required
@require_safe
def cover(request: HttpRequest, event_id: UUID) -> HttpResponseBase:
    event = get_object_or_404(access.events_visible_to(request.user), pk=event_id)
    return _stored(event.cover_key, JPEG)


@login_not_required
@require_safe
def cover_of_invitation(request: HttpRequest, token: str) -> HttpResponseBase:  # noqa: ARG001
    """Send an event's cover to a visitor who has the link."""
    event = access.event_of_invitation(hash_of(token))
    if event is None:
        raise Http404
    return _stored(event.cover_key, JPEG)


@login_not_required
@require_safe
def reference(request: HttpRequest, reference_id: UUID) -> HttpResponseBase:
    """Send a photo of a face: the person's own, or one of a guest of their event."""
    row = get_object_or_404(access.references_visible_to(request.user), pk=reference_id)
    try:
        image = reference_image(row)
    except (FileNotFoundError, SealedForGood) as error:
        raise Http404 from error
    return _private(HttpResponse(image, content_type=JPEG))


@require_http_methods(["GET", "HEAD", "POST"])
@confirms_identity
def my_data(request: SignedInRequest) -> HttpResponseBase:
    """Send all data about the person as a ZIP, after they confirmed that it's them."""
    if request.method != "POST":
        return render(request, "accounts/download.html")
    archive = personal_data_archive(request.user)
    return _zip(archive.chunks, archive.size_bytes, name=f"{settings.SITE_NAME} - my data.zip")


@login_not_required
@require_safe
def archive(request: HttpRequest, event_id: UUID) -> HttpResponseBase:
    """Send a person's gallery of an event as a ZIP, which is created while it is sent."""
    event = get_object_or_404(access.events_registered_by(request.user), pk=event_id)
    if not access.photos_visible_to(request.user, event).exists():
        raise Http404
    gallery = gallery_archive(visitor=request.user, event=event)
    if isinstance(request.user, User) and request.method == "GET":
        visits.record_download(request.user, event)
    return _archive(request, gallery, name=event.name)


@login_not_required
@require_safe
def event_archive(request: HttpRequest, event_id: UUID) -> HttpResponseBase:
    """Send all photos of an event to a host as a ZIP."""
    event = _event_with_photos(request, event_id)
    photos = host_archives.event_archive(host=request.user, event=event)
    return _archive(request, photos, name=f"{event.name} - all photos")


@login_not_required
@require_safe
def people_archive(request: HttpRequest, event_id: UUID) -> HttpResponseBase:
    """Send all photos of an event to a host as a ZIP with a folder for each person."""
    event = _event_with_photos(request, event_id)
    folders = host_archives.people_archive(host=request.user, event=event)
    return _archive(request, folders, name=f"{event.name} - people")


def _event_with_photos(request: HttpRequest, event_id: UUID) -> Event:
    """Return an event that the visitor hosts, or raise Http404 if it has no photos."""
    event = get_object_or_404(access.events_managed_by(request.user), pk=event_id)
    if not event.photos.exists():
        raise Http404
    return event


def _archive(request: HttpRequest, archive: Archive, *, name: str) -> HttpResponseBase:
    """Send an archive under this name, or only its size if the request asks for no more."""
    chunks: Iterator[bytes] = iter(()) if request.method == "HEAD" else archive.chunks
    file_name = display_name(f"{name.replace('/', '-')}.zip".replace("\\", "-"))
    return _zip(chunks, archive.size_bytes, name=file_name)


def _zip(chunks: Iterator[bytes], size_bytes: int, *, name: str) -> HttpResponseBase:
    response = StreamingHttpResponse(chunks, content_type="application/zip")
    response["Content-Length"] = str(size_bytes)
    response["Content-Disposition"] = _attachment(name)
    return _private(response)


def _download(photo: Photo) -> HttpResponseBase:
    disposition = _attachment(photo.name)
    response = _stored(photo.original_key, photo.content_type, disposition=disposition)
    response["Content-Disposition"] = disposition
    # Some programs set the file's time from this header. There is never a response with status 304:
    # each request checks access, and caches may store nothing.
    response["Last-Modified"] = http_date(file_time(photo).timestamp())
    return response


def _stored(key: str, content_type: str, disposition: str = "inline") -> HttpResponseBase:
    if not key:
        raise Http404
    address = files.link(key, content_type=content_type, disposition=disposition)
    if address:
        return _private(HttpResponseRedirect(address))
    try:
        file = files.open_stored(key)
    except FileNotFoundError as error:
        raise Http404 from error
    return _private(FileResponse(file, content_type=content_type))


def _attachment(name: str) -> str:
    return content_disposition_header(as_attachment=True, filename=name) or "attachment"


def _private(response: HttpResponseBase) -> HttpResponseBase:
    response["Cache-Control"] = "private, no-store"
    response["X-Content-Type-Options"] = "nosniff"
    return response
