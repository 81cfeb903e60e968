"""Times as people read them: in the reader's time zone, and in the event's where that differs."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from django.utils import timezone
from django.utils.dateformat import format as formatted

from picprocure.events.models import Event


def own_zone(event: Event | None) -> ZoneInfo | None:
    """Return the time zone that was chosen for an event, or None."""
    return event.zone if event and event.time_zone else None


def time_text(at: datetime, *, event: Event | None, reader: ZoneInfo | None) -> str:
    """Return a time as text, such as "5 Dec 2026, 18:00 CET (12:00 EST at the event)".

    Args:
        at: The time.
        event: The event that the time is about, if there is one.
        reader: The reader's time zone. If it is unknown, the event's is used, then the site's.
    """
    place = own_zone(event)
    there = at.astimezone(place or timezone.get_default_timezone())
    here = at.astimezone(reader) if reader else there
    text = f"{formatted(here, 'j M Y, H:i')} {_name_of_zone(here)}"
    if place is None or here.utcoffset() == there.utcoffset():
        return text
    is_same_day = here.date() == there.date()
    clock = formatted(there, "H:i" if is_same_day else "j M, H:i")
    return f"{text} ({clock} {_name_of_zone(there)} at the event)"


def _name_of_zone(at: datetime) -> str:
    """Return an abbreviation such as "CET". Zones without one have an offset, such as "GMT-03"."""
    name = at.tzname() or ""
    return f"GMT{name}" if name.startswith(("+", "-")) else name
