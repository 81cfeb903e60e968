"""Invitation links to events: random, expiring and revocable. Only their hashes are stored."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta

from django.utils import timezone

from picprocure.accounts.models import User
from picprocure.events.models import Event, Invitation, InvitedUser

TOKEN_BYTES = 24


def create_invitation(*, event: Event, valid_for: timedelta) -> str:
    """Create an invitation and return its token, which can't be read again later."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    Invitation.objects.create(
        event=event, token_hash=hash_of(token), expires_at=timezone.now() + valid_for
    )
    return token


def revoke_invitation(*, event: Event, invitation_id: int) -> None:
    """Revoke a link. People who followed it before can still find the event."""
    event.invitations.filter(pk=invitation_id).delete()


def accept_invitation(*, event: Event, user: User) -> None:
    """Let this person find the event from now on."""
    InvitedUser.objects.get_or_create(event=event, user=user)


def hash_of(token: str) -> str:
    """Return the stored hash of a token. It needs no salt, since tokens are long and random."""
    return hashlib.sha256(token.encode()).hexdigest()
