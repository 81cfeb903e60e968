"""An event on a running site, without a browser: commands for the site's console.

- `hold PEOPLE` registers a person for each picture in a folder and prints the event's id.
- `add EVENT PHOTO…` hands photos in.
- `galleries EVENT` prints who sees which photos, as JSON.
- `state EVENT` prints how far its photos are, as JSON.
- `unaccounted` prints which stored objects have no owner or are missing.
- `session EVENT` signs its creator in and prints the cookie.
"""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable
from pathlib import Path

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.db.models import Max

from picprocure.accounts.models import User
from picprocure.demo.event import DemoPerson, create_demo_event, sign_up
from picprocure.events.models import Event
from picprocure.galleries.access import photos_visible_to
from picprocure.photos.models import Photo
from picprocure.pipeline.steps import receive_photo
from picprocure.recognition.models import Reference, Sorting
from picprocure.storage import files
from picprocure.storage.models import PendingDeletion


def hold(folder: str) -> None:
    users = [_person(path) for path in sorted(Path(folder).iterdir())]
    sys.stdout.write(str(create_demo_event(users[0], users, []).pk))


def _person(picture: Path) -> User:
    """Return the account of a person, which an earlier event may have needed."""
    name = picture.stem
    known = User.objects.filter(first_name=name).first()
    return known or sign_up(DemoPerson(name, "Example", picture.read_bytes()))


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
        registration.user.first_name.lower(): sorted(
            photos_visible_to(registration.user, event).values_list("name", flat=True)
        )
        for registration in event.registrations.all()
    }
    sys.stdout.write(json.dumps(seen))


def state(event_id: str) -> None:
    photos = Photo.objects.filter(event_id=event_id)
    sortings = Sorting.objects.filter(event_id=event_id)
    counts = {
        "photos": photos.count(),
        "analyzed": photos.analyzed().count(),
        "failed": photos.failed().count(),
        "claimed": photos.filter(claim__isnull=False).count(),
        "unsorted": sortings.pending().count(),
        "sorting": sortings.filter(claim__isnull=False).count(),
        "attempts": photos.aggregate(most=Max("attempts"))["most"] or 0,
        "errors": photos.aggregate(most=Max("errors"))["most"] or 0,
    }
    sys.stdout.write(json.dumps(counts))


def unaccounted() -> None:
    """Print the stored objects that no row owns and that aren't listed for deletion either."""
    photos = Photo.objects.values_list("original_key", "web_key", "thumbnail_key")
    owned = {key for row in photos for key in row}
    owned |= set(Reference.objects.values_list("image_key", flat=True))
    listed = set(PendingDeletion.objects.values_list("key", flat=True))
    stored = set(files.every_key())
    sys.stdout.write(json.dumps(sorted(stored - owned - listed) + sorted(owned - stored)))


def session(event_id: str) -> None:
    user = Event.objects.get(pk=event_id).creator
    store = SessionStore()
    store[SESSION_KEY] = str(user.pk)
    store[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    store[HASH_SESSION_KEY] = user.get_session_auth_hash()
    store.create()
    sys.stdout.write(str(store.session_key))


COMMANDS: dict[str, Callable[..., None]] = {
    "hold": hold,
    "add": add,
    "galleries": galleries,
    "state": state,
    "unaccounted": unaccounted,
    "session": session,
}
