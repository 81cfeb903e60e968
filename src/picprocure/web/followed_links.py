"""Links to events that a visitor followed before signing in, and whether they let them sign up."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest

from picprocure.events.invitation_mails import lets_sign_up
from picprocure.galleries import access

FOLLOWED_INVITATION = "followed_invitation"
"""Session key: the hash of the invitation token that the visitor followed before signing in."""

ASKED_TO_HOST = "asked_to_host"
"""Session key: the token of the mail to a future co-host whose link the visitor followed."""


def has_invitation(request: HttpRequest) -> bool:
    """Return whether the visitor followed an invitation to an event that is still valid."""
    token_hash = request.session.get(FOLLOWED_INVITATION, "")
    return bool(token_hash) and access.event_of_invitation(token_hash) is not None


def may_sign_up(request: HttpRequest, email: str | None = None) -> bool:
    """Return whether the operator lets this visitor sign up.

    A mail to a future co-host lets only its own address sign up.

    Args:
        request: The request.
        email: The address, or None if it isn't known yet.
    """
    if settings.SIGN_UP == "invited":
        token = request.session.get(ASKED_TO_HOST, "")
        return has_invitation(request) or lets_sign_up(token, email)
    return bool(settings.SIGN_UP == "everyone")
