"""Links that lead somebody to an event: random, kept as a hash, expiring, revocable."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta

from django.utils import timezone

from picprocure.accounts.models import User
from picprocure.events.models import Event, Invitation, InvitedUser

TOKEN_BYTES = 24


def create_invitation(*, event: Event, valid_for: timedelta) -> str:
    """A new invitation's token, which nobody can ask for again."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    Invitation.objects.create(
        event=event, token_hash=hash_of(token), expires_at=timezone.now() + valid_for
    )
    return token


def revoke_invitation(*, event: Event, invitation_id: int) -> None:
    """Revoke a link. People who followed it before can still find the event."""
    event.invitations.filter(pk=invitation_id).delete()


def accept_invitation(*, event: Event, user: User) -> None:
    """From now on the event exists for this person; twice changes nothing."""
    InvitedUser.objects.get_or_create(event=event, user=user)


def hash_of(token: str) -> str:
    """Of a token that is random and long: no salt is needed."""
    return hashlib.sha256(token.encode()).hexdigest()
