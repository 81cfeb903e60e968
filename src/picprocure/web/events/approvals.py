"""What hosts decide about the people of an event: approve, decline, take back, answer requests."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from picprocure.events import guest_requests
from picprocure.events.models import Event, Registration
from picprocure.galleries import access
from picprocure.pipeline import changes
from picprocure.recognition.models import Collision
from picprocure.web.events.people_list import (
    ADMITTED,
    COLLIDING,
    REFUSED,
    WAITING,
    list_context,
    people_of,
    place_in_list,
)
from picprocure.web.events.people_rows import Row, row_of
from picprocure.web.forms import integer_keys, uuid_keys
from picprocure.web.http import SignedInRequest


@require_POST
def admit(request: SignedInRequest, event_id: UUID) -> HttpResponse:
    """Approve some or all displayed people, with the references that were displayed."""
    event = get_object_or_404(access.events_managed_by(request.user), pk=event_id)
    reference_ids = uuid_keys(request.POST.getlist("reference"))
    chosen = _submitted_registrations(request, event)
    admitted = [
        changes.admit(
            registration=registration,
            reference_ids=reference_ids,
            though_refused="though_refused" in request.POST,
        )
        for registration in chosen
    ]
    if _replaces_card(request):
        if len(chosen) != 1:
            raise Http404
        return _card(request, chosen[0])
    _report(request, "Approved", sum(admitted), chosen)
    return _back_to_people(request, event_id)


@require_POST
def dismiss(request: SignedInRequest, event_id: UUID, registration_id: int) -> HttpResponse:
    """Approve a person although their face is similar to others, for the displayed collisions."""
    registration = registration_or_404(request, event_id, registration_id)
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
    return _back_to_people(request, event_id)


@require_safe
def same_person(request: SignedInRequest, event_id: UUID, registration_id: int) -> HttpResponse:
    """Ask which registrations stay of two or more that belong to one person."""
    registration = registration_or_404(request, event_id, registration_id)
    newcomer = row_of(registration, host=request.user)
    if not newcomer.earlier_people:
        return _back_to_people(request, event_id)
    event = registration.event
    earlier = event.registrations.filter(user__in=newcomer.earlier_people).select_related("event")
    context = {
        "event": event,
        "newcomer": newcomer,
        "earlier": [row_of(other, host=request.user) for other in earlier],
        "here": place_in_list(request.GET),
    }
    return render(request, "events/same_person.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def refuse(request: SignedInRequest, event_id: UUID, registration_id: int) -> HttpResponse:
    registration = registration_or_404(request, event_id, registration_id)
    verb = _refusal_verb(registration)
    if request.method != "POST":
        return _confirm_refusal(request, registration.event, [registration], verb=verb)
    if "at_once" in request.POST and (verb == "Remove" or _look_alikes_of([registration]).exists()):
        return _to_confirmation(request)
    if "keep" in request.POST and not _stays(registration.event, request.POST["keep"]):
        messages.error(request, "The other registration has already ended or been declined.")
        return _back_to_people(request, event_id)
    changes.refuse(registration)
    if _replaces_card(request):
        return _card(request, registration, may_undo=True)
    messages.success(
        request, f"{registration.user.name} was {verb.lower()}d and sees no photos of this event."
    )
    return _back_to_people(request, event_id)


@require_POST
def reconsider(request: SignedInRequest, event_id: UUID, registration_id: int) -> HttpResponse:
    """Let a declined person wait for approval again."""
    registration = registration_or_404(request, event_id, registration_id)
    changes.reconsider(registration)
    if _replaces_card(request):
        return _card(request, registration)
    messages.success(request, f"{registration.user.name} is waiting for approval again.")
    return _back_to_people(request, event_id)


@require_POST
def answer_requests(request: SignedInRequest, event_id: UUID, registration_id: int) -> HttpResponse:
    """Record that a host did something about what a person asked for."""
    registration = registration_or_404(request, event_id, registration_id)
    answered = guest_requests.answer(
        registration=registration,
        request_ids=integer_keys(request.POST.getlist("request")),
        host=request.user,
    )
    name = registration.user.name
    if _replaces_card(request):
        return _card(request, registration, outcome=f"The request of {name} is answered.")
    if answered:
        messages.success(request, f"{name} sees that you answered.")
    return _back_to_people(request, event_id)


@require_POST
def refuse_all(request: SignedInRequest, event_id: UUID) -> HttpResponse:
    """Decline some or all displayed people, after a confirmation."""
    event = get_object_or_404(access.events_managed_by(request.user), pk=event_id)
    chosen = _submitted_registrations(request, event)
    if chosen and "sure" not in request.POST:
        return _confirm_refusal(request, event, chosen, verb="Decline")
    for registration in chosen:
        changes.refuse(registration)
    _report(request, "Declined", len(chosen), chosen)
    return _back_to_people(request, event_id)


def registration_or_404(
    request: SignedInRequest, event_id: UUID, registration_id: int
) -> Registration:
    return get_object_or_404(
        access.registrations_managed_by(request.user).select_related("event", "user"),
        pk=registration_id,
        event_id=event_id,
    )


def _confirm_refusal(
    request: SignedInRequest, event: Event, registrations: list[Registration], *, verb: str
) -> HttpResponse:
    context = {
        "event": event,
        "registrations": registrations,
        "verb": verb,
        "frees_others": _look_alikes_of(registrations).exists(),
        "here": place_in_list(request.GET),
    }
    return render(request, "events/refuse.html", context)


def _to_confirmation(request: SignedInRequest) -> HttpResponse:
    """Go from a person's card to the confirmation.

    A card doesn't make decisions that can't be fully undone: a look-alike may get photos, or the
    person was approved since the page was loaded.
    """
    address = f"{request.path}{place_in_list(request.GET)}"
    if _replaces_card(request):
        return HttpResponse(headers={"HX-Redirect": address})
    return redirect(address)


def _look_alikes_of(registrations: list[Registration]) -> QuerySet[Collision]:
    """Return the open collisions of others who no longer wait if these people are refused."""
    users = [registration.user_id for registration in registrations]
    events = {registration.event_id for registration in registrations}
    collisions = Collision.objects.open().filter(event__in=events, other__in=users)
    return collisions.exclude(newcomer__in=users)


def _stays(event: Event, key: str) -> bool:
    """Return whether a registration still exists and isn't refused."""
    kept = event.registrations.filter(pk__in=integer_keys([key]))
    return kept.exclude(status=Registration.Status.BLOCKED).exists()


def _refusal_verb(registration: Registration) -> str:
    """Return the verb of the button that leads to the confirmation."""
    collides = Collision.objects.of(registration).open().exists()
    is_admitted = registration.status == Registration.Status.ADMITTED
    return "Remove" if is_admitted and not collides else "Decline"


def _submitted_registrations(request: SignedInRequest, event: Event) -> list[Registration]:
    """Return the registrations for this event that a form names.

    The button for all displayed people has the name `all`.
    """
    field = "shown" if "all" in request.POST else "registration"
    ids = integer_keys(request.POST.getlist(field))
    return list(event.registrations.filter(pk__in=ids).select_related("event", "user"))


def _report(
    request: SignedInRequest, decision: str, count: int, chosen: list[Registration]
) -> None:
    if chosen:
        messages.success(request, f"{decision}: {count}.")
    else:
        messages.warning(request, "You selected no one. Tick the people first.")


def _back_to_people(request: SignedInRequest, event_id: UUID) -> HttpResponse:
    """Return to the same place of the list, which the forms keep in their address."""
    return redirect(f"{reverse('events:people', args=[event_id])}{place_in_list(request.GET)}")


def _replaces_card(request: SignedInRequest) -> bool:
    """Return whether the page's script asks for the person's card instead of the next page."""
    return request.headers.get("HX-Request") == "true"


def _card(
    request: SignedInRequest,
    registration: Registration,
    *,
    may_undo: bool = False,
    outcome: str = "",
) -> HttpResponse:
    """Show a person after a decision, and the counts of the filters."""
    event, row = registration.event, row_of(registration, host=request.user)
    context = {
        **list_context(event, request.GET, people_of(event, request.user)),
        "row": row,
        "may_undo": may_undo,
        "outcome": outcome or f"{registration.user.name} {_state(row)}.",
    }
    return render(request, "events/_decided.html", context)


def _state(row: Row) -> str:
    """Say what is true of a person after a decision, which may differ from what was pressed."""
    if row.section == WAITING and row.registration.status == Registration.Status.ADMITTED:
        return "has a new photo, which is waiting for approval"
    return {
        COLLIDING: "has a photo that needs a check first",
        WAITING: "is waiting again",
        ADMITTED: "is approved",
        REFUSED: "is declined",
    }[row.section]
