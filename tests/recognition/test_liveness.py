"""Liveness checks: who may answer a challenge, how often and until when, and what it is for."""

from __future__ import annotations

from datetime import timedelta
from itertools import chain
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

import fakes
from conftest import World, reference_photo, work_off
from picprocure.accounts.consent import CURRENT_CONSENT
from picprocure.events.models import Event, Registration
from picprocure.galleries.access import photos_visible_to
from picprocure.imaging import sandbox
from picprocure.imaging.sandboxed_loading import load_sandboxed
from picprocure.pipeline import changes
from picprocure.recognition import liveness
from picprocure.recognition.liveness import give_challenge
from picprocure.recognition.models import LivenessChallenge, PassedLivenessCheck
from picprocure.recognition.references import store_reference
from picprocure.recognition.sorting import request_sorting
from picprocure.retention.sweep import sweep
from picprocure.web import decoding

LEFT_RIGHT = "left,right"


@pytest.fixture
def required(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """Require the liveness check. The serial number of a frame encodes the yaw of its head."""

    def yaw(engine: object, image: Any, box: object) -> float:
        return (int(image.pixels[0, 0, 0]) - 100) / 100

    monkeypatch.setattr(fakes.StripeEngine, "head_yaw", yaw)
    Event.objects.update(liveness_check=Event.LivenessCheck.REQUIRED)
    request_sorting(world.event.pk)
    work_off()
    return world


FRONT, LEFT, RIGHT = 100, 170, 30


def frames(*scenes: int, color: tuple[int, int, int] = fakes.BOB) -> list[SimpleUploadedFile]:
    return [
        SimpleUploadedFile("frame.png", fakes.stripes(color, serial=scene))
        for scene in chain.from_iterable([scene] * 2 for scene in scenes)
    ]


def challenge_with(registration: Registration, turns: str = LEFT_RIGHT) -> LivenessChallenge:
    challenge = give_challenge(registration)
    LivenessChallenge.objects.filter(pk=challenge.pk).update(turns=turns)
    return challenge


def answer(
    world: World, challenge: LivenessChallenge, *scenes: int, username: str = "bob", **options: Any
) -> str:
    """Send frames, and return the page that answers."""
    page = world.client(username).post(
        reverse("enrollment:live", args=[world.event.pk]),
        {"challenge": str(challenge.pk), "frame": frames(*scenes, **options)},
        follow=True,
    )
    return str(page.content.decode())


IN_ORDER = (FRONT, LEFT, FRONT, RIGHT, FRONT)


def count(world: World) -> int:
    return photos_visible_to(world.bob, world.event).count()


def test_required_check_delivers_photos_only_once_passed(required: World) -> None:
    assert count(required) == 0
    registration = required.bob.registrations.get()
    assert "passed the face check" in answer(required, challenge_with(registration), *IN_ORDER)
    work_off()
    assert count(required) == 2


def test_optional_check_delivers_photos_anyway(required: World) -> None:
    Event.objects.update(liveness_check=Event.LivenessCheck.ASKED)
    request_sorting(required.event.pk)
    work_off()
    assert count(required) == 2
    page = required.client("bob").get(reverse("events:detail", args=[required.event.pk]))
    assert "asks you to do a quick face check" in page.content.decode()


def test_reference_added_later_has_not_passed(required: World) -> None:
    registration = required.bob.registrations.get()
    answer(required, challenge_with(registration), *IN_ORDER)
    later = changes.add_reference(
        user=required.bob,
        reference=store_reference(reference_photo(fakes.BOB)),
        consent_version=CURRENT_CONSENT.version,
    )
    assert not PassedLivenessCheck.objects.filter(reference=later).exists()


@pytest.mark.parametrize(
    ("turns", "scenes", "options", "message"),
    [
        ("right,left", IN_ORDER, {}, "see the head turns"),
        ("left,left", IN_ORDER, {}, "see the head turns"),
        (LEFT_RIGHT, (FRONT,) * 5, {}, "see the head turns"),
        (LEFT_RIGHT, IN_ORDER, {"color": fakes.ALICE}, "look like the photos of your face"),
        (LEFT_RIGHT, (FRONT, LEFT), {}, "only 4 pictures"),
        (LEFT_RIGHT, (), {}, "only 0 pictures"),
        (LEFT_RIGHT, (FRONT,) * 21, {}, "at most 40"),
    ],
)
def test_failed_check_says_why_and_changes_nothing(
    required: World, turns: str, scenes: tuple[int, ...], options: dict[str, Any], message: str
) -> None:
    challenge = challenge_with(required.bob.registrations.get(), turns)
    assert message in answer(required, challenge, *scenes, **options)
    assert not PassedLivenessCheck.objects.exists()
    work_off()
    assert count(required) == 0


def test_challenge_can_be_answered_only_once(required: World) -> None:
    """Neither a replay nor an older challenge is accepted."""
    registration = required.bob.registrations.get()
    challenge = challenge_with(registration)
    answer(required, challenge, FRONT, FRONT, FRONT, FRONT)
    assert "already used" in answer(required, challenge, *IN_ORDER)
    older = challenge_with(registration)
    challenge_with(registration)
    assert "already used" in answer(required, older, *IN_ORDER)
    assert not PassedLivenessCheck.objects.exists()


def test_challenge_expires(required: World) -> None:
    challenge = challenge_with(required.bob.registrations.get())
    LivenessChallenge.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert "took too long" in answer(required, challenge, *IN_ORDER)
    LivenessChallenge.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    sweep()
    assert not LivenessChallenge.objects.exists()


class TestOnABusySite:
    def post_status(self, world: World, challenge: LivenessChallenge) -> int:
        page = world.client("bob").post(
            reverse("enrollment:live", args=[world.event.pk]),
            {"challenge": str(challenge.pk), "frame": frames(*IN_ORDER)},
        )
        return int(page.status_code)

    def test_challenge_stays_valid_while_the_face_engine_is_busy(
        self, required: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(decoding, "WAIT_SECONDS", 0.05)
        challenge = challenge_with(required.bob.registrations.get())
        with decoding.face_detection_slot():
            assert self.post_status(required, challenge) == 503
        assert "passed the face check" in answer(required, challenge, *IN_ORDER)

    def test_challenge_stays_valid_while_no_decoder_is_free(
        self, required: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(sandbox._decoders, "wait_seconds", 0.05)
        challenge = challenge_with(required.bob.registrations.get())
        with sandbox.decoder(), sandbox.decoder():
            assert self.post_status(required, challenge) == 503
        assert "passed the face check" in answer(required, challenge, *IN_ORDER)

    def test_face_engine_is_free_while_frames_are_decoded(
        self, required: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(decoding, "WAIT_SECONDS", 0.05)
        frame_counts: list[int] = []

        def decode_with_free_engine(frames: Any, **limits: Any) -> Any:
            with decoding.face_detection_slot():
                frame_counts.append(len(frames))
            return load_sandboxed(frames, **limits)

        monkeypatch.setattr(liveness, "load_sandboxed", decode_with_free_engine)
        assert "passed the face check" in answer(
            required, challenge_with(required.bob.registrations.get()), *IN_ORDER
        )
        assert frame_counts == [10]

    def test_frames_sent_in_time_may_wait_past_the_expiry(
        self, required: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def decode_after_expiry(frames: Any, **limits: Any) -> Any:
            LivenessChallenge.objects.update(expires_at=timezone.now())
            return load_sandboxed(frames, **limits)

        monkeypatch.setattr(liveness, "load_sandboxed", decode_after_expiry)
        assert "passed the face check" in answer(
            required, challenge_with(required.bob.registrations.get()), *IN_ORDER
        )


def test_challenge_of_another_account_is_refused(required: World) -> None:
    challenge = challenge_with(required.bob.registrations.get())
    message = answer(required, challenge, *IN_ORDER, username="charlie")
    assert "already used" in message
    assert not PassedLivenessCheck.objects.exists()


def test_frame_that_is_no_picture_is_refused(required: World) -> None:
    challenge = challenge_with(required.bob.registrations.get())
    page = required.client("bob").post(
        reverse("enrollment:live", args=[required.event.pk]),
        {"challenge": str(challenge.pk), "frame": [SimpleUploadedFile("f.jpg", b"words")] * 9},
        follow=True,
    )
    assert "couldn&#x27;t read a picture" in page.content.decode()


def test_turns_are_random(required: World) -> None:
    registration = required.bob.registrations.get()
    turns = {give_challenge(registration).turns for _ in range(60)}
    assert turns == {"left,left", "left,right", "right,left", "right,right"}


def test_host_sees_who_passed(required: World) -> None:
    answer(required, challenge_with(required.bob.registrations.get()), *IN_ORDER)
    page = required.client("alice").get(reverse("events:people", args=[required.event.pk]))
    assert page.content.decode().count("Face check passed") == 1
    assert page.content.decode().count("No face check") == 1


def test_attempts_are_limited(required: World) -> None:
    address = reverse("enrollment:live", args=[required.event.pk])
    bob = required.client("bob")
    statuses = [bob.post(address, {}).status_code for _ in range(21)]
    assert statuses == [302] * 20 + [429]
