"""Liveness checks: a person answers a challenge with camera frames of the requested head turns."""

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
from picprocure.faces.enrollment.liveness import MAX_FRAMES, Turn, check_frames, read_frames
from picprocure.faces.thresholds import thresholds_of
from picprocure.imaging.errors import UnusableImage
from picprocure.imaging.loaded_image import LoadedImage
from picprocure.imaging.sandboxed_loading import load_sandboxed
from picprocure.recognition.embeddings import embeddings_of, openable
from picprocure.recognition.models import LivenessChallenge, PassedLivenessCheck, Reference
from picprocure.recognition.reembedding import renew_references_of

TURNS = 2
VALID_FOR = timedelta(minutes=2)
MAX_FRAME_BYTES = 300_000
MAX_FRAME_PIXELS = 600_000  # pages send frames 480 wide; all are kept in memory


@dataclass(frozen=True, slots=True)
class CapturedFrames:
    """The decoded frames of an answer to a challenge, and when they were sent."""

    images: list[LoadedImage]
    sent_at: datetime


@dataclass(frozen=True, slots=True)
class PassedCheck:
    """The references of a person that show the face in the frames."""

    registration: Registration
    references: list[Reference]


class ChallengeRefused(Exception):
    """An answer to a challenge is not accepted. The message is for the person who answered."""


def give_challenge(registration: Registration) -> LivenessChallenge:
    """Create a challenge with random turns. Earlier challenges can't be answered any more."""
    registration.liveness_challenges.all().delete()
    turns = ",".join(secrets.choice(list(Turn)) for _ in range(TURNS))
    return LivenessChallenge.objects.create(
        registration=registration, turns=turns, expires_at=timezone.now() + VALID_FOR
    )


def decode_frames(frames: Sequence[bytes]) -> CapturedFrames:
    """Decode JPEG frames, in order.

    Call this before `answer_challenge`. If no decoder is free, the challenge can still be answered.

    Raises:
        ChallengeRefused: There are too many frames, or one of them can't be read.
        Busy: No decoder was free in time.
    """
    sent_at = timezone.now()
    _ensure_few(frames)
    try:
        images = load_sandboxed(
            frames, name="frame", max_pixels=MAX_FRAME_PIXELS, max_bytes=MAX_FRAME_BYTES
        )
    except UnusableImage as error:
        raise ChallengeRefused(
            "We couldn't read a picture from your camera. Start again."
        ) from error
    return CapturedFrames(images, sent_at)


def answer_challenge(
    *, user: User, event: Event, challenge_id: UUID, frames: CapturedFrames, engine: FaceEngine
) -> PassedCheck:
    """Check the frames of an answer. The challenge is used up in any case. No frame is stored.

    Raises:
        ChallengeRefused: The challenge is unknown, used or expired, or the person has no usable
            reference.
        LivenessFailed: The frames don't show the person of the account's references making the
            requested turns.
    """
    challenge = _use_up(user, event, challenge_id, frames.sent_at)
    renew_references_of(user, engine)
    references = openable(user.references.filter(engine_version=engine.version))
    if not references:
        raise ChallengeRefused("Add a photo of your face first.")
    turns = [Turn(turn) for turn in challenge.turns.split(",")]
    is_shown = check_frames(
        read_frames(engine, frames.images),
        turns,
        embeddings_of(references),
        thresholds_of(engine.version),
    )
    return PassedCheck(challenge.registration, list(compress(references, is_shown)))


def record_passed_check(check: PassedCheck) -> None:
    """Record the references that passed. References that were deleted since are left out."""
    references = check.registration.user.references.filter(
        pk__in=[reference.pk for reference in check.references]
    )
    PassedLivenessCheck.objects.bulk_create(
        (
            PassedLivenessCheck(registration=check.registration, reference=reference)
            for reference in references
        ),
        ignore_conflicts=True,
    )


def wants_liveness_check(registration: Registration) -> bool:
    """Return whether the event has a liveness check that a reference hasn't passed."""
    if registration.event.liveness_check == Event.LivenessCheck.OFF:
        return False
    passed = registration.passed_liveness_checks.values("reference")
    return registration.user.references.exclude(pk__in=passed).exists()


@transaction.atomic
def _use_up(user: User, event: Event, challenge_id: UUID, sent_at: datetime) -> LivenessChallenge:
    """Mark a challenge as used, and return it.

    Raises:
        ChallengeRefused: The challenge can't be answered. The message is the same whether it
            belongs to another person, to another event, or doesn't exist.
    """
    challenge = (
        LivenessChallenge.objects.select_for_update()
        .select_related("registration__event", "registration__user")
        .filter(pk=challenge_id, registration__user=user, registration__event=event)
        .first()
    )
    if challenge is None or challenge.used_at:
        raise ChallengeRefused("This face check was already used. Start again.")
    if challenge.expires_at < sent_at:
        raise ChallengeRefused("This took too long. Start again.")
    challenge.used_at = timezone.now()
    challenge.save(update_fields=["used_at"])
    return challenge


def _ensure_few(frames: Sequence[bytes]) -> None:
    if len(frames) > MAX_FRAMES:
        raise ChallengeRefused(
            f"The camera sent {len(frames)} pictures; at most {MAX_FRAMES} are taken. Begin again."
        )
