"""An event on a running site, without a browser: commands for the site's console.

`hold PEOPLE` registers a person for each picture in a folder and prints the event's id. `add EVENT
PHOTO…` hands photos in. `galleries EVENT` prints who sees which photos, as JSON.
"""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable
from pathlib import Path

from picprocure.demo.event import DemoPerson, create_demo_event, sign_up
from picprocure.events.models import Event
from picprocure.galleries.access import photos_visible_to
from picprocure.pipeline.steps import receive_photo


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


COMMANDS: dict[str, Callable[..., None]] = {"hold": hold, "add": add, "galleries": galleries}
