"""The check, right before a mail is sent, that its reason still holds."""

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
    return access.photos_visible_to(user, event).filter(released_at__isnull=False).exists()


def _is_told_of_photos(user: User, event: Event) -> bool:
    return user.notify_photos and sees_photos(user, event)


def _is_told_of_people(user: User, event: Event) -> bool:
    return user.notify_people and access.events_created_by(user).filter(pk=event.pk).exists()


def _is_written_to(user: User, event: Event) -> bool:
    return user.notify_hosts and access.events_registered_by(user).filter(pk=event.pk).exists()


def _is_invited(user: User, event: Event) -> bool:
    return co_hosts.open_to(user).filter(event=event).exists()


_REASONS: Final[dict[str, Callable[[User, Event], bool]]] = {
    "photos_ready": _is_told_of_photos,
    "event_ends": _is_told_of_photos,
    "people_wait": _is_told_of_people,
    "host_mail": _is_written_to,
    "co_host": _is_invited,
}
