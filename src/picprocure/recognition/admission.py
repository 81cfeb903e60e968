"""Who is looked for in an event, and by which of their references.

The one counting rule: a person takes part once the creator admitted them, they agreed to it, and
nothing says that their face is borrowed; a reference counts once the creator saw it, if it shows
the face that the person was first admitted with.
"""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

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


def looked_for(event: Event) -> QuerySet[Registration]:
    """The registrations whose people may be looked for in the event's photos."""
    admitted = Registration.objects.filter(
        ~has_open_collision(), event=event, status=Status.ADMITTED
    )
    return admitted.consenting()


def has_open_collision() -> Exists:
    """Whether a registration is held for a face that looks borrowed; nobody but the creator of
    the event ever learns of it."""
    return Exists(
        Collision.objects.open().filter(event=OuterRef("event"), newcomer=OuterRef("user"))
    )


def counting_references(registration: Registration, anchor: Anchor | None) -> list[Reference]:
    """Return the references that the event's creator admitted and that agree with the anchor;
    where live capture is required, those of whom was seen live.

    Another face would be a way to collect the photos of others.
    """
    event = registration.event
    references = [row.reference for row in registration.reference_admissions.all()]
    if event.liveness_check == Event.LivenessCheck.REQUIRED:
        seen_live = {row.reference_id for row in registration.passed_liveness_checks.all()}
        references = [reference for reference in references if reference.pk in seen_live]
    return [reference for reference in references if agrees(registration, reference, anchor)]


@transaction.atomic
def admit(
    *, registration: Registration, reference_ids: Iterable[UUID], though_refused: bool = False
) -> bool:
    """Admit a person with the references that the host was shown, and no others.

    Whoever was refused, perhaps by another host a moment ago, stays so unless that is meant.
    Returns whether they are admitted.
    """
    locked = Registration.objects.select_for_update().get(pk=registration.pk)
    if locked.status == Status.BLOCKED and not though_refused:
        return False
    set_status(registration=registration, status=Status.ADMITTED)
    _admit_references(registration, Q(pk__in=list(reference_ids)))
    return True


@transaction.atomic
def admit_automatically(registration: Registration) -> bool:
    """Admit whom the creator needn't see: without approval, or with an expected address.

    Whoever was refused stays so, and who comes late waits. Returns whether all their references
    count now.
    """
    if registration.status == Status.BLOCKED or registration.is_late:
        return False
    if needs_approval(registration):
        return False
    # Asked of the database: somebody may just have refused them.
    welcome = Registration.objects.filter(pk=registration.pk).exclude(status=Status.BLOCKED)
    if not welcome.update(status=Status.ADMITTED):
        return False
    registration.status = Status.ADMITTED
    _admit_references(registration, Q())
    return True


@transaction.atomic
def refuse(registration: Registration) -> None:
    """Nothing is delivered to this person, nor can they register for the event again.

    Whom only they collided with is held no longer.
    """
    locked = Registration.objects.select_for_update().get(pk=registration.pk)
    set_status(registration=locked, status=Status.BLOCKED)
    registration.status = Status.BLOCKED
    Match.objects.filter(registration=locked).delete()
    ManualGrant.objects.filter(registration=locked).delete()
    ReferenceAdmission.objects.filter(registration=locked).delete()
    of_theirs = Collision.objects.filter(event=locked.event_id, other=locked.user_id)
    of_theirs.open().update(dismissed_at=timezone.now())


def registrations_of(user: User) -> QuerySet[Registration]:
    """Return a person's registrations for current events.

    This includes events that refused them, so that their changes take as long as those of others.
    """
    registrations = Registration.objects.filter(user=user, event__in=Event.objects.live())
    return registrations.select_related("event", "user")


def _admit_references(registration: Registration, which: Q) -> None:
    ReferenceAdmission.objects.bulk_create(
        (
            ReferenceAdmission(registration=registration, reference=reference)
            for reference in registration.user.references.filter(which)
        ),
        ignore_conflicts=True,
    )
    fix_anchor(registration)
