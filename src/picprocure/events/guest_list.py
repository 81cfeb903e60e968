"""The guest list of an event: addresses whose owners need no approval."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from django.db import transaction

from picprocure.accounts.emails import has_confirmed_email
from picprocure.accounts.models import User
from picprocure.events.errors import GuestListFull
from picprocure.events.models import Event, GuestListAddress

MAX_GUESTS: Final = 2_000  # addresses on the guest list of an event


@transaction.atomic
def add_to_guest_list(*, event: Event, guests: Mapping[str, str]) -> None:
    """Admit people automatically who register with one of these addresses from now on.

    Args:
        event: The event.
        guests: Names, which may be empty, by address.

    Raises:
        GuestListFull: The list would have too many addresses.
    """
    list(Event.objects.select_for_update(no_key=True).filter(pk=event.pk))  # one list at a time
    names = {email.strip().lower(): name for email, name in guests.items()}
    listed = set(event.guest_list.values_list("email", flat=True))
    count = len(listed | names.keys())
    if count > MAX_GUESTS:
        raise GuestListFull(
            f"The guest list would have {count:,} addresses; the limit is {MAX_GUESTS:,}. Add "
            "fewer, or share a link or poster instead."
        )
    GuestListAddress.objects.bulk_create(
        GuestListAddress(event=event, email=email, name=name)
        for email, name in names.items()
        if email not in listed
    )


def row_for(*, event: Event, user: User) -> GuestListAddress | None:
    """Return the row with the person's address, locked, if they have confirmed the address.

    A row admits one person, also if they change their address and another person takes it.
    """
    free = event.guest_list.select_for_update().filter(registration=None)
    listed = free.filter(email=user.email.lower()).first()
    return listed if listed and has_confirmed_email(user) else None
