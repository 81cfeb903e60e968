"""Changes of accounts: deletion, confirmed addresses, claims, and deactivation.

Each is one transaction together with its consequences, as in `changes.py`.
"""

from __future__ import annotations

from datetime import timedelta
from functools import partial

from allauth.account.models import EmailAddress
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from picprocure.accounts.emails import (
    addresses_of,
    confirmed_accounts,
    other_claimants,
    unconfirmed_sign_ups,
)
from picprocure.accounts.models import User
from picprocure.notifications import mails
from picprocure.notifications.reader_zones import zone_of
from picprocure.pipeline.queue import (
    queue_mails,
    queue_publishing,
)
from picprocure.recognition.release_preview import refresh_preview
from picprocure.retention.erasure import erase_account
from picprocure.retention.sessions import SessionIndex
from picprocure.storage.reserve import frees_room

_MAX_CLAIMS = 3
# A sign-up has saved its session by then.
_SESSION_SAVED_AFTER = timedelta(seconds=10)


def delete_account(user: User) -> None:
    """Delete everything about a person. A mail tells them what was deleted and when."""
    _delete_account(user, SessionIndex())


@frees_room
@transaction.atomic
def _delete_account(user: User, sessions: SessionIndex) -> None:
    email, zone = user.email, zone_of(user)
    events = list(user.registrations.order_by("event").values_list("event", flat=True))
    receipt = erase_account(user, sessions)
    for event_id in events:
        refresh_preview(event_id)
    mails.account_deleted(
        email=email,
        counts=receipt.counts,
        receipt=str(receipt.pk),
        at=receipt.erased_at,
        zone=zone,
    )
    queue_mails()


def prove_address(*, user: User, email: str, sign_up: User | None = None) -> User:
    """Return the account of the person who just confirmed an address.

    Another person may have signed up with the address. So unless the address has a confirmed
    account, its owner gets a new, empty one.

    Args:
        user: The account or sign-up that the code was sent for.
        email: The address.
        sign_up: The sign-up that the code ends, if it was sent to confirm one.

    Raises:
        PermissionDenied: The account that the database found has another address.
    """
    if EmailAddress.objects.filter(user=user, email=email.lower(), verified=True).exists():
        return user
    sessions = _sessions_for(unconfirmed_sign_ups(email))
    with transaction.atomic():
        accounts = confirmed_accounts(email)
        own = accounts.filter(pk=user.pk).first() or accounts.first() or _empty_account(email)
        if email.lower() not in addresses_of(own):  # databases compare text in different ways
            raise PermissionDenied("The code was sent to another address than the account's.")
        EmailAddress.objects.get_or_create(user=own, email=email.lower())
        if sign_up and sign_up != own:
            erase_account(sign_up, sessions)
        _erase_other_sign_ups(email, own, sessions)
    return own


def erase_other_sign_ups(*, email: str, owner: User) -> None:
    """Erase other people's sign-ups with an address once its owner has confirmed it.

    Sign-ups without a sign-in have only a name. The sweep erases them, as if the owner hadn't
    joined. If their sessions ended now, strangers would know that the owner joined. The code of
    such a sign-up signs in to the owner's account. Accounts with another confirmed address only
    lose their claim.
    """
    sessions = _sessions_for(unconfirmed_sign_ups(email).exclude(pk=owner.pk))
    with transaction.atomic():
        _erase_other_sign_ups(email, owner, sessions)


def _erase_other_sign_ups(email: str, owner: User, sessions: SessionIndex | None) -> None:
    for user in unconfirmed_sign_ups(email).exclude(pk=owner.pk).exclude(last_login=None):
        erase_account(user, sessions)
    for user in other_claimants(email).exclude(pk=owner.pk):
        EmailAddress.objects.filter(user=user, email=email.lower()).delete()
        user.email = EmailAddress.objects.get_verified(user).email
        user.save(update_fields=["email"])


def has_room_for_claim(email: str, *, excluding: User) -> bool:
    """Return whether a code for one more sign-up may be sent to an address.

    Sign-ups that wait for their code keep it. Otherwise, strangers could end them by claiming the
    address a few times.

    Args:
        email: The address.
        excluding: The sign-up that the code is for.
    """
    claims = unconfirmed_sign_ups(email).exclude(pk=excluding.pk)
    if claims.count() < _MAX_CLAIMS:
        return True
    saved_before = timezone.now() - _SESSION_SAVED_AFTER
    waiting = Q(pk__in=SessionIndex().confirming()) | Q(date_joined__gte=saved_before)
    return claims.filter(waiting).count() < _MAX_CLAIMS


def _sessions_for(users: QuerySet[User]) -> SessionIndex | None:
    """Read all sessions, or return None if there are no users to erase."""
    return SessionIndex() if users.exists() else None


def _empty_account(email: str) -> User:
    """Create an account without names and password, whose address isn't confirmed yet."""
    return User.objects.create_user(email=email.lower())


@transaction.atomic
def switch_off(user: User) -> None:
    """End the sessions and the shared links of an account that the operator deactivated."""
    transaction.on_commit(partial(_end_sessions, user))
    for event_id in user.registrations.values_list("event", flat=True):
        queue_publishing(event_id)


@frees_room
def _end_sessions(user: User) -> None:
    """End a deactivated account's sessions.

    Call this once the account is deactivated, so that no new session can begin afterwards.
    """
    sessions = SessionIndex()
    with transaction.atomic():
        sessions.erase(user, addresses=())
