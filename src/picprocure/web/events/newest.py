"""Pages of events, newest first. No page counts events, or reads those of other pages.

An address names the event that a page begins after: `?older=` it or `?newer=` than it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.http import QueryDict

from picprocure.events.models import Event, EventQuerySet
from picprocure.web.forms import uuid_keys

EVENTS_PER_PAGE = 24


@dataclass(frozen=True, slots=True)
class EventPage:
    """A page of events.

    Attributes:
        has_newer: Whether there is a page before this one.
        has_older: Whether there is a page after this one.
    """

    events: list[Event]
    has_newer: bool
    has_older: bool


def event_page(
    parameters: QueryDict,
    events: EventQuerySet,
    parts: Iterable[EventQuerySet] | None = None,
) -> EventPage:
    """Return the page that an address asks for, or the first one if there is no such page.

    Args:
        parameters: The parameters of the address.
        events: The events that the visitor may see, with what the page shows of each.
        parts: What the pages list: some of these events, as querysets that share none. By default,
            all of them.
    """
    parts = [events] if parts is None else list(parts)
    if edge := _named(parameters.get("newer"), events):
        keys = _first([part.newer_than(edge) for part in parts], is_reversed=True)
        if len(keys) > EVENTS_PER_PAGE:
            nearest = keys[:EVENTS_PER_PAGE]
            return EventPage(_read(events, nearest[::-1]), has_newer=True, has_older=True)
    elif (edge := _named(parameters.get("older"), events)) and (
        keys := _first([part.older_than(edge) for part in parts])
    ):
        return _page(events, keys, has_newer=True)
    return _page(events, _first(parts), has_newer=False)


def _page(events: EventQuerySet, keys: list[UUID], *, has_newer: bool) -> EventPage:
    has_older = len(keys) > EVENTS_PER_PAGE
    return EventPage(_read(events, keys[:EVENTS_PER_PAGE]), has_newer, has_older)


def _named(value: str | None, events: EventQuerySet) -> Event | None:
    """Return the event that an address names, if the visitor may see it."""
    keys = uuid_keys([value]) if value else []
    return events.filter(pk__in=keys).first() if keys else None


def _first(parts: list[EventQuerySet], *, is_reversed: bool = False) -> list[UUID]:
    """Return the keys of the first events of all parts: of one page, and one more."""
    found: list[tuple[datetime, UUID]] = []
    for part in parts:
        ordered = part.newest_first().reverse() if is_reversed else part.newest_first()
        found += ordered.values_list("created_at", "pk")[: EVENTS_PER_PAGE + 1]
    found.sort(reverse=not is_reversed)
    return [key for _, key in found[: EVENTS_PER_PAGE + 1]]


def _read(events: EventQuerySet, keys: list[UUID]) -> list[Event]:
    """Return the events with these keys, in this order."""
    by_key = events.in_bulk(keys)
    return [by_key[key] for key in keys if key in by_key]
