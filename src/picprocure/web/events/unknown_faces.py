"""People in the photos whom no one was matched with: who is this?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Page, Paginator
from django.db.models import Count, QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from picprocure.events.models import Event, Invitation
from picprocure.galleries import access
from picprocure.pipeline import changes
from picprocure.recognition import unknown_person_invitations
from picprocure.recognition.analysis import box_of
from picprocure.recognition.face_decisions import DecisionRefused
from picprocure.recognition.models import Face, FaceDecision, Match
from picprocure.recognition.standing_decisions import is_about, standing_decisions
from picprocure.web.events.decisions import last_group_decision, with_undo
from picprocure.web.events.invitations import shown_link
from picprocure.web.events.shown_faces import Crop, people_to_choose, without_hidden
from picprocure.web.events.ticked_faces import TickedFaces, face_page, tiles
from picprocure.web.forms import integer_keys
from picprocure.web.http import SignedInRequest

TILES_PER_PAGE = 60
LINK_WORKS_FOR = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Tile:
    """An unknown person.

    Attributes:
        cluster: The number of the cluster.
        photos: How many photos show them.
        face: The largest of their faces.
        crop: The part of its photo around it.
    """

    cluster: int
    photos: int
    face: Face
    crop: Crop


@require_http_methods(["GET", "HEAD", "POST"])
def unknown_people(request: SignedInRequest, event_id: UUID) -> HttpResponse:
    """Show the unknown people of an event, those with most photos first.

    A host can say that some of them are one person.
    """
    event = get_object_or_404(access.events_managed_by(request.user), pk=event_id)
    if request.method == "POST":
        return _merge(request, event)
    page = Paginator(_clusters(event), TILES_PER_PAGE).get_page(request.GET.get("page"))
    context = {"event": event, "page_obj": page, "tiles": _tiles(event, list(page))}
    context["last"] = last_group_decision(request, event)
    return render(request, "events/unknown_people.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def unknown_person(request: SignedInRequest, event_id: UUID, cluster: int) -> HttpResponse:
    """Show the faces of an unknown person. A host can say whose they are, all at once."""
    event = get_object_or_404(access.events_managed_by(request.user), pk=event_id)
    unticked: set[int] = set()
    if request.method == "POST":
        said, faces = request.POST.get("said"), TickedFaces.of(request, event)
        if said == "others":
            return _split(request, event, cluster, faces)
        if said == "invite":
            return _invite(request, event, cluster, faces.ticked)
        if said != "similar":
            return _name(request, event, cluster, faces.ticked)
        unticked = faces.similar_to_others()
    shown = _faces_of(event, cluster)
    page = face_page(shown, request.GET.get("page"), event=event, host=request.user)
    if not page.object_list:
        return redirect("events:unknown_people", event_id)
    context = {
        "event": event,
        "page_obj": page,
        "shown": tiles(page, unticked),
        "people": people_to_choose(event, request.user),
        "last": last_group_decision(request, event),
        "links": [link for link in map(shown_link, _invitations(event, page)) if link.address],
    }
    return render(request, "events/unknown_person.html", context)


def _invitations(event: Event, page: Page[Face]) -> list[Invitation]:
    faces = list(page.object_list)
    return (
        unknown_person_invitations.invitations_for(event, faces)
        if event.takes_registrations
        else []
    )


def _invite(
    request: SignedInRequest, event: Event, cluster: int, ticked: Sequence[Face]
) -> HttpResponse:
    """Create an invitation for the person whom the ticked faces show, and show its link."""
    address = reverse("events:unknown_person", args=[event.pk, cluster])
    faces = [face for face in ticked if face.cluster == cluster]
    if not faces:
        messages.warning(request, "You selected no faces. Tick them first.")
    elif not event.takes_registrations:
        messages.error(request, "Registration has closed, and late registrations are off.")
    else:
        unknown_person_invitations.invite_unknown_person(
            event=event, faces=faces, valid_for=LINK_WORKS_FOR
        )
        messages.success(request, "The link works. Send it to this person only.")
        address = f"{address}#links"  # it is below the faces
    return redirect(address)


def _merge(request: SignedInRequest, event: Event) -> HttpResponse:
    """Record that the ticked faces, one of each unknown person, are of one person."""
    ticked = integer_keys(request.POST.getlist("face"))[:TILES_PER_PAGE]
    current = Face.objects.current().filter(photo__event=event, pk__in=ticked)
    faces = list(without_hidden(current, event, request.user).order_by("pk"))
    address = reverse("events:unknown_people", args=[event.pk])
    try:
        decision = changes.decide_about_group(event=event, same=faces, host=request.user)
    except DecisionRefused as refused:
        messages.error(request, str(refused))
        return redirect(address)
    return redirect(with_undo(address, decision))


def _split(
    request: SignedInRequest, event: Event, cluster: int, faces: TickedFaces
) -> HttpResponse:
    """Record that the faces that were not ticked show others."""
    address = reverse("events:unknown_person", args=[event.pk, cluster])
    if not faces.ticked or not faces.others:
        messages.warning(
            request, "Tick the faces of one person, and clear the checkboxes of the others."
        )
        return redirect(address)
    try:
        decision = changes.decide_about_group(
            event=event, same=faces.ticked, others=faces.others, host=request.user
        )
    except DecisionRefused as refused:
        messages.error(request, str(refused))
        return redirect(address)
    return redirect(with_undo(address, decision))


def _name(
    request: SignedInRequest, event: Event, cluster: int, ticked: Sequence[Face]
) -> HttpResponse:
    """Give the photos of the ticked faces to the person whom a form names."""
    (key,) = integer_keys([request.POST.get("registration", "")]) or [0]
    registration = get_object_or_404(people_to_choose(event, request.user), pk=key)
    try:
        decided = changes.decide_about_faces(
            faces=ticked,
            answer=FaceDecision.Answer.IS,
            registration=registration,
            host=request.user,
        )
    except DecisionRefused as refused:
        messages.error(request, str(refused))
        return redirect("events:unknown_person", event.pk, cluster)
    if not decided:
        messages.warning(request, "You selected no faces. Tick them first.")
        return redirect("events:unknown_person", event.pk, cluster)
    photos = len({decision.photo_id for decision in decided})
    given = "1 photo" if photos == 1 else f"{photos} photos"
    messages.success(request, f"{registration.user.name} got {given}.")
    return redirect("events:unknown_people", event.pk)


def _clusters(event: Event) -> list[tuple[int, int]]:
    """Return all unknown clusters with their numbers of photos, those with most photos first.

    They are counted in one query. Another one for each page would cost as much again.
    """
    counted = _unknown_faces(event).order_by().values_list("cluster")
    rows = counted.annotate(photos=Count("photo", distinct=True))
    return sorted(rows, key=lambda row: (-row[1], row[0]))


def _unknown_faces(event: Event) -> QuerySet[Face]:
    """Return the faces of clusters of which no face is matched with a person."""
    faces = Face.objects.current().filter(photo__event=event, cluster__isnull=False)
    # Not for each face: there is no index of clusters.
    known = Match.objects.filter(
        registration__event=event,
        status=Match.Status.MATCHED,
        face__photo__event=event,
        face__cluster__isnull=False,
    )
    return faces.exclude(cluster__in=known.values("face__cluster")).defer("embedding")


def _faces_of(event: Event, cluster: int) -> QuerySet[Face]:
    """Return the faces of a cluster, or none if one of them is matched with a person.

    Their keys are read first. To ask for all unknown faces takes longer.
    """
    faces = Face.objects.current().filter(photo__event=event)
    keys = list(faces.filter(cluster=cluster).values_list("pk", flat=True))
    known = Match.objects.filter(
        registration__event=event, status=Match.Status.MATCHED, face__in=keys
    )
    return faces.none() if known.exists() else faces.filter(pk__in=keys)


def _tiles(event: Event, clusters: Sequence[tuple[int, int]]) -> list[Tile]:
    """Return the tiles of clusters, in their order, without those that a host said are no face."""
    numbers = [cluster for cluster, _ in clusters]
    faces = Face.objects.current().filter(photo__event=event, cluster__in=numbers)
    largest: dict[int, Face] = {}
    for face in faces.defer("embedding").order_by("pk"):
        known = largest.get(face.cluster or 0)
        if known is None or box_of(face).area > box_of(known).area:
            largest[face.cluster or 0] = face
    photos = event.photos.in_bulk([face.photo_id for face in largest.values()])
    no_faces = list(standing_decisions(event).filter(answer=FaceDecision.Answer.NO_FACE))
    for face in largest.values():
        face.photo = photos[face.photo_id]
    return [
        Tile(cluster, count, largest[cluster], Crop.around(box_of(largest[cluster])))
        for cluster, count in clusters
        if cluster in largest and not any(is_about(one, largest[cluster]) for one in no_faces)
    ]
