"""Photos with several faces, stored encrypted for some minutes until the person chooses theirs."""

from __future__ import annotations

import uuid
from dataclasses import asdict, dataclass
from datetime import timedelta

from django.http import HttpRequest
from django.utils import timezone

from picprocure.accounts.models import User
from picprocure.faces.types import Box
from picprocure.imaging.loaded_image import LoadedImage
from picprocure.recognition.face_choices import discard_choice, store_choice
from picprocure.web.media.previews import own_choice

_SESSION_KEY = "face_choice"
VALID_FOR = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Choice:
    """A pending choice.

    Attributes:
        boxes: The faces in the photo.
        event_id: The event to register for afterward.
        replacing_id: The reference that the photo replaces.
    """

    id: uuid.UUID
    boxes: tuple[Box, ...]
    image: LoadedImage
    event_id: uuid.UUID | None
    replacing_id: uuid.UUID | None


def begin(
    request: HttpRequest,
    *,
    user: User,
    image: LoadedImage,
    boxes: tuple[Box, ...],
    event_id: uuid.UUID | None,
    replacing_id: uuid.UUID | None,
) -> None:
    end(request)
    choice_id = store_choice(image, user_id=user.pk)
    request.session[_SESSION_KEY] = {
        "id": str(choice_id),
        "user": user.pk,
        "until": (timezone.now() + VALID_FOR).timestamp(),
        "boxes": [asdict(box) for box in boxes],
        "event": str(event_id or ""),
        "replacing": str(replacing_id or ""),
    }


def current(request: HttpRequest, *, user: User) -> Choice | None:
    """Return the choice that the person has to make in this browser, unless it has expired."""
    saved = request.session.get(_SESSION_KEY)
    if not saved or saved["user"] != user.pk or saved["until"] < timezone.now().timestamp():
        return None
    choice_id = uuid.UUID(saved["id"])
    image = own_choice(choice_id, user=user)
    if image is None:
        return None
    return Choice(
        id=choice_id,
        boxes=tuple(Box(**box) for box in saved["boxes"]),
        image=image,
        event_id=uuid.UUID(saved["event"]) if saved["event"] else None,
        replacing_id=uuid.UUID(saved["replacing"]) if saved["replacing"] else None,
    )


def end(request: HttpRequest) -> None:
    saved = request.session.pop(_SESSION_KEY, None)
    if saved:
        discard_choice(uuid.UUID(saved["id"]), user_id=saved["user"])
