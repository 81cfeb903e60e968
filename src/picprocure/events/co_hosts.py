"""Co-hosts: people who accepted an invitation to run an event together with its creator."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from allauth.account.models import EmailAddress
from django.db import transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Lower
from django.utils import timezone

from picprocure.accounts.models import User
from picprocure.events.errors import CannotInvite
from picprocure.events.models import CoHost, CoHostInvitation, Event

MAX_INVITATIONS: Final = 20  # open invitations of an event


def invite(*, event: Event, invitee: str) -> CoHostInvitation:
    """Invite a person, by e-mail address, to become a co-host.

    The creator sees the same whether or not there is such an account.

    Raises:
        CannotInvite: The invitee is the creator, or there are too many open invitations.
    """
    name = invitee.strip().lower()
    if name == event.creator.email.lower():
        raise CannotInvite("You host this event yourself.")
    other_invitations = sent_for(event).exclude(invitee=name)
    if other_invitations.count() >= MAX_INVITATIONS:
        raise CannotInvite(
            f"You have {MAX_INVITATIONS} open invitations, which is the limit. "
            "Cancel one before you invite another person."
        )
    invitation, _ = CoHostInvitation.objects.update_or_create(
        event=event,
        invitee=name,
        defaults={
            "answered_at": None,
            "settled_at": None,
        },
    )
    return invitation


def sent_for(event: Event) -> QuerySet[CoHostInvitation]:
    """Return the open invitations of an event as the creator sees them.

    A declined invitation looks like an unanswered one.
    """
    return event.co_host_invitations.filter(settled_at=None)


def open_to(user: User) -> QuerySet[CoHostInvitation]:
    """Return the invitations that this person can accept or decline."""
    hosted = CoHost.objects.filter(user=user).values("event")
    unanswered = _to(user).filter(settled_at=None, answered_at=None).exclude(event__in=hosted)
    declined = _to(user).filter(declined_at__isnull=False).values("event")
    return unanswered.exclude(event__in=declined).exclude(event__creator=user)


@transaction.atomic
def accept(*, event: Event, user: User) -> bool:
    """Make the person a co-host.

    Returns:
        False if there is no open invitation any more.
    """
    invitations = _locked(event, user)
    if not invitations:
        return False
    CoHost.objects.get_or_create(event=event, user=user)
    CoHostInvitation.objects.filter(pk=invitations[0].pk).update(settled_at=timezone.now())
    _to(user).filter(event=event).update(answered_at=timezone.now())
    return True


@transaction.atomic
def decline(*, event: Event, user: User) -> bool:
    """Decline all invitations to the event, also later ones. The creator is not notified.

    Returns:
        False if there is no open invitation any more.
    """
    if not _locked(event, user):
        return False
    _to(user).filter(event=event).update(answered_at=timezone.now(), declined_at=timezone.now())
    return True


def _locked(event: Event, user: User) -> list[CoHostInvitation]:
    """Return the person's open invitations to the event, locked."""
    return list(open_to(user).filter(event=event).select_for_update(of=("self",)))


def cancel_invitations(*, event: Event, invitation_ids: Iterable[int]) -> None:
    """Cancel invitations. Keep the rows, so that the same person gets no second mail."""
    sent = sent_for(event).filter(pk__in=list(invitation_ids))
    sent.update(settled_at=timezone.now())


@transaction.atomic
def remove_co_host(*, event: Event, user_id: int) -> None:
    """End a co-host's access, and mark their open invitations as answered.

    What the co-host has changed in the event stays.
    """
    for co_host in CoHost.objects.filter(event=event, user=user_id).select_related("user"):
        _to(co_host.user).filter(event=event).update(answered_at=timezone.now())
        co_host.delete()


def wants_mail(invitation: CoHostInvitation) -> bool:
    """Return whether a mail about the invitation is welcome.

    People get no more mails about a creator's events after they declined one of that creator's
    invitations.
    """
    earlier = CoHostInvitation.objects.filter(
        invitee=invitation.invitee, event__creator=invitation.event.creator_id
    )
    return not earlier.filter(declined_at__isnull=False).exists()


def is_open(*, event: Event, invitee: str) -> bool:
    """Return whether an address is invited and has not answered."""
    return sent_for(event).filter(invitee=invitee.lower(), answered_at=None).exists()


def _to(user: User) -> QuerySet[CoHostInvitation]:
    """Return the invitations to an address that the person confirmed, or to their old username."""
    confirmed = EmailAddress.objects.filter(user=user, verified=True).values(lower=Lower("email"))
    return CoHostInvitation.objects.filter(Q(user=user) | Q(user=None, invitee__in=confirmed))
