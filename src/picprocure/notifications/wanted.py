"""The check, right before a mail is sent, that its reason is still valid."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from picprocure.accounts.models import User
from picprocure.events import co_hosts
from picprocure.events.models import Event
from picprocure.galleries import access
from picprocure.notifications.models import Mail


def is_wanted(mail: Mail) -> bool:
    """Return whether the recipient would get the same mail now."""
    if mail.user is None or mail.event is None or mail.kind not in _REASONS:
        return True
    return _REASONS[mail.kind](mail.user, mail.event)


def sees_photos(user: User, event: Event) -> bool:
    """Return whether a person sees a released photo of an event."""
    return access.photos_visible_to(user, event).filter(released_at__isnull=False).exists()


def _wants_photo_mail(user: User, event: Event) -> bool:
    return user.notify_photos and sees_photos(user, event)


def _wants_people_mail(user: User, event: Event) -> bool:
    return user.notify_people and access.events_created_by(user).filter(pk=event.pk).exists()


def _wants_host_mail(user: User, event: Event) -> bool:
    return user.notify_hosts and access.events_registered_by(user).filter(pk=event.pk).exists()


def _is_invited(user: User, event: Event) -> bool:
    return co_hosts.open_to(user).filter(event=event).exists()


_REASONS: Final[dict[str, Callable[[User, Event], bool]]] = {
    "photos_ready": _wants_photo_mail,
    "event_ends": _wants_photo_mail,
    "people_wait": _wants_people_mail,
    "host_mail": _wants_host_mail,
    "co_host": _is_invited,
}
