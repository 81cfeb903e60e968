"""The check, right before a mail is sent, that its reason is still valid."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Final

from picprocure.accounts.models import User
from picprocure.events import co_hosts
from picprocure.events.invitation_mails import hold_back, is_refused
from picprocure.events.models import Event, InvitationMail
from picprocure.galleries import access
from picprocure.notifications.models import Mail
from picprocure.notifications.outbox import message_of
from picprocure.storage.errors import SealingError


def is_wanted(mail: Mail) -> bool:
    """Return whether the recipient would get the same mail now."""
    if mail.event is not None and mail.kind in _INVITATIONS:
        try:
            email = message_of(mail).to[0]
        except SealingError:
            return True  # sending it fails, and says why
        return not is_refused(email) and _INVITATIONS[mail.kind](email, mail.event)
    if mail.user is None or mail.event is None or mail.kind not in _REASONS:
        return True
    return _REASONS[mail.kind](mail.user, mail.event)


def hold_back_invitation(mail: Mail) -> None:
    """Record that a mail is not sent after all, if it is an invitation to an address."""
    if mail.event is not None and mail.kind in _ROLES:
        with suppress(SealingError):
            email = message_of(mail).to[0]
            hold_back(event=mail.event, role=_ROLES[mail.kind], email=email)


def sees_photos(user: User, event: Event) -> bool:
    """Return whether a person sees a released photo of an event."""
    return access.photos_visible_to(user, event).filter(released_at__isnull=False).exists()


def _wants_photo_mail(user: User, event: Event) -> bool:
    return user.notify_photos and sees_photos(user, event)


def _wants_people_mail(user: User, event: Event) -> bool:
    return user.notify_people and access.events_created_by(user).filter(pk=event.pk).exists()


def _wants_host_mail(user: User, event: Event) -> bool:
    return user.notify_hosts and access.events_registered_by(user).filter(pk=event.pk).exists()


def _can_release_photos(user: User, event: Event) -> bool:
    """Return whether a host may release photos that would be deleted otherwise."""
    is_host = access.events_managed_by(user).filter(pk=event.pk).exists()
    return is_host and event.photos.to_release_by_hand().exists()


def _is_asked_to_host(email: str, event: Event) -> bool:
    return co_hosts.is_open(event=event, invitee=email)


def _is_approved_on_registering(email: str, event: Event) -> bool:
    return event.registration_is_open and event.guest_list.filter(email=email).exists()


_ROLES: Final = {
    "co_host": InvitationMail.Role.CO_HOST,
    "guest_invitation": InvitationMail.Role.GUEST,
}
_REASONS: Final[dict[str, Callable[[User, Event], bool]]] = {
    "photos_ready": _wants_photo_mail,
    "event_ends": _wants_photo_mail,
    "unreleased_end": _can_release_photos,
    "people_wait": _wants_people_mail,
    "host_mail": _wants_host_mail,
}
_INVITATIONS: Final[dict[str, Callable[[str, Event], bool]]] = {
    "co_host": _is_asked_to_host,
    "guest_invitation": _is_approved_on_registering,
}
"""Mails to addresses, which may have no account."""
