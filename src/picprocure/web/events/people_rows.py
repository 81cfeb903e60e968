"""What the hosts of an event see of each person."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet

from picprocure.accounts.models import User
from picprocure.events.models import Event, Registration
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
from picprocure.web.events.people_list import Person, with_section
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


def rows_of(event: Event, people: Iterable[Person], *, host: User) -> list[Row]:
    """Return what the page shows of some people, in their order, in a fixed number of queries.

    People whose registration ended since they were read are left out.
    """
    keys = [person.pk for person in people]
    rows = _rows(event, _with_related(event, host, keys), host=host)
    by_key = {row.registration.pk: row for row in rows}
    return [by_key[key] for key in keys if key in by_key]


def row_of(registration: Registration, *, host: User) -> Row:
    """Return what the page shows of one person."""
    event = registration.event
    (row,) = _rows(event, _with_related(event, host, [registration.pk]), host=host)
    return row


def _with_related(event: Event, host: User, keys: Sequence[int]) -> list[Registration]:
    """Return registrations with the rows that `_row` reads."""
    visible = access.references_shown_in(event, host)
    collisions = _open_collisions(event, host)
    passed_checks = PassedLivenessCheck.objects.all()
    return list(
        with_section(event, host)
        .filter(pk__in=keys)
        .select_related("event", "user")
        .prefetch_related(
            # As attributes: a related manager would build its queryset again for each person.
            Prefetch("user__references", visible, to_attr="shown_references"),
            Prefetch("reference_admissions", ReferenceAdmission.objects.all(), to_attr="admitted"),
            Prefetch("passed_liveness_checks", passed_checks, to_attr="passed_checks"),
            Prefetch("user__collisions", collisions, to_attr="open_collisions"),
        )
    )


def _rows(event: Event, shown: Sequence[Registration], *, host: User) -> Iterator[Row]:
    """Yield the rows of some registrations from `_with_related`."""
    users = [registration.user_id for registration in shown]
    open_collisions = Collision.objects.open().filter(event=event, newcomer__in=users)
    others = open_collisions.values("other")
    visible = access.references_shown_in(event, host).filter(user__in=others)
    faces = {reference.user_id: reference for reference in visible}
    consenting = event.registrations.consenting().filter(user__in=users)
    consenting_users = set(consenting.values_list("user", flat=True))
    anchors = anchors_by_user(event, users)
    look_alikes = _look_alikes(event, host, users)
    results = results_of([row.pk for row in shown if not row.is_hidden])  # type: ignore[attr-defined]
    for registration in shown:
        yield _row(
            registration,
            anchor=anchors.get(registration.user_id),
            has_face_recognition=registration.user_id in consenting_users,
            faces=faces,
            look_alikes=look_alikes,
            result=results.get(registration.pk),
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
    result: Result | None,
) -> Row:
    """Return the row of a registration.

    Args:
        registration: The registration from `_with_related`.
        anchor: The person's anchor, if there is one.
        has_face_recognition: Whether the person has consented to face recognition.
        faces: A current reference of each person in a collision, by the person's ID.
        look_alikes: The names of approved guests who look like a person, by the person's ID.
        result: What the person got, or None if the host may not know that.
    """
    user: Any = registration.user
    related: Any = registration
    references, collisions = user.shown_references, user.open_collisions
    admitted = {row.reference_id for row in related.admitted}
    passed = {row.reference_id for row in related.passed_checks}
    new = [reference for reference in references if reference.pk not in admitted]
    return Row(
        registration=registration,
        section=registration.section,  # type: ignore[attr-defined] # annotated
        result=result,
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
