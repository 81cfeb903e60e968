"""An event on a running site, without a browser: run as a process with the site's settings.

`python event.py hold PEOPLE` registers a person for each picture in a folder and prints the event's
id. `python event.py add EVENT PHOTO…` hands photos in. `python event.py galleries EVENT` prints who
sees which photos, as JSON.
"""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable
from pathlib import Path

import django

django.setup()

from picprocure.demo.event import DemoPerson, create_demo_event, sign_up  # noqa: E402
from picprocure.events.models import Event  # noqa: E402
from picprocure.galleries.access import photos_visible_to  # noqa: E402
from picprocure.pipeline.steps import receive_photo  # noqa: E402


def hold(folder: str) -> None:
    users = [
        sign_up(DemoPerson(path.stem.lower(), path.stem, "Example", path.read_bytes()))
        for path in sorted(Path(folder).iterdir())
    ]
    sys.stdout.write(str(create_demo_event(users[0], users, []).pk))


def add(event_id: str, *photos: str) -> None:
    event = Event.objects.get(pk=event_id)
    for photo in map(Path, photos):
        content = photo.read_bytes()
        receive_photo(
            event=event,
            uploaded_by=event.creator,
            upload=io.BytesIO(content),
            name=photo.name,
            size=len(content),
        )


def galleries(event_id: str) -> None:
    event = Event.objects.get(pk=event_id)
    seen = {
        registration.user.username: sorted(
            photos_visible_to(registration.user, event).values_list("name", flat=True)
        )
        for registration in event.registrations.all()
    }
    sys.stdout.write(json.dumps(seen))


if __name__ == "__main__":
    commands: dict[str, Callable[..., None]] = {"hold": hold, "add": add, "galleries": galleries}
    commands[sys.argv[1]](*sys.argv[2:])
