"""Actions of a host on a running site, without a browser: commands for the site's console.

- `upload NAME=COLOR…` creates an event with a photo for each argument and prints its id. Colors are
  names in `fakes`.
- `print_page EVENT` prints the page with the event's photos.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from datetime import timedelta

from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils import timezone

import fakes
from picprocure.accounts.models import User
from picprocure.events.services import EventDetails, close_registration, create_event
from picprocure.pipeline import steps


def upload(*photos: str) -> None:
    host = User.objects.filter(email="host@example.org").first() or User.objects.create_user(
        email="host@example.org", first_name="Alice"
    )
    event = create_event(
        creator=host,
        details=EventDetails(name="Marathon"),
        closes_at=timezone.now() + timedelta(hours=1),
    )
    close_registration(event=event)
    for number, photo in enumerate(photos):
        name, color = photo.split("=")
        content = fakes.stripes(getattr(fakes, color), serial=number)
        steps.receive_photo(
            event=event, uploaded_by=host, upload=io.BytesIO(content), name=name, size=len(content)
        )
    sys.stdout.write(str(event.pk))


def print_page(event_id: str) -> None:
    client = Client(headers={"host": settings.ALLOWED_HOSTS[0]})
    client.force_login(User.objects.get(email="host@example.org"))
    page = client.get(reverse("events:photos", args=[event_id]))
    sys.stdout.write(page.content.decode())


COMMANDS: dict[str, Callable[..., None]] = {"upload": upload, "print_page": print_page}
