"""An event's photos for its hosts: upload, progress and retry."""

from __future__ import annotations

import io
import logging
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import IO, overload
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.core.paginator import Paginator
from django.db import DatabaseError
from django.http import HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from picprocure.events.errors import EventError
from picprocure.events.models import Event
from picprocure.galleries import access
from picprocure.imaging.errors import Busy
from picprocure.photos.errors import RefusedPhoto
from picprocure.photos.intake import refusal_of
from picprocure.photos.models import Photo, PhotoQuerySet
from picprocure.photos.quota import room_in
from picprocure.photos.services import ensure_zip_fits, zip_limits
from picprocure.photos.zips import is_zip, photos_in
from picprocure.pipeline import changes
from picprocure.pipeline.steps import receive_photo
from picprocure.recognition.progress import event_progress
from picprocure.web import errors
from picprocure.web.decoding import BUSY
from picprocure.web.events.forms import UploadForm
from picprocure.web.forms import uuid_keys
from picprocure.web.http import SignedInRequest
from picprocure.web.uploads import SpooledUpload

logger = logging.getLogger(__name__)

PHOTOS_PER_PAGE = 60
MAX_REQUESTED = 500


@dataclass(frozen=True, slots=True)
class UploadResult:
    """The result of uploading one file.

    Attributes:
        notes: What was removed from the file. The message contains this, too.
    """

    name: str
    ok: bool
    message: str
    notes: tuple[str, ...] = ()
    status: int = 200


class FailedFirst(Sequence[Photo]):
    """The photos of an event, those that failed first.

    A slice reads its own photos, and the keys of those between it and the nearer end.
    """

    def __init__(self, event: Event, *, count: int, failed: int) -> None:
        """Take the numbers of all photos and of those that failed, which were counted before."""
        self._count, self._failed = count, failed
        self._failed_photos = event.photos.failed()
        self._others = event.photos.exclude(status=Photo.Status.FAILED)

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, index: int) -> Photo: ...
    @overload
    def __getitem__(self, index: slice) -> list[Photo]: ...
    def __getitem__(self, index: int | slice) -> Photo | list[Photo]:
        if isinstance(index, int):
            return self[index : index + 1][0]
        start, stop, _ = index.indices(self._count)
        failed = self._failed_photos[min(start, self._failed) : min(stop, self._failed)]
        first, last = max(0, start - self._failed), max(0, stop - self._failed)
        return [*failed, *_from_nearer_end(self._others, first, last, self._count - self._failed)]

    def position(self, photo_id: UUID) -> int:
        """Return the index of a photo, or 0 if the event doesn't have it."""
        if photo := self._failed_photos.filter(pk=photo_id).first():
            return self._failed_photos.before(photo).count()
        if photo := self._others.filter(pk=photo_id).first():
            return self._failed + self._others.before(photo).count()
        return 0


def _from_nearer_end(photos: PhotoQuerySet, start: int, stop: int, count: int) -> list[Photo]:
    """Return a slice of some photos, of which there are `count`."""
    if start < count - stop:
        return list(photos[start:stop])
    return list(photos.reverse()[count - stop : count - start])[::-1]


@require_http_methods(["GET", "HEAD", "POST"])
def photos(request: SignedInRequest, event_id: UUID) -> HttpResponse:
    event = get_object_or_404(access.events_managed_by(request.user), pk=event_id)
    form = UploadForm(request.POST or None, request.FILES or None)
    results: list[UploadResult] = []
    if request.method == "POST" and form.is_valid():
        results = _receive_all(request, event, form.cleaned_data["photos"])
    status = max((result.status for result in results), default=200)
    if request.accepts("text/html"):
        page = _photos_page(request, event, form, results)
        page.status_code = status
        return page
    answer = {"results": [asdict(result) for result in results], "room": asdict(room_in(event))}
    return JsonResponse(answer, status=status if form.is_valid() else 400)


@require_POST
def known(request: SignedInRequest, event_id: UUID) -> HttpResponse:
    """Check files before their upload, by hash, name and first bytes.

    The response has the name under which each known file is stored. For each file in turn, it has
    the reason why the file would be refused, or null.
    """
    event = get_object_or_404(access.events_managed_by(request.user), pk=event_id)
    hashes = request.POST.getlist("sha256")[:MAX_REQUESTED]
    stored = event.photos.exclude(status=Photo.Status.FAILED).filter(sha256__in=hashes)
    names, heads = (request.POST.getlist(field)[:MAX_REQUESTED] for field in ("name", "head"))
    return JsonResponse(
        {
            "known": {photo.sha256: _duplicate_message(photo) for photo in stored},
            "refused": [_refusal(name, head) for name, head in zip(names, heads, strict=False)],
        }
    )


def _refusal(name: str, head: str) -> str | None:
    """Return why a file would be refused, or None.

    Args:
        name: The file's name.
        head: The file's first bytes in hexadecimal. An invalid value is no reason to refuse the
            file.
    """
    try:
        first_bytes = bytes.fromhex(head)
    except ValueError:
        return None
    if not first_bytes or is_zip(io.BytesIO(first_bytes)):
        return None
    refused = refusal_of(first_bytes, name=name)
    return str(refused) if refused else None


@require_POST
def retry(request: SignedInRequest, event_id: UUID, photo_id: UUID) -> HttpResponse:
    photo = get_object_or_404(
        access.photos_managed_by(request.user), pk=photo_id, event_id=event_id
    )
    if changes.retry_photos(photo.event, [photo.pk]):
        messages.success(request, f"We're trying {photo.name} again.")
    return redirect("events:photos", event_id)


@require_http_methods(["GET", "HEAD", "POST"])
def delete_photo(request: SignedInRequest, event_id: UUID, photo_id: UUID) -> HttpResponse:
    photo = get_object_or_404(
        access.photos_managed_by(request.user), pk=photo_id, event_id=event_id
    )
    if request.method != "POST":
        return render(request, "events/delete_photo.html", {"event": photo.event, "photo": photo})
    changes.delete_photo(photo)
    messages.success(request, f"{photo.name} was deleted. Guests no longer see it.")
    return redirect("events:photos", event_id)


@require_POST
def retry_all(request: SignedInRequest, event_id: UUID) -> HttpResponse:
    event = get_object_or_404(access.events_managed_by(request.user), pk=event_id)
    changes.retry_photos(event)
    messages.success(request, "We're trying the failed photos again.")
    return redirect("events:photos", event_id)


def _receive_all(
    request: SignedInRequest, event: Event, uploads: list[UploadedFile[bytes]]
) -> list[UploadResult]:
    """Receive all uploaded files.

    Raises:
        Busy: There is no free decoder for the first file.
    """
    results: list[UploadResult] = []
    for upload in uploads:
        try:
            results += _receive(request, event, upload)
        except Busy:
            if not results:
                raise
            message = f"{_file_name(upload)} and the files after it were not uploaded. {BUSY}"
            return [
                *results,
                UploadResult(_file_name(upload), ok=False, message=message, status=503),
            ]
    return results


def _file_name(upload: UploadedFile[bytes]) -> str:
    return (upload.name or "photo").replace("%22", '"')  # browsers encode quotes like this


def _receive(
    request: SignedInRequest, event: Event, upload: UploadedFile[bytes]
) -> list[UploadResult]:
    """Receive a file, and return its result, or one for each file of a ZIP."""
    name = _file_name(upload)
    if isinstance(upload, SpooledUpload) and upload.was_dropped:
        message = f"{name} was not uploaded: there were too many files at once. Upload it again."
        return [UploadResult(name, ok=False, message=message)]
    if is_zip(upload):
        return _receive_zip(request, event, upload, name)
    return [_receive_photo(request, event, upload, name, upload.size or 0)]


def _receive_zip(
    request: SignedInRequest, event: Event, upload: UploadedFile[bytes], name: str
) -> list[UploadResult]:
    results = []
    try:
        ensure_zip_fits(name=name, size=upload.size or 0)
        for photo in photos_in(upload, name=name, limits=zip_limits()):
            if photo.refusal:
                results.append(UploadResult(photo.name, ok=False, message=str(photo.refusal)))
            else:
                content = io.BytesIO(photo.content)
                size = len(photo.content)
                results.append(_receive_photo(request, event, content, photo.name, size))
    except RefusedPhoto as refused:
        results.append(UploadResult(name, ok=False, message=str(refused)))
    except Busy:
        message = f"The rest of {name} was not uploaded. {BUSY} No photo is stored twice."
        results.append(UploadResult(name, ok=False, message=message))
    return results


def _receive_photo(
    request: SignedInRequest, event: Event, content: IO[bytes], name: str, size: int
) -> UploadResult:
    try:
        stored = receive_photo(
            event=event, uploaded_by=request.user, upload=content, name=name, size=size
        )
    except (RefusedPhoto, EventError) as refused:
        return UploadResult(name, ok=False, message=str(refused))
    except (OSError, DatabaseError) as error:
        answer = errors.answer_to(error)
        if answer is None and isinstance(error, DatabaseError):
            raise
        logger.exception("A photo could not be stored.")
        if answer is None:
            message = f"{name} couldn't be stored. Try again."
            return UploadResult(name, ok=False, message=message)
        message = f"{answer.title}: {name} was not stored. {answer.way_out}"
        return UploadResult(name, ok=False, message=message, status=answer.status)
    if stored.is_new:
        message = " ".join(("Stored.", *stored.notes))
        return UploadResult(name, ok=True, message=message, notes=stored.notes)
    return UploadResult(name, ok=True, message=_duplicate_message(stored.photo))


def _duplicate_message(photo: Photo) -> str:
    return f"Already here as {photo.name}. It is stored only once."


def _photos_page(
    request: SignedInRequest, event: Event, form: UploadForm, results: list[UploadResult]
) -> HttpResponse:
    progress = event_progress(event)
    stored = FailedFirst(event, count=progress.stored, failed=progress.failed)
    number = request.GET.get("page") or _page_with(stored, request.GET.get("photo", ""))
    page = Paginator(stored, PHOTOS_PER_PAGE).get_page(number)
    context = {
        "event": event,
        "is_host": True,
        "form": form,
        "results": results,
        "photos": page,
        "page_obj": page,
        "progress": progress,
        "max_bytes": settings.MAX_PHOTO_BYTES,
        "max_zip_bytes": settings.MAX_ZIP_BYTES,
        "room": room_in(event),
    }
    return render(request, "events/photos.html", context)


def _page_with(photos: FailedFirst, photo_id: str) -> int:
    """Return the number of the page that shows a photo, or of the first page."""
    keys = uuid_keys([photo_id])
    return photos.position(keys[0]) // PHOTOS_PER_PAGE + 1 if keys else 1
