"""Admission: whose face is searched for in an event, and by which of their references.

A person is searched for once a host admitted them, they consented to it for this event, and they
have no open collision. A reference is used once a host saw it, if it agrees with the person's
anchor.
"""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from picprocure.accounts.models import User
from picprocure.events.models import Event, Registration
from picprocure.events.services import needs_approval, set_status
from picprocure.recognition.anchors import agrees, fix_anchor
from picprocure.recognition.models import (
    Anchor,
    Collision,
    ManualGrant,
    Match,
    Reference,
    ReferenceAdmission,
)

Status = Registration.Status


def searchable_registrations(event: Event) -> QuerySet[Registration]:
    """Return registrations of people who may be searched for in the event's photos."""
    admitted = Registration.objects.filter(
        ~has_open_collision(), event=event, status=Status.ADMITTED
    )
    return admitted.consenting()


def has_open_collision() -> Exists:
    """Return a condition for registrations for whom a host has to decide about a collision.

    Only hosts of the event may learn of it.
    """
    return Exists(
        Collision.objects.open().filter(event=OuterRef("event"), newcomer=OuterRef("user"))
    )


def sees_nothing_yet() -> Exists:
    """Return a condition for registrations that see no photos because of a collision.

    Only hosts of the event may learn of it.
    """
    return Exists(
        Collision.objects.hiding_photos().filter(event=OuterRef("event"), newcomer=OuterRef("user"))
    )


def usable_references(registration: Registration, anchor: Anchor | None) -> list[Reference]:
    """Return the references that a host admitted and that agree with the anchor.

    Args:
        registration: The registration, with `reference_admissions` that were compared with the
            other faces of the event.
        anchor: The person's anchor, if there is one.

    Another face would let people collect the photos of others. Where the event requires live
    capture, only references that passed it are returned.
    """
    event = registration.event
    references = [row.reference for row in registration.reference_admissions.all()]
    if event.liveness_check == Event.LivenessCheck.REQUIRED:
        passed = {row.reference_id for row in registration.passed_liveness_checks.all()}
        references = [reference for reference in references if reference.pk in passed]
    return [reference for reference in references if agrees(registration, reference, anchor)]


@transaction.atomic
def admit(
    *, registration: Registration, reference_ids: Iterable[UUID], though_refused: bool = False
) -> bool:
    """Admit a person with exactly the references that the host saw.

    Args:
        registration: The person's registration.
        reference_ids: The references that the host saw.
        though_refused: Whether to admit a person who was refused, perhaps by another host a moment
            ago.

    Returns:
        Whether the person is admitted.
    """
    locked = Registration.objects.select_for_update().get(pk=registration.pk)
    if locked.status == Status.BLOCKED:
        if not though_refused:
            return False
        _reopen_collisions(locked)
    set_status(registration=registration, status=Status.ADMITTED)
    _admit_references(registration, Q(pk__in=list(reference_ids)))
    return True


@transaction.atomic
def admit_automatically(registration: Registration) -> bool:
    """Admit a person with all their references if no host has to see them.

    That is so if the event requires no approval, or if the guest list has the person's address.
    People who were refused stay refused. People who registered late wait.

    Returns:
        Whether all references of the person are admitted now.
    """
    if registration.status == Status.BLOCKED or registration.is_late:
        return False
    if needs_approval(registration):
        return False
    # Ask the database, since a host may have refused the person after the row was read.
    not_refused = Registration.objects.filter(pk=registration.pk).exclude(status=Status.BLOCKED)
    if not not_refused.update(status=Status.ADMITTED):
        return False
    registration.status = Status.ADMITTED
    _admit_references(registration, Q())
    return True


@transaction.atomic
def refuse(registration: Registration) -> None:
    """Refuse a person: end their matches and grants, and bar them from registering again.

    People who waited only because they collided with this person don't wait any longer. If a host
    takes the refusal back, they wait again.
    """
    locked = Registration.objects.select_for_update().get(pk=registration.pk)
    set_status(registration=locked, status=Status.BLOCKED)
    registration.status = Status.BLOCKED
    Match.objects.filter(registration=locked).delete()
    ManualGrant.objects.filter(registration=locked).delete()
    ReferenceAdmission.objects.filter(registration=locked).delete()
    _undecided_collisions_of_others(locked).update(other_is_refused=True)


@transaction.atomic
def reconsider(registration: Registration) -> bool:
    """Let a refused person wait for approval again.

    Returns:
        Whether the person was refused until now.
    """
    refused = Registration.objects.filter(pk=registration.pk, status=Status.BLOCKED)
    if not refused.update(status=Status.PENDING):
        return False
    _reopen_collisions(registration)
    return True


def registrations_of(user: User) -> QuerySet[Registration]:
    """Return a person's registrations for current events.

    This includes events that refused them, so that their changes take as long as those of others.
    """
    registrations = Registration.objects.filter(user=user, event__in=Event.objects.live())
    return registrations.select_related("event", "user")


def _undecided_collisions_of_others(registration: Registration) -> QuerySet[Collision]:
    """Return collisions that no host decided in which this person is the earlier one."""
    collisions = Collision.objects.filter(event=registration.event_id, other=registration.user_id)
    return collisions.filter(dismissed_at__isnull=True)


def _reopen_collisions(registration: Registration) -> None:
    """Let people wait again who collided with a person who is no longer refused.

    The matches that they got in the meantime end.
    """
    collisions = _undecided_collisions_of_others(registration).filter(other_is_refused=True)
    newcomers = collisions.filter(keeps_photos=False).values("newcomer")
    Match.objects.filter(
        registration__event=registration.event_id, registration__user__in=newcomers
    ).delete()
    collisions.update(other_is_refused=False)


def _admit_references(registration: Registration, condition: Q) -> None:
    """Admit the person's references that meet a condition, and fix their anchor."""
    ReferenceAdmission.objects.bulk_create(
        (
            ReferenceAdmission(registration=registration, reference=reference)
            for reference in registration.user.references.filter(condition)
        ),
        ignore_conflicts=True,
    )
    fix_anchor(registration)
