"""Actions of a host on a running site, without a browser, as a process with its settings.

- `python host.py upload NAME=COLOR…` creates an event with a photo for each argument and prints its
  id. Colors are names in `fakes`.
- `python host.py print_page EVENT` prints the page with the event's photos.
- `python host.py sign_up ADDRESS…` signs up a guest for each address.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from datetime import timedelta

import django

django.setup()

from django.conf import settings  # noqa: E402
from django.test import Client  # noqa: E402
from django.urls import reverse  # noqa: E402

import fakes  # noqa: E402
from picprocure.accounts.models import User  # noqa: E402
from picprocure.events.services import EventDetails, close_registration, create_event  # noqa: E402
from picprocure.pipeline import steps  # noqa: E402


def upload(*photos: str) -> None:
    alice = User.objects.filter(username="alice").first() or User.objects.create_user(
        username="alice", email="alice@example.org", first_name="Alice"
    )
    event = create_event(
        creator=alice,
        details=EventDetails(name="Marathon"),
        registration_length=timedelta(hours=1),
    )
    close_registration(event=event)
    for number, photo in enumerate(photos):
        name, color = photo.split("=")
        content = fakes.stripes(getattr(fakes, color), serial=number)
        steps.receive_photo(
            event=event, uploaded_by=alice, upload=io.BytesIO(content), name=name, size=len(content)
        )
    sys.stdout.write(str(event.pk))


def print_page(event_id: str) -> None:
    client = Client(headers={"host": settings.ALLOWED_HOSTS[0]})
    client.force_login(User.objects.get(username="alice"))
    page = client.get(reverse("events:photos", args=[event_id]))
    sys.stdout.write(page.content.decode())


def sign_up(*addresses: str) -> None:
    for number, address in enumerate(addresses):
        form = {"username": f"guest{number}", "first_name": "A", "last_name": "B", "email": address}
        passwords = dict.fromkeys(("password1", "password2"), "a-good-Pass-phrase-7")
        client = Client(headers={"host": settings.ALLOWED_HOSTS[0]})
        answer = client.post(reverse("account_signup"), {**form, **passwords})
        assert answer.status_code == 302, answer.content


if __name__ == "__main__":
    commands: dict[str, Callable[..., None]] = {
        "upload": upload,
        "print_page": print_page,
        "sign_up": sign_up,
    }
    commands[sys.argv[1]](*sys.argv[2:])
