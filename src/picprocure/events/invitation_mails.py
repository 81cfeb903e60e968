"""Invitations by mail: which addresses get one, and the links in them.

An address gets one mail for each event and role, at most a few a day, and none after its owner
refused them. Hosts can't find out whether a mail was sent. Only keyed digests of addresses are
stored.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Final

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.signing import BadSignature, Signer, TimestampSigner
from django.db import transaction
from django.db.models import Count, Q, QuerySet
from django.utils import timezone
from django.utils.crypto import salted_hmac

from picprocure.accounts.emails import stored_spelling
from picprocure.accounts.models import User
from picprocure.events.errors import TooManyInvitations
from picprocure.events.host_mails import may_write
from picprocure.events.models import CoHostInvitation, Event, InvitationMail, InvitationRefusal
from picprocure.storage.batches import CHUNK, batched

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

    Invitations that are held back count for the host like others. They are tried again when a host
    adds the address again, without exceeding the limits of that day. Without the operator's
    permission, the sender invites no one by mail.

    Raises:
        TooManyInvitations: The sender or the site has too few invitations left for today.
    """
    if not may_write(sender):
        return []
    # One choice at a time for a sender, and for an event.
    list(User.objects.select_for_update().filter(pk=sender.pk))
    list(Event.objects.select_for_update(no_key=True).filter(pk=event.pk))
    digests = {_digest(email): email.lower() for email in emails}
    mails = InvitationMail.objects.filter(event=event, role=role)
    earlier = dict(mails.values_list("address", "sent_at"))
    rows = [
        InvitationMail(event=event, role=role, sender=sender, address=digest)
        for digest in digests
        if digest not in earlier
    ]
    _ensure_allowed(sender, len(rows))
    _forget_old_mails()
    InvitationMail.objects.bulk_create(rows, batch_size=CHUNK)
    unwelcome = _unwelcome()
    welcome = [digest for digest in digests if not earlier.get(digest) and digest not in unwelcome]
    again = [digest for digest in welcome if digest in earlier]
    chosen = [digest for digest in welcome if digest not in earlier]
    chosen += again[: max(_room(sender, event) - len(chosen), 0)]
    for batch in batched(chosen):
        mails.filter(address__in=batch).update(sent_at=timezone.now())
    return [digests[digest] for digest in chosen]


def hold_back(*, event: Event, role: InvitationMail.Role, email: str) -> None:
    """Record that a mail was not sent, so that hosts can have it sent by adding the address again.

    It still counts for the sender. Otherwise they could learn why it was not sent.
    """
    mails = InvitationMail.objects.filter(event=event, role=role, address=_digest(email))
    mails.update(sent_at=None)


def _unwelcome() -> set[str]:
    """Return the digests of addresses that refused mails or have reached the daily limit."""
    sent = InvitationMail.objects.filter(sent_at__gt=timezone.now() - _DAY)
    full = sent.values("address").annotate(n=Count("pk")).filter(n__gte=MAX_MAILS_A_DAY)
    return {
        *InvitationRefusal.objects.values_list("address", flat=True),
        *full.values_list("address", flat=True),
    }


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


def allow(token: str) -> None:
    """Take back the refusal of the address of this token."""
    InvitationRefusal.objects.filter(address=_refusals.unsign(token)).delete()


def is_refused_with(token: str) -> bool:
    """Return whether the address of this token wants no more invitations."""
    return InvitationRefusal.objects.filter(address=_refusals.unsign(token)).exists()


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
    if email is not None and not _has_digest(email, digest):
        return False
    asked = InvitationMail.objects.filter(role=InvitationMail.Role.CO_HOST, address=digest)
    invitees = CoHostInvitation.objects.filter(
        event__in=asked.values("event"), answered_at=None, settled_at=None
    ).values_list("invitee", flat=True)
    return any(_has_digest(invitee, digest) for invitee in invitees)


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


def _room(sender: User, event: Event) -> int:
    """Return how many mails may be sent now that were held back on earlier days.

    They counted on the day on which they were written. Without this limit, those of many days could
    all be sent on one. It counts what was sent, which hosts don't learn.
    """
    sent = InvitationMail.objects.filter(sent_at__gt=timezone.now() - _DAY)
    of_host = settings.INVITATIONS_PER_DAY - sent.filter(Q(sender=sender) | Q(event=event)).count()
    return min(of_host, settings.SITE_INVITATIONS_PER_DAY - sent.count())


def _today() -> QuerySet[InvitationMail]:
    return InvitationMail.objects.filter(written_at__gt=timezone.now() - _DAY)


def _forget_old_mails() -> None:
    """Delete rows of deleted events once they no longer count for the limits."""
    since = timezone.now() - _DAY
    old = InvitationMail.objects.filter(event=None, written_at__lt=since)
    old.exclude(sent_at__gte=since).delete()


def _has_digest(invitee: str, digest: str) -> bool:
    """Return whether this is the address. Earlier versions also invited by username."""
    try:
        return _digest(invitee) == digest
    except ValidationError:
        return False


def _digest(email: str) -> str:
    key = "picprocure.events.invitation_mails"
    return salted_hmac(key, stored_spelling(email), algorithm="sha256").hexdigest()
