"""The pages about an event's people: the list, a person, the guest list, and a mail to all."""

from __future__ import annotations

from itertools import groupby
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from picprocure.events import host_mails
from picprocure.events.errors import EventError
from picprocure.events.models import Event, Registration
from picprocure.galleries import access
from picprocure.photos.models import Photo
from picprocure.pipeline import changes
from picprocure.recognition.manual_grants import GrantRefused
from picprocure.web import limits
from picprocure.web.events.approvals import registration_or_404
from picprocure.web.events.forms import GuestListForm, HostMailForm
from picprocure.web.events.people_list import ORDERS, Choice, list_context, people_of
from picprocure.web.events.people_rows import rows_of
from picprocure.web.events.results import people_csv, results_of
from picprocure.web.forms import integer_keys, uuid_keys
from picprocure.web.http import SignedInRequest
from picprocure.web.zones import reader_zone

PEOPLE_PER_PAGE = 60
PHOTOS_PER_PAGE = 120


@require_safe
def people(request: SignedInRequest, event_id: UUID) -> HttpResponse:
    event = get_object_or_404(access.events_managed_by(request.user), pk=event_id)
    if "known" in request.GET:
        return _arrivals(request, event)
    everyone = people_of(event, request.user)
    shown = Choice.from_query(request.GET).people_among(everyone)
    page = Paginator(shown, PEOPLE_PER_PAGE).get_page(request.GET.get("page"))
    rows = rows_of(event, page.object_list, host=request.user)
    context = {
        **list_context(event, request.GET, everyone),
        "orders": ORDERS.items(),
        "may_write": host_mails.may_write(request.user),
        "page_obj": page,
        "sections": [
            (section, list(section_rows))
            for section, section_rows in groupby(rows, key=lambda row: row.section)
        ],
    }
    return render(request, "events/people.html", context)


def _arrivals(request: SignedInRequest, event: Event) -> HttpResponse:
    """Show how many people have registered since the page was loaded. The page polls this."""
    (known,) = integer_keys([request.GET["known"]]) or [0]
    new = max(0, event.registrations.count() - known)
    return render(request, "events/_arrivals.html", {"event": event, "count": known, "new": new})


@require_safe
def table(request: SignedInRequest, event_id: UUID) -> HttpResponse:
    """Download the people and what they got as a table."""
    event = get_object_or_404(access.events_managed_by(request.user), pk=event_id)
    content = people_csv(event, request.user, reader_zone(request))
    # Excel reads UTF-8 only with a byte order mark.
    answer = HttpResponse(content.encode("utf-8-sig"), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="people.csv"'
    return answer


@require_safe
def guest_gallery(request: SignedInRequest, event_id: UUID, registration_id: int) -> HttpResponse:
    """Show a person's photos as they see them."""
    registration = registration_or_404(request, event_id, registration_id)
    event, guest = registration.event, registration.user
    if not access.results_shown_in(event, request.user).filter(pk=registration.pk).exists():
        raise Http404
    photos = access.Gallery(guest, event)
    page = Paginator(photos, PHOTOS_PER_PAGE).get_page(request.GET.get("page"))
    result = results_of([registration.pk])[registration.pk]
    context = {
        "event": event,
        "guest": guest,
        "registration": registration,
        "page_obj": page,
        "total": len(photos),
        "not_seen_yet": max(0, result.photos - len(photos)),
        "shows_faces": access.people_shown_in(event, request.user).filter(pk=registration.pk),
    }
    return render(request, "events/guest_gallery.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def write(request: SignedInRequest, event_id: UUID) -> HttpResponse:
    """Write a mail to all participants."""
    event = get_object_or_404(access.events_managed_by(request.user), pk=event_id)
    if not host_mails.may_write(request.user):
        raise PermissionDenied
    form = HostMailForm(request.POST if request.method == "POST" else None)
    is_sent = form.is_valid()
    if is_sent and limits.count_form(request, "write", form):
        count = changes.mail_all_guests(event=event, author=request.user, **form.cleaned_data)
        people = "1 person" if count == 1 else f"{count} people"
        messages.success(request, f"Your e-mail is on its way to {people}.")
        return redirect("events:people", event_id)
    count = host_mails.recipients(event=event, author=request.user).count()
    context = {"event": event, "form": form, "count": count}
    return render(request, "events/write.html", context, status=429 if is_sent else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@limits.limited("guest_list", applies_to=lambda request: "remove" not in request.POST)
def guest_list(request: SignedInRequest, event_id: UUID) -> HttpResponse:
    """Edit the e-mail addresses whose owners are approved automatically."""
    event = get_object_or_404(access.events_managed_by(request.user), pk=event_id)
    if "remove" in request.POST:
        removed = integer_keys(request.POST.getlist("remove"))
        event.guest_list.filter(pk__in=removed).delete()
        return redirect("events:guest_list", event_id)
    form = GuestListForm(request.POST if request.method == "POST" else None, request.FILES or None)
    if form.is_valid():
        try:
            guests = form.cleaned_data["guests"]
            changes.invite_guests(event=event, host=request.user, guests=guests)
        except EventError as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, "The addresses are on the guest list.")
            return redirect("events:guest_list", event_id)
    context = {
        "event": event,
        "form": form,
        "missing": event.guest_list.filter(registration=None),
        "joined": event.guest_list.filter(registration__isnull=False),
        "sends_mails": host_mails.may_write(request.user),
    }
    return render(request, "events/guest_list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def person(request: SignedInRequest, event_id: UUID, registration_id: int) -> HttpResponse:
    """Share photos manually with a person.

    This is for people who aren't found in a photo, or who don't use face recognition.
    """
    registration = registration_or_404(request, event_id, registration_id)
    photos = Photo.objects.with_faces().filter(event=registration.event)
    if request.method == "POST":
        _share_manually(request, registration, photos)
        return redirect(request.get_full_path())
    page = Paginator(photos, PHOTOS_PER_PAGE).get_page(request.GET.get("page"))
    granted = set(registration.manual_grants.values_list("photo", flat=True))
    context = {
        "event": registration.event,
        "registration": registration,
        "references": access.references_shown_in(registration.event, request.user).filter(
            user=registration.user
        ),
        "page_obj": page,
        "granted": granted,
    }
    return render(request, "events/person.html", context)


def _share_manually(
    request: SignedInRequest, registration: Registration, photos: QuerySet[Photo]
) -> None:
    """Apply only the changes that were made on the page, which may be outdated."""
    ticked = set(uuid_keys(request.POST.getlist("photo")))
    previously_ticked = set(uuid_keys(request.POST.getlist("given")))
    try:
        changes.share_manually(
            registration=registration,
            photos=photos.filter(pk__in=ticked - previously_ticked),
            revoked=photos.filter(pk__in=previously_ticked - ticked),
        )
    except GrantRefused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, "Saved.")
