"""What the hosts of an event see of each person."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self
from uuid import UUID

from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet

from picprocure.accounts.models import User
from picprocure.events.guest_requests import open_requests
from picprocure.events.models import Event, GuestRequest, Registration
from picprocure.galleries import access
from picprocure.recognition.admission import has_open_collision
from picprocure.recognition.anchors import anchors_by_user, rejection_reasons
from picprocure.recognition.models import (
    Anchor,
    Collision,
    PassedLivenessCheck,
    Reference,
    ReferenceAdmission,
)
from picprocure.recognition.unknown_person_invitations import Arrival, arrivals
from picprocure.web.events.people_list import Person, people_of
from picprocure.web.events.results import Result, results_of, why_no_photos


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
        section: One of `SECTIONS`.
        new_references: The references that no host has approved yet.
        look_alikes: The names of other approved guests with whom this one collided, as a host
            decided. A face that may show either is delivered to neither.
        unused: The references that don't count even if a host approves them, with the reason.
        result: What they got, or None if the host may not know that.
        has_passed_check: Whether all their references passed the liveness check.
        is_unopened: Whether there are photos for them, and they haven't opened their gallery.
        requests: What they asked the hosts for, without what was answered.
        arrivals: The invitations for unknown people by which they came, or none if the host may not
            know what face recognition found.
    """

    registration: Registration
    section: str
    references: list[Reference]
    new_references: list[Reference]
    likenesses: list[Likeness]
    look_alikes: list[str]
    unused: dict[UUID, str]
    result: Result | None
    has_face_recognition: bool
    has_passed_check: bool
    is_unopened: bool
    requests: list[GuestRequest]
    arrivals: list[Arrival]

    @property
    def why_no_photos(self) -> str:
        """Why an approved person has no photos, or an empty text if they have some."""
        return why_no_photos(
            self.result or Result(),
            uses_face_recognition=self.has_face_recognition,
            has_face=bool(self.references),
        )

    @property
    def earlier_people(self) -> list[int]:
        """The ids of earlier guests they collide with, of those whose names the host may see."""
        return [
            found.collision.other_id
            for found in self.likenesses
            if found.collision.other_id and found.collision.names_other  # type: ignore[attr-defined] # annotated
        ]


@dataclass(frozen=True, slots=True)
class _Sight:
    """What a host sees in an event. Several queries are built from the same two."""

    event: Event
    host: User
    people: QuerySet[Registration]
    references: QuerySet[Reference]

    @classmethod
    def of(cls, event: Event, host: User) -> Self:
        people = access.people_shown_in(event, host)
        return cls(event, host, people, access.references_shown_in(event, host))


def rows_of(event: Event, people: Iterable[Person], *, host: User) -> list[Row]:
    """Return what the page shows of some people, in their order, in a fixed number of queries.

    People whose registration ended since they were read are left out.
    """
    by_key = {person.pk: person for person in people}
    sight = _Sight.of(event, host)
    rows = {row.registration.pk: row for row in _rows(sight, by_key)}
    return [rows[key] for key in by_key if key in rows]


def row_of(registration: Registration, *, host: User) -> Row:
    """Return what the page shows of one person."""
    event = registration.event
    (row,) = rows_of(event, people_of(event, host, only=registration.pk), host=host)
    return row


def _with_related(sight: _Sight, keys: Iterable[int]) -> list[Registration]:
    """Return registrations with the rows that `_row` reads."""
    # As attributes: a related manager would build its queryset again for each person.
    related = (
        Prefetch("user__references", sight.references, to_attr="shown_references"),
        Prefetch("reference_admissions", ReferenceAdmission.objects.all(), to_attr="admitted"),
        Prefetch("requests", open_requests(), to_attr="open_requests"),
        Prefetch("passed_liveness_checks", PassedLivenessCheck.objects.all(), to_attr="passed"),
        Prefetch("user__collisions", _open_collisions(sight), to_attr="open_collisions"),
    )
    consenting = sight.event.registrations.consenting().filter(pk=OuterRef("pk"))
    rows = Registration.objects.filter(event=sight.event, pk__in=list(keys)).order_by()
    rows = rows.annotate(has_face_recognition=Exists(consenting))
    return list(rows.select_related("event", "user").prefetch_related(*related))


def _rows(sight: _Sight, people: Mapping[int, Person]) -> Iterator[Row]:
    """Yield the rows of some people, by the ids of their registrations."""
    event, shown = sight.event, _with_related(sight, people)
    users = [registration.user_id for registration in shown]
    open_collisions = Collision.objects.open().filter(event=event, newcomer__in=users)
    visible = sight.references.filter(user__in=open_collisions.values("other"))
    faces = {reference.user_id: reference for reference in visible}
    anchors = anchors_by_user(event, users)
    look_alikes = _look_alikes(sight, users)
    seen = [row.pk for row in shown if not people[row.pk].is_hidden]
    results, arrived = results_of(seen), arrivals(event, _without_own(sight, shown, seen))
    for registration in shown:
        yield _row(
            registration,
            people[registration.pk],
            anchor=anchors.get(registration.user_id),
            faces=faces,
            look_alikes=look_alikes,
            result=results.get(registration.pk),
            arrived=arrived.get(registration.pk, []),
        )


def _without_own(sight: _Sight, shown: Iterable[Registration], keys: Collection[int]) -> list[int]:
    """Return keys of registrations, without that of a host who is not the creator."""
    is_creator = sight.event.creator_id == sight.host.pk
    own = {row.pk for row in shown if row.user_id == sight.host.pk and not is_creator}
    return [key for key in keys if key not in own]


def _look_alikes(sight: _Sight, users: Sequence[int]) -> dict[int, list[str]]:
    """Return the names of the approved guests with whom each of some users collided.

    Only pairs of approved guests whose faces the host may see are returned, by the ids of users.
    """
    approved = sight.people.filter(status=Registration.Status.ADMITTED)
    shown = approved.filter(~has_open_collision()).values("user")
    names: dict[int, list[str]] = defaultdict(list)
    pairs = Collision.objects.filter(event=sight.event, newcomer__in=shown, other__in=shown)
    pairs = pairs.filter(Q(newcomer__in=users) | Q(other__in=users))
    for collision in pairs.select_related("newcomer", "other"):
        if collision.other is not None:
            names[collision.newcomer_id].append(collision.other.name)
            names[collision.other.pk].append(collision.newcomer.name)
    return {user_id: sorted(set(others)) for user_id, others in names.items()}


def _open_collisions(sight: _Sight) -> QuerySet[Collision]:
    """Return the open collisions, annotated with what the host may see of them."""
    visible = sight.references
    return (
        Collision.objects.open()
        .filter(event=sight.event)
        .annotate(
            is_shown=Exists(visible.filter(pk=OuterRef("reference"))),
            other_is_shown=Exists(visible.filter(pk=OuterRef("other_reference"))),
            names_other=Exists(sight.people.filter(user=OuterRef("other"))),
        )
        .select_related("reference", "other_reference", "other", "face__photo")
    )


def _row(
    registration: Registration,
    person: Person,
    *,
    anchor: Anchor | None,
    faces: dict[int, Reference],
    look_alikes: dict[int, list[str]],
    result: Result | None,
    arrived: list[Arrival],
) -> Row:
    """Return the row of a registration.

    Args:
        registration: The registration from `_with_related`.
        person: The same registration from the list.
        anchor: The person's anchor, if there is one.
        faces: A current reference of each person in a collision, by the person's ID.
        look_alikes: The names of approved guests who look like a person, by the person's ID.
        result: What the person got, or None if the host may not know that.
        arrived: The invitations for unknown people by which the person came.
    """
    user: Any = registration.user
    related: Any = registration
    references, collisions = user.shown_references, user.open_collisions
    admitted = {row.reference_id for row in related.admitted}
    passed = {row.reference_id for row in related.passed}
    new = [reference for reference in references if reference.pk not in admitted]
    return Row(
        registration=registration,
        section=person.section,
        is_unopened=person.is_unopened,
        requests=related.open_requests,
        arrivals=arrived,
        result=result,
        references=references,
        new_references=new,
        look_alikes=look_alikes.get(registration.user_id, []),
        unused=rejection_reasons(registration, references, anchor),
        likenesses=[_likeness(collision, references, faces) for collision in collisions],
        has_face_recognition=related.has_face_recognition,
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
