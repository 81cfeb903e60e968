"""What people got: how many photos each person has, and why some have none."""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

from django.db.models import Count, Exists, OuterRef, Value

from picprocure.accounts.models import User
from picprocure.events.guest_requests import open_requests
from picprocure.events.models import Event, GuestRequest, Registration
from picprocure.events.times import time_text
from picprocure.galleries import access
from picprocure.recognition.models import ManualGrant, Match, Reference

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
"""A spreadsheet takes a cell that begins so for a formula."""

_SHARED: Final = "shared"


@dataclass(frozen=True, slots=True)
class Result:
    """What a person got, unreleased photos included.

    Attributes:
        photos: How many photos are matched or shared with them.
        doubts: How many photos may show them, and wait for a host's review.
    """

    photos: int = 0
    doubts: int = 0


def results_of(registrations: Collection[int]) -> dict[int, Result]:
    """Return what people got, by their registrations, in one query."""
    matches = Match.objects.filter(registration__in=registrations)
    by_status = matches.values_list("registration", "status").annotate(
        photos=Count("face__photo", distinct=True)
    )
    same_photo = Match.objects.filter(
        registration=OuterRef("registration"),
        face__photo=OuterRef("photo"),
        status=Match.Status.MATCHED,
    )
    granted = ManualGrant.objects.filter(~Exists(same_photo), registration__in=registrations)
    shared = granted.annotate(status=Value(_SHARED)).values_list("registration", "status")
    counted = by_status.union(shared.annotate(photos=Count("photo")), all=True)
    photos = {(key, status): count for key, status, count in counted}
    return {
        key: Result(
            photos.get((key, Match.Status.MATCHED), 0) + photos.get((key, _SHARED), 0),
            photos.get((key, Match.Status.REVIEW), 0),
        )
        for key in registrations
    }


def why_no_photos(result: Result, *, uses_face_recognition: bool, has_face: bool) -> str:
    """Return why an approved person has no photos, or an empty text if they have some."""
    if result.photos:
        return ""
    if not uses_face_recognition:
        return "Without face recognition. Share photos by hand."
    if not has_face:
        return "They gave no photo of their face."
    if result.doubts:
        photos = "1 photo" if result.doubts == 1 else f"{result.doubts} photos"
        return f"{photos} may show them: see the review."
    return "We didn't find them in the photos."


_COLUMNS: Final = (
    *("Name", "Registered", "Status", "Photos", "Doubtful photos", "Note"),
    *("First opened", "Last opened", "Last download", "Requests"),
)


def people_csv(event: Event, host: User, zone: ZoneInfo | None) -> str:
    """Return a table of everyone who registered, with what they got.

    Of people whom a co-host may not see, it has only what the people page shows.
    """
    out = io.StringIO()
    table = csv.writer(out, quoting=csv.QUOTE_ALL)  # spreadsheets may split cells at semicolons
    table.writerow(_COLUMNS)
    table.writerows(_csv_rows(event, host, zone))
    return out.getvalue()


def _csv_rows(event: Event, host: User, zone: ZoneInfo | None) -> Iterator[Sequence[object]]:
    rows = list(event.registrations.select_related("user").order_by("registered_at", "pk"))
    results = results_of([row.pk for row in rows])
    consenting = set(event.registrations.consenting().values_list("pk", flat=True))
    visible = set(access.results_shown_in(event, host).values_list("pk", flat=True))
    with_face = set(
        Reference.objects.filter(user__registrations__in=rows).values_list("user", flat=True)
    )
    requests = _requests(event)
    for row in rows:
        result = results[row.pk]
        is_approved = row.status == Registration.Status.ADMITTED
        note = why_no_photos(
            result, uses_face_recognition=row.pk in consenting, has_face=row.user_id in with_face
        )
        name, registered = row.user.name, time_text(row.registered_at, event=event, reader=zone)
        cells: list[object] = [_as_text(name), registered, _STATUS[Registration.Status(row.status)]]
        if is_approved and row.pk in visible:
            visits = (row.first_opened_at, row.last_opened_at, row.last_downloaded_at)
            times = [at and time_text(at, event=event, reader=zone) for at in visits]
            cells += [result.photos, result.doubts, note, *times]
        if row.pk in requests:
            cells += [""] * (len(_COLUMNS) - len(cells) - 1)
            cells.append("; ".join(requests[row.pk]))
        yield cells


def _requests(event: Event) -> dict[int, list[str]]:
    """Return what people asked the hosts for, by their registrations."""
    found: dict[int, list[str]] = defaultdict(list)
    for row in open_requests().filter(registration__event=event):
        asked = GuestRequest.Kind(row.kind).label
        found[row.registration_id].append(f"{asked} {row.text}".strip())
    return found


_STATUS = {
    Registration.Status.PENDING: "waiting",
    Registration.Status.ADMITTED: "approved",
    Registration.Status.BLOCKED: "declined",
}


def _as_text(cell: str) -> str:
    return f"'{cell}" if cell.startswith(FORMULA_STARTS) else cell
