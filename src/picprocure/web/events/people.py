"""Pages on which hosts approve and decline guests, and share photos manually."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Case, Exists, OuterRef, Prefetch, Q, QuerySet, When
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from picprocure.accounts.models import User
from picprocure.events import host_mails
from picprocure.events.errors import EventError
from picprocure.events.models import Event, Registration, RegistrationQuerySet
from picprocure.galleries import access
from picprocure.photos.models import Photo
from picprocure.pipeline import changes
from picprocure.recognition.admission import has_open_collision
from picprocure.recognition.anchors import anchors_by_user, rejection_reasons
from picprocure.recognition.manual_grants import GrantRefused
from picprocure.recognition.models import Anchor, Collision, Reference
from picprocure.web import limits
from picprocure.web.events.forms import GuestListForm, HostMailForm
from picprocure.web.forms import integer_keys, uuid_keys
from picprocure.web.http import SignedInRequest

PEOPLE_PER_PAGE = 60
PHOTOS_PER_PAGE = 120

COLLIDING, WAITING, ADMITTED, REFUSED = "colliding", "waiting", "admitted", "refused"
SECTIONS = (COLLIDING, WAITING, ADMITTED, REFUSED)


@dataclass(frozen=True, slots=True)
class Likeness:
    """A collision as the host sees it, with the photos that led to it, or the current ones."""

    collision: Collision
    reference: Reference | None
    other_reference: Reference | None


@dataclass(frozen=True, slots=True)
class Row:
    """A registered person as the host sees them.

    Attributes:
        section: The number of one of `SECTIONS`.
        new_references: The references that no host has approved yet.
        look_alikes: The names of other approved guests with whom this one collided, as a host
            decided. A face that may show either is delivered to neither.
        unused: The references that don't count even if a host approves them, with the reason.
        has_passed_check: Whether all their references passed the liveness check.
    """

    registration: Registration
    section: int
    references: list[Reference]
    new_references: list[Reference]
    likenesses: list[Likeness]
    look_alikes: list[str]
    unused: dict[UUID, str]
    has_face_recognition: bool
    has_passed_check: bool


@require_safe
def people(request: SignedInRequest, event_id: UUID) -> HttpResponse:
    event = get_object_or_404(access.events_managed_by(request.user), pk=event_id)
    if "known" in request.GET:
        return _arrivals(request, event)
    registrations = _in_sections(event, host=request.user)
    page = Paginator(registrations, PEOPLE_PER_PAGE).get_page(request.GET.get("page"))
    rows = _rows(event, list(page), host=request.user)
    context = {
        "event": event,
        "count": page.paginator.count,
        "may_write": host_mails.may_write(request.user),
        "page_obj": page,
        "sections": [
            (SECTIONS[number], list(section_rows))
            for number, section_rows in groupby(rows, key=lambda row: row.section)
        ],
    }
    return render(request, "events/people.html", context)


def _arrivals(request: SignedInRequest, event: Event) -> HttpResponse:
    """Show how many people have registered since the page was loaded. The page polls this."""
    (known,) = integer_keys([request.GET["known"]]) or [0]
    new = max(0, event.registrations.count() - known)
    return render(request, "events/_arrivals.html", {"event": event, "count": known, "new": new})


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


@require_POST
def admit(request: SignedInRequest, event_id: UUID) -> HttpResponse:
    """Approve one or all displayed people, with the references that were displayed."""
    event = get_object_or_404(access.events_managed_by(request.user), pk=event_id)
    reference_ids = uuid_keys(request.POST.getlist("reference"))
    admitted = [
        changes.admit(
            registration=registration,
            reference_ids=reference_ids,
            though_refused="though_refused" in request.POST,
        )
        for registration in _submitted_registrations(request, event)
    ]
    messages.success(request, f"Approved: {sum(admitted)}.")
    return redirect("events:people", event_id)


@require_POST
def dismiss(request: SignedInRequest, event_id: UUID, registration_id: int) -> HttpResponse:
    """Approve a person although their face is similar to others, for the displayed collisions."""
    registration = _registration(request, event_id, registration_id)
    name = registration.user.name
    collisions = Collision.objects.of(registration).open()
    displayed = collisions.filter(pk__in=integer_keys(request.POST.getlist("collision")))
    if not access.may_decide_on(displayed, request.user):
        raise Http404
    is_admitted = changes.admit_despite_collision(
        registration=registration,
        reference_ids=uuid_keys(request.POST.getlist("reference")),
        collision_ids=[collision.pk for collision in displayed],
    )
    if not is_admitted:
        messages.error(request, f"{name} has already been declined.")
    elif collisions.exists():
        messages.warning(request, f"{name} also looks like another guest. Check the faces below.")
    else:
        messages.success(request, f"{name} was approved.")
    return redirect("events:people", event_id)


@require_http_methods(["GET", "HEAD", "POST"])
def refuse(request: SignedInRequest, event_id: UUID, registration_id: int) -> HttpResponse:
    registration = _registration(request, event_id, registration_id)
    verb = _refusal_verb(registration)
    if request.method != "POST":
        return _confirm_refusal(request, registration.event, [registration], verb=verb)
    changes.refuse(registration)
    messages.success(
        request, f"{registration.user.name} was {verb.lower()}d and sees no photos of this event."
    )
    return redirect("events:people", event_id)


@require_POST
def refuse_all(request: SignedInRequest, event_id: UUID) -> HttpResponse:
    """Decline all displayed people, after a confirmation."""
    event = get_object_or_404(access.events_managed_by(request.user), pk=event_id)
    chosen = _submitted_registrations(request, event)
    if chosen and "sure" not in request.POST:
        return _confirm_refusal(request, event, chosen, verb="Decline")
    for registration in chosen:
        changes.refuse(registration)
    messages.success(request, f"Declined: {len(chosen)}.")
    return redirect("events:people", event_id)


def _confirm_refusal(
    request: SignedInRequest, event: Event, registrations: list[Registration], *, verb: str
) -> HttpResponse:
    context = {"event": event, "registrations": registrations, "verb": verb}
    return render(request, "events/refuse.html", context)


def _refusal_verb(registration: Registration) -> str:
    """Return the verb of the button that leads to the confirmation."""
    collides = Collision.objects.of(registration).open().exists()
    is_admitted = registration.status == Registration.Status.ADMITTED
    return "Remove" if is_admitted and not collides else "Decline"


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
    registration = _registration(request, event_id, registration_id)
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


def _registration(request: SignedInRequest, event_id: UUID, registration_id: int) -> Registration:
    return get_object_or_404(
        access.registrations_managed_by(request.user).select_related("event", "user"),
        pk=registration_id,
        event_id=event_id,
    )


def _submitted_registrations(request: SignedInRequest, event: Event) -> list[Registration]:
    """Return the registrations for this event that a form names."""
    ids = integer_keys(request.POST.getlist("registration"))
    return list(event.registrations.filter(pk__in=ids).select_related("user"))


def _in_sections(event: Event, *, host: User) -> RegistrationQuerySet:
    """Return the registrations of an event in the order of the page, with what a row shows.

    Each has a `section`: the number of one of `SECTIONS`.
    """
    visible = access.references_shown_in(event, host)
    news = visible.filter(user=OuterRef("user")).exclude(admissions__registration=OuterRef("pk"))
    status = Registration.Status
    section = Case(
        When(status=status.BLOCKED, then=SECTIONS.index(REFUSED)),
        When(has_open_collision(), then=SECTIONS.index(COLLIDING)),
        When(Exists(news) | Q(status=status.PENDING), then=SECTIONS.index(WAITING)),
        default=SECTIONS.index(ADMITTED),
    )
    sections = Registration.objects.filter(event=event).annotate(section=section)
    return (
        sections.order_by("section", "registered_at", "pk")
        .select_related("event", "user")
        .prefetch_related(
            Prefetch("user__references", queryset=visible),
            "reference_admissions",
            "passed_liveness_checks",
            Prefetch(
                "user__collisions",
                queryset=_open_collisions(event, host),
                to_attr="open_collisions",
            ),
        )
    )


def _rows(event: Event, shown: Sequence[Registration], *, host: User) -> Iterator[Row]:
    """Yield the rows of some registrations from `_in_sections`."""
    users = [registration.user_id for registration in shown]
    open_collisions = Collision.objects.open().filter(event=event, newcomer__in=users)
    others = open_collisions.values("other")
    visible = access.references_shown_in(event, host).filter(user__in=others)
    faces = {reference.user_id: reference for reference in visible}
    consenting = event.registrations.consenting().filter(user__in=users)
    consenting_users = set(consenting.values_list("user", flat=True))
    anchors = anchors_by_user(event, users)
    look_alikes = _look_alikes(event, host, users)
    for registration in shown:
        yield _row(
            registration,
            anchor=anchors.get(registration.user_id),
            has_face_recognition=registration.user_id in consenting_users,
            faces=faces,
            look_alikes=look_alikes,
        )


def _look_alikes(event: Event, host: User, users: Sequence[int]) -> dict[int, list[str]]:
    """Return the names of the approved guests with whom each of some users collided.

    Only pairs of approved guests whose faces the host may see are returned, by the ids of users.
    """
    approved = access.people_shown_in(event, host).filter(status=Registration.Status.ADMITTED)
    shown = approved.filter(~has_open_collision()).values("user")
    names: dict[int, list[str]] = defaultdict(list)
    pairs = Collision.objects.filter(event=event, newcomer__in=shown, other__in=shown)
    pairs = pairs.filter(Q(newcomer__in=users) | Q(other__in=users))
    for collision in pairs.select_related("newcomer", "other"):
        if collision.other is not None:
            names[collision.newcomer_id].append(collision.other.name)
            names[collision.other.pk].append(collision.newcomer.name)
    return {user_id: sorted(set(others)) for user_id, others in names.items()}


def _open_collisions(event: Event, host: User) -> QuerySet[Collision]:
    """Return the open collisions, annotated with what the host may see of them."""
    visible = access.references_shown_in(event, host)
    visible_people = access.people_shown_in(event, host)
    return (
        Collision.objects.open()
        .filter(event=event)
        .annotate(
            is_shown=Exists(visible.filter(pk=OuterRef("reference"))),
            other_is_shown=Exists(visible.filter(pk=OuterRef("other_reference"))),
            names_other=Exists(visible_people.filter(user=OuterRef("other"))),
        )
        .select_related("reference", "other_reference", "other", "face__photo")
    )


def _row(
    registration: Registration,
    *,
    anchor: Anchor | None,
    has_face_recognition: bool,
    faces: dict[int, Reference],
    look_alikes: dict[int, list[str]],
) -> Row:
    """Return the row of a registration.

    Args:
        registration: The registration from `_in_sections`, with its related rows prefetched.
        anchor: The person's anchor, if there is one.
        has_face_recognition: Whether the person has consented to face recognition.
        faces: A current reference of each person in a collision, by the person's ID.
        look_alikes: The names of approved guests who look like a person, by the person's ID.
    """
    references = list(registration.user.references.all())
    collisions = getattr(registration.user, "open_collisions", [])
    admitted = {row.reference_id for row in registration.reference_admissions.all()}
    passed = {row.reference_id for row in registration.passed_liveness_checks.all()}
    new = [reference for reference in references if reference.pk not in admitted]
    return Row(
        registration=registration,
        section=getattr(registration, "section", 0),
        references=references,
        new_references=new,
        look_alikes=look_alikes.get(registration.user_id, []),
        unused=rejection_reasons(registration, references, anchor),
        likenesses=[_likeness(collision, references, faces) for collision in collisions],
        has_face_recognition=has_face_recognition,
        has_passed_check=bool(references) and passed >= {reference.pk for reference in references},
    )


def _likeness(
    collision: Collision, references: list[Reference], faces: dict[int, Reference]
) -> Likeness:
    """Return a collision with its photos, or a current photo for each one that was replaced."""
    return Likeness(
        collision=collision,
        reference=collision.reference
        if getattr(collision, "is_shown", False)
        else next(iter(references), None),
        other_reference=collision.other_reference
        if getattr(collision, "other_is_shown", False)
        else faces.get(collision.other_id or 0),
    )
