"""Co-hosts: people who accepted an invitation to run an event together with its creator."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Final

from allauth.account.models import EmailAddress
from django.db import transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Lower
from django.utils import timezone

from picprocure.accounts.emails import has_confirmed_email
from picprocure.accounts.models import User
from picprocure.events.errors import NoCoHost
from picprocure.events.models import CoHost, CoHostInvitation, Event

MAX_INVITATIONS: Final = 20  # open ones of one event
MAX_MAILS_A_DAY: Final = 3  # to one person, about all events


def invite(*, event: Event, invitee: str) -> CoHostInvitation:
    """Ask a person, by username or e-mail address, to run the event, too.

    What the creator sees is the same whether or not there is such an account. Raises NoCoHost.
    """
    name = invitee.strip().lower()
    if name in {event.creator.username.lower(), event.creator.email.lower()}:
        raise NoCoHost("You host this event yourself.")
    others = sent_for(event).exclude(invitee=name)
    if others.count() >= MAX_INVITATIONS:
        raise NoCoHost(
            f"You have {MAX_INVITATIONS} open invitations, which is the limit. "
            "Cancel one before you invite another person."
        )
    is_username = "@" not in name
    of_that_name = User.objects.filter(username__iexact=name, is_active=True)
    invitation, _ = CoHostInvitation.objects.update_or_create(
        event=event,
        invitee=name,
        defaults={
            "user": of_that_name.first() if is_username else None,
            "answered_at": None,
            "settled_at": None,
        },
    )
    return invitation


def sent_for(event: Event) -> QuerySet[CoHostInvitation]:
    """Return invitations as the creator sees them: a declined one looks unanswered."""
    return event.co_host_invitations.filter(settled_at=None)


def open_to(user: User) -> QuerySet[CoHostInvitation]:
    """Return the invitations that this person can accept or decline."""
    hosted = CoHost.objects.filter(user=user).values("event")
    asked = _to(user).filter(settled_at=None, answered_at=None).exclude(event__in=hosted)
    declined = _to(user).filter(declined_at__isnull=False).values("event")
    return asked.exclude(event__in=declined).exclude(event__creator=user)


@transaction.atomic
def accept(*, event: Event, user: User) -> bool:
    """Make the person a co-host. Returns False if there is no open invitation any more."""
    asked = _locked(event, user)
    if not asked:
        return False
    CoHost.objects.get_or_create(event=event, user=user)
    CoHostInvitation.objects.filter(pk=asked[0].pk).update(settled_at=timezone.now())
    _to(user).filter(event=event).update(answered_at=timezone.now())
    return True


@transaction.atomic
def decline(*, event: Event, user: User) -> bool:
    """Decline for good, without telling the creator.

    Returns False if there is no open invitation any more.
    """
    if not _locked(event, user):
        return False
    _to(user).filter(event=event).update(answered_at=timezone.now(), declined_at=timezone.now())
    return True


def _locked(event: Event, user: User) -> list[CoHostInvitation]:
    return list(open_to(user).filter(event=event).select_for_update(of=("self",)))


def take_back(*, event: Event, invitation_ids: Iterable[int]) -> None:
    """Cancel invitations. The rows stay, so that the same person gets no second mail."""
    sent = sent_for(event).filter(pk__in=list(invitation_ids))
    sent.update(settled_at=timezone.now())


@transaction.atomic
def remove_co_host(*, event: Event, user_id: int) -> None:
    """End a co-host's access at once. What they did stays.

    Earlier invitations no longer let them in.
    """
    for co_host in CoHost.objects.filter(event=event, user=user_id).select_related("user"):
        _to(co_host.user).filter(event=event).update(answered_at=timezone.now())
        co_host.delete()


def to_be_told(invitation: CoHostInvitation) -> User | None:
    """Return the person who gets a mail about the invitation, or None.

    Only people with a confirmed address get one: once for each event, a few times a day, and never
    again after they declined an invitation of the same creator.
    """
    user = _invited(invitation)
    if user is None or not open_to(user).filter(pk=invitation.pk).exists():
        return None
    told = _to(user).filter(announced_at__isnull=False)
    declined = _to(user).filter(declined_at__isnull=False)
    is_enough = (
        told.filter(event=invitation.event_id).exists()
        or declined.filter(event__creator=invitation.event.creator_id).exists()
        or told.filter(announced_at__gt=timezone.now() - timedelta(days=1)).count()
        >= MAX_MAILS_A_DAY
    )
    return None if is_enough or not has_confirmed_email(user) else user


def _invited(invitation: CoHostInvitation) -> User | None:
    if invitation.user_id:
        return User.objects.filter(pk=invitation.user_id, is_active=True).first()
    confirmed = EmailAddress.objects.filter(verified=True, email__iexact=invitation.invitee)
    return User.objects.filter(pk__in=confirmed.values("user"), is_active=True).first()


def _to(user: User) -> QuerySet[CoHostInvitation]:
    """Return invitations by the person's username or by an address that they confirmed."""
    confirmed = EmailAddress.objects.filter(user=user, verified=True).values(lower=Lower("email"))
    return CoHostInvitation.objects.filter(Q(user=user) | Q(user=None, invitee__in=confirmed))
