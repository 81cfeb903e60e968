"""Invitation links to events: random, expiring and revocable.

A link is found by the hash of its token. The token itself is sealed, so that hosts can show the
link again. A short code, which people can type, leads to the link.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta
from typing import Final

from django.db import transaction
from django.utils import timezone
from django.utils.crypto import salted_hmac

from picprocure.accounts.models import User
from picprocure.events.models import Event, Invitation, InvitedUser
from picprocure.storage.sealing import reseal, seal, try_unseal

TOKEN_BYTES = 24
CODE_LENGTH: Final = 12  # 60 bits
CODE_GROUP: Final = 4
CODE_LETTERS: Final = "0123456789abcdefghjkmnpqrstvwxyz"  # without i, l, o and u
_MISREAD: Final = str.maketrans({"o": "0", "i": "1", "l": "1", "-": "", " ": ""})


@transaction.atomic
def create_invitation(*, event: Event, valid_for: timedelta) -> str:
    """Create an invitation that hosts can show again, and return its token."""
    invitation, token = _create(event, valid_for, is_for_guest_list=False)
    invitation.sealed_token = seal(token.encode(), context=_context(invitation))
    invitation.code_digest = _digest(code_of(token))
    invitation.save(update_fields=["sealed_token", "code_digest"])
    return token


def create_guest_list_invitation(*, event: Event, valid_for: timedelta) -> str:
    """Create an invitation for mails, and return its token, which can't be read again."""
    _, token = _create(event, valid_for, is_for_guest_list=True)
    return token


def token_of(invitation: Invitation) -> str | None:
    """Return an invitation's token, or None if it wasn't kept or no key opens it.

    Raises:
        UnusableKeys: The operator has to restore the keys.
    """
    if invitation.sealed_token is None:
        return None
    token = try_unseal(invitation.sealed_token, context=_context(invitation))
    return None if token is None else token.decode()


def code_of(token: str) -> str:
    """Return the short code of a token, in groups such as `k7m2-9xqp-4tcd`."""
    digest = hashlib.sha256(f"picprocure short code {token}".encode()).digest()
    letters = "".join(CODE_LETTERS[byte % len(CODE_LETTERS)] for byte in digest[:CODE_LENGTH])
    starts = range(0, CODE_LENGTH, CODE_GROUP)
    return "-".join(letters[start : start + CODE_GROUP] for start in starts)


def token_of_code(code: str) -> str | None:
    """Return the token that a typed code leads to, or None.

    Raises:
        UnusableKeys: The operator has to restore the keys.
    """
    invitation = Invitation.objects.valid().filter(code_digest=_digest(code)).first()
    return None if invitation is None else token_of(invitation)


def revoke_invitation(*, event: Event, invitation_id: int) -> None:
    """Revoke a link. People who followed it before can still find the event."""
    event.invitations.filter(pk=invitation_id).delete()


def accept_invitation(*, event: Event, user: User) -> None:
    """Let this person find the event from now on."""
    InvitedUser.objects.get_or_create(event=event, user=user)


def hash_of(token: str) -> str:
    """Return the stored hash of a token. It needs no salt, since tokens are long and random."""
    return hashlib.sha256(token.encode()).hexdigest()


def reseal_tokens() -> None:
    """Seal all tokens with the first key. Those that no key opens stay as they are."""
    for invitation in Invitation.objects.exclude(sealed_token=None):
        sealed = invitation.sealed_token
        resealed = reseal(sealed, context=_context(invitation)) if sealed else None
        if resealed:
            Invitation.objects.filter(pk=invitation.pk).update(sealed_token=resealed)


def delete_unopened_tokens() -> None:
    """Delete tokens that no key opens. Their links still work, but can't be shown again."""
    for invitation in Invitation.objects.exclude(sealed_token=None):
        if token_of(invitation) is None:
            Invitation.objects.filter(pk=invitation.pk).update(sealed_token=None)


def _create(
    event: Event, valid_for: timedelta, *, is_for_guest_list: bool
) -> tuple[Invitation, str]:
    token = secrets.token_urlsafe(TOKEN_BYTES)
    invitation = Invitation.objects.create(
        event=event,
        token_hash=hash_of(token),
        is_for_guest_list=is_for_guest_list,
        expires_at=timezone.now() + valid_for,
    )
    return invitation, token


def _digest(code: str) -> str:
    """Return the digest of a code. It is keyed, since codes are short."""
    typed = code.lower().translate(_MISREAD)
    return salted_hmac("picprocure.events.invitations", typed, algorithm="sha256").hexdigest()


def _context(invitation: Invitation) -> str:
    return f"invitation:{invitation.pk}"
