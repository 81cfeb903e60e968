"""People who run an event together with its creator."""

from __future__ import annotations

from picprocure.accounts.models import User
from picprocure.events.errors import NoCoHost
from picprocure.events.models import CoHost, Event


def add_co_host(*, event: Event, username: str) -> CoHost:
    """Let somebody run the event, too; twice changes nothing. Raises NoCoHost."""
    user = User.objects.filter(username__iexact=username.strip(), is_active=True).first()
    if user is None:
        raise NoCoHost(f"Nobody here has the username “{username.strip()}”. Ask them for theirs.")
    if user.pk == event.creator_id:
        raise NoCoHost("You host this event yourself.")
    return CoHost.objects.get_or_create(event=event, user=user)[0]


def remove_co_host(*, event: Event, user_id: int) -> None:
    """What they could see and do ends at once; what they did stays."""
    CoHost.objects.filter(event=event, user=user_id).delete()
