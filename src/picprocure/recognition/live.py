"""Live capture: a challenge is given, and answered by a film, once and soon."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import compress
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from picprocure.accounts.models import User
from picprocure.events.models import Event, Registration
from picprocure.faces.engine import FaceEngine
from picprocure.faces.enrollment.liveness import MOST_FRAMES, Turn, check_film, read_film
from picprocure.imaging.confined_loading import load_confined
from picprocure.imaging.errors import UnusableImage
from picprocure.imaging.loaded_image import LoadedImage
from picprocure.recognition.embeddings import embeddings_of, openable
from picprocure.recognition.models import LiveChallenge, LiveCheck, Reference
from picprocure.recognition.renewal import renew_references_of

TURNS = 2
VALID_FOR = timedelta(minutes=2)
MOST_FRAME_BYTES = 300_000
MOST_FRAME_PIXELS = 600_000  # pages send frames 480 wide; a whole film is kept in memory


@dataclass(frozen=True, slots=True)
class Film:
    """The decoded answer to a challenge."""

    images: list[LoadedImage]
    sent_at: datetime


@dataclass(frozen=True, slots=True)
class SeenLive:
    """The references that show the face in the film."""

    registration: Registration
    references: list[Reference]


class ChallengeRefused(Exception):
    """The message is fit for the person who answered."""


def give_challenge(registration: Registration) -> LiveChallenge:
    """Random turns; whatever was asked for before can't be answered any more."""
    registration.live_challenges.all().delete()
    turns = ",".join(secrets.choice(list(Turn)) for _ in range(TURNS))
    return LiveChallenge.objects.create(
        registration=registration, turns=turns, expires_at=timezone.now() + VALID_FOR
    )


def decode_film(frames: Sequence[bytes]) -> Film:
    """Decode JPEGs in order, before a challenge is used up: waiting too long costs no challenge.

    Raises ChallengeRefused, and Busy when no decoder is free.
    """
    sent_at = timezone.now()
    _ensure_short(frames)
    try:
        images = load_confined(
            frames, name="film", max_pixels=MOST_FRAME_PIXELS, max_bytes=MOST_FRAME_BYTES
        )
    except UnusableImage as error:
        raise ChallengeRefused(
            "We couldn't read a picture from your camera. Start again."
        ) from error
    return Film(images, sent_at)


def answer_challenge(
    *, user: User, event: Event, challenge_id: UUID, film: Film, engine: FaceEngine
) -> SeenLive:
    """Check a film. The challenge is used up in any case.

    Nothing of the film is kept. Raises ChallengeRefused, or LiveCaptureFailed when the film doesn't
    show the person of the account's references turning as asked; nothing has changed then.
    """
    challenge = _use(user, event, challenge_id, film.sent_at)
    renew_references_of(user, engine)
    references = openable(user.references.filter(engine_version=engine.version))
    if not references:
        raise ChallengeRefused("Add a photo of your face first.")
    turns = [Turn(turn) for turn in challenge.turns.split(",")]
    seen = check_film(read_film(engine, film.images), turns, embeddings_of(references))
    return SeenLive(challenge.registration, list(compress(references, seen)))


def record(seen: SeenLive) -> None:
    """These references count as seen live; one that came meanwhile doesn't."""
    still_there = seen.registration.user.references.filter(
        pk__in=[ref.pk for ref in seen.references]
    )
    LiveCheck.objects.bulk_create(
        (
            LiveCheck(registration=seen.registration, reference=reference)
            for reference in still_there
        ),
        ignore_conflicts=True,
    )


def wants_live_capture(registration: Registration) -> bool:
    """Whether the event asks this person to be seen live, for a photo that it wasn't yet for."""
    if registration.event.live_capture == Event.LiveCapture.OFF:
        return False
    seen = registration.live_checks.values("reference")
    return registration.user.references.exclude(pk__in=seen).exists()


@transaction.atomic
def _use(user: User, event: Event, challenge_id: UUID, sent_at: datetime) -> LiveChallenge:
    """Another's challenge, another event's, and none at all are refused in the same words."""
    challenge = (
        LiveChallenge.objects.select_for_update()
        .select_related("registration__event", "registration__user")
        .filter(pk=challenge_id, registration__user=user, registration__event=event)
        .first()
    )
    if challenge is None or challenge.used_at:
        raise ChallengeRefused("This was asked for before, or by somebody else. Begin again.")
    if challenge.expires_at < sent_at:
        raise ChallengeRefused("This took too long. Begin again.")
    challenge.used_at = timezone.now()
    challenge.save(update_fields=["used_at"])
    return challenge


def _ensure_short(frames: Sequence[bytes]) -> None:
    if len(frames) > MOST_FRAMES:
        raise ChallengeRefused(
            f"The film has {len(frames)} pictures; at most {MOST_FRAMES} are taken. Begin again."
        )
