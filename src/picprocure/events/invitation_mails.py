"""Invitations by mail: which addresses get one, and the links in them.

An address gets one mail for each event and role, few a day, and none after its owner said no. Hosts
learn nothing of that. Only keyed digests of addresses are stored.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Final

from django.conf import settings
from django.core.signing import BadSignature, Signer, TimestampSigner
from django.db import transaction
from django.db.models import Count, QuerySet
from django.utils import timezone
from django.utils.crypto import salted_hmac

from picprocure.accounts.emails import canonical_address
from picprocure.accounts.models import User
from picprocure.events.errors import TooManyInvitations
from picprocure.events.host_mails import may_write
from picprocure.events.models import CoHostInvitation, Event, InvitationMail, InvitationRefusal
from picprocure.storage.batches import CHUNK

MAX_MAILS_A_DAY: Final = 3  # to one address, about all events together

_DAY: Final = timedelta(days=1)
_SIGN_UP_WITHIN: Final = timedelta(days=30)
_refusals = Signer(salt="picprocure.events.invitation_mails.refusal")
_sign_ups = TimestampSigner(salt="picprocure.events.invitation_mails.sign_up")


@transaction.atomic
def choose(
    *, event: Event, role: InvitationMail.Role, sender: User, emails: Iterable[str]
) -> list[str]:
    """Return the addresses that get an invitation now, and record that they got it.

    Without the operator's permission, the sender invites no one by mail.

    Raises:
        TooManyInvitations: The sender or the site has too few invitations left for today.
    """
    if not may_write(sender):
        return []
    list(User.objects.select_for_update().filter(pk=sender.pk))  # one choice at a time
    digests = {_digest(email): email.lower() for email in emails}
    earlier = InvitationMail.objects.filter(event=event, role=role)
    for digest in set(earlier.values_list("address", flat=True)) & digests.keys():
        del digests[digest]
    _ensure_allowed(sender, len(digests))
    _forget_old_mails()
    rows = [
        InvitationMail(event=event, role=role, sender=sender, address=digest) for digest in digests
    ]
    InvitationMail.objects.bulk_create(rows, batch_size=CHUNK, ignore_conflicts=True)
    unwelcome = {
        *InvitationRefusal.objects.values_list("address", flat=True),
        *_today()
        .values("address")
        .annotate(n=Count("pk"))
        .filter(n__gt=MAX_MAILS_A_DAY)
        .values_list("address", flat=True),
    }
    return [email for digest, email in digests.items() if digest not in unwelcome]


def is_refused(email: str) -> bool:
    """Return whether the owner of an address wants no more invitations."""
    return InvitationRefusal.objects.filter(address=_digest(email)).exists()


def refusal_token(email: str) -> str:
    """Return the part of a link by which the owner of an address refuses further invitations."""
    return _refusals.sign(_digest(email))


def is_refusal_token(token: str) -> bool:
    """Return whether this site made the token."""
    try:
        _refusals.unsign(token)
    except BadSignature:
        return False
    return True


def refuse(token: str) -> None:
    """Send no more invitations to the address of this token."""
    InvitationRefusal.objects.get_or_create(address=_refusals.unsign(token))


def sign_up_token(email: str) -> str:
    """Return the part of a link that lets a future co-host sign up."""
    return _sign_ups.sign(_digest(email))


def lets_sign_up(token: str, email: str | None = None) -> bool:
    """Return whether a token still lets the address that got it sign up.

    Args:
        token: The part of a link.
        email: The address that signs up, or None if it isn't known yet.
    """
    try:
        digest = _sign_ups.unsign(token, max_age=_SIGN_UP_WITHIN)
    except BadSignature:
        return False
    if email is not None and _digest(email) != digest:
        return False
    asked = InvitationMail.objects.filter(role=InvitationMail.Role.CO_HOST, address=digest)
    invitees = CoHostInvitation.objects.filter(
        event__in=asked.values("event"), answered_at=None, settled_at=None
    ).values_list("invitee", flat=True)
    return any(_digest(invitee) == digest for invitee in invitees)


def _ensure_allowed(sender: User, count: int) -> None:
    of_host = settings.INVITATIONS_PER_DAY - _today().filter(sender=sender).count()
    of_site = settings.SITE_INVITATIONS_PER_DAY - _today().count()
    if count > of_host:
        raise TooManyInvitations(
            f"You can send {max(of_host, 0)} more invitations within a day, and this would be "
            f"{count}. The limit is {settings.INVITATIONS_PER_DAY}. Add fewer addresses, or the "
            "others tomorrow."
        )
    if count > of_site:
        raise TooManyInvitations(
            "This site has sent as many invitations as it may within a day. Try again tomorrow, or "
            "share a link or poster instead."
        )


def _today() -> QuerySet[InvitationMail]:
    return InvitationMail.objects.filter(written_at__gt=timezone.now() - _DAY)


def _forget_old_mails() -> None:
    """Delete rows of deleted events once they no longer count for the limits."""
    InvitationMail.objects.filter(event=None, written_at__lt=timezone.now() - _DAY).delete()


def _digest(email: str) -> str:
    key = "picprocure.events.invitation_mails"
    return salted_hmac(key, canonical_address(email), algorithm="sha256").hexdigest()
