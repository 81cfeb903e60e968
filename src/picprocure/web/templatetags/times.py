"""Times on pages."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from picprocure.events.models import Event
from picprocure.events.times import own_zone, time_text
from picprocure.web.zones import reader_zone

register = template.Library()


@register.simple_tag(takes_context=True)
def moment(context: dict[str, Any], at: datetime, event: Event | None = None) -> SafeString:
    """Show a time in the reader's zone, and in the event's where that differs.

    On the first page that a device opens, its zone is unknown. There, `times.js` replaces the text.
    """
    request = context.get("request")
    text = time_text(at, event=event, reader=reader_zone(request) if request else None)
    zone = own_zone(event)
    data = format_html(' data-zone="{}"', zone.key) if zone else ""
    return format_html('<time datetime="{}"{}>{}</time>', at.isoformat("T", "seconds"), data, text)
