"""A photo with several faces, kept sealed for some minutes until its sender chose theirs."""

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
    """The stored photo, the faces in it, and what the person was about to do."""

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


def under_way(request: HttpRequest, *, user: User) -> Choice | None:
    """The choice that this person has yet to make in this browser, unless it took too long."""
    kept = request.session.get(_SESSION_KEY)
    if not kept or kept["user"] != user.pk or kept["until"] < timezone.now().timestamp():
        return None
    choice_id = uuid.UUID(kept["id"])
    image = own_choice(choice_id, user=user)
    if image is None:
        return None
    return Choice(
        id=choice_id,
        boxes=tuple(Box(**box) for box in kept["boxes"]),
        image=image,
        event_id=uuid.UUID(kept["event"]) if kept["event"] else None,
        replacing_id=uuid.UUID(kept["replacing"]) if kept["replacing"] else None,
    )


def end(request: HttpRequest) -> None:
    kept = request.session.pop(_SESSION_KEY, None)
    if kept:
        discard_choice(uuid.UUID(kept["id"]), user_id=kept["user"])
