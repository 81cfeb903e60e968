"""A challenge is answered once, soon, by whom it was given to; and what that is good for."""

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
from picprocure.imaging import confined
from picprocure.imaging.confined_loading import load_confined
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
    """Live capture is required; a frame's serial number says how far the head is turned in it."""

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


def asked(registration: Registration, turns: str = LEFT_RIGHT) -> LivenessChallenge:
    challenge = give_challenge(registration)
    LivenessChallenge.objects.filter(pk=challenge.pk).update(turns=turns)
    return challenge


def answer(
    world: World, challenge: LivenessChallenge, *scenes: int, who: str = "bob", **how: Any
) -> str:
    """What the page says to frames."""
    page = world.client(who).post(
        reverse("enrollment:live", args=[world.event.pk]),
        {"challenge": str(challenge.pk), "frame": frames(*scenes, **how)},
        follow=True,
    )
    return str(page.content.decode())


IN_ORDER = (FRONT, LEFT, FRONT, RIGHT, FRONT)


def count(world: World) -> int:
    return photos_visible_to(world.bob, world.event).count()


def test_where_it_is_required_nothing_is_delivered_before(required: World) -> None:
    assert count(required) == 0
    registration = required.bob.registrations.get()
    assert "it is you" in answer(required, asked(registration), *IN_ORDER)
    work_off()
    assert count(required) == 2


def test_where_it_is_only_asked_for_photos_come_anyway(required: World) -> None:
    Event.objects.update(liveness_check=Event.LivenessCheck.ASKED)
    request_sorting(required.event.pk)
    work_off()
    assert count(required) == 2
    page = required.client("bob").get(reverse("events:detail", args=[required.event.pk]))
    assert "asks you to show that it is you" in page.content.decode()


def test_a_reference_that_comes_later_was_not_seen(required: World) -> None:
    registration = required.bob.registrations.get()
    answer(required, asked(registration), *IN_ORDER)
    later = changes.add_reference(
        user=required.bob,
        reference=store_reference(reference_photo(fakes.BOB)),
        consent_version=CURRENT_CONSENT.version,
    )
    assert not PassedLivenessCheck.objects.filter(reference=later).exists()


@pytest.mark.parametrize(
    ("turns", "scenes", "how", "said"),
    [
        ("right,left", IN_ORDER, {}, "weren&#x27;t seen"),
        ("left,left", IN_ORDER, {}, "weren&#x27;t seen"),
        (LEFT_RIGHT, (FRONT,) * 5, {}, "weren&#x27;t seen"),
        (LEFT_RIGHT, IN_ORDER, {"color": fakes.ALICE}, "isn&#x27;t the face of your photos"),
        (LEFT_RIGHT, (FRONT, LEFT), {}, "only 4 pictures"),
        (LEFT_RIGHT, (), {}, "only 0 pictures"),
        (LEFT_RIGHT, (FRONT,) * 21, {}, "at most 40"),
    ],
)
def test_what_is_not_right_is_said_and_changes_nothing(
    required: World, turns: str, scenes: tuple[int, ...], how: dict[str, Any], said: str
) -> None:
    challenge = asked(required.bob.registrations.get(), turns)
    assert said in answer(required, challenge, *scenes, **how)
    assert not PassedLivenessCheck.objects.exists()
    work_off()
    assert count(required) == 0


def test_frames_answer_one_challenge_once(required: World) -> None:
    """A replay, and a second try with what was asked for before."""
    registration = required.bob.registrations.get()
    challenge = asked(registration)
    answer(required, challenge, FRONT, FRONT, FRONT, FRONT)
    assert "asked for before" in answer(required, challenge, *IN_ORDER)
    older = asked(registration)
    asked(registration)
    assert "asked for before" in answer(required, older, *IN_ORDER)
    assert not PassedLivenessCheck.objects.exists()


def test_a_challenge_expires(required: World) -> None:
    challenge = asked(required.bob.registrations.get())
    LivenessChallenge.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert "took too long" in answer(required, challenge, *IN_ORDER)
    LivenessChallenge.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    sweep()
    assert not LivenessChallenge.objects.exists()


class TestOnABusySite:
    def sent(self, world: World, challenge: LivenessChallenge) -> int:
        page = world.client("bob").post(
            reverse("enrollment:live", args=[world.event.pk]),
            {"challenge": str(challenge.pk), "frame": frames(*IN_ORDER)},
        )
        return int(page.status_code)

    def test_who_comes_while_others_are_looked_at_keeps_the_challenge(
        self, required: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(decoding, "WAIT_SECONDS", 0.05)
        challenge = asked(required.bob.registrations.get())
        with decoding.face_detection_slot():
            assert self.sent(required, challenge) == 503
        assert "it is you" in answer(required, challenge, *IN_ORDER)

    def test_who_finds_no_decoder_keeps_the_challenge(
        self, required: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(confined._decoders, "wait_seconds", 0.05)
        challenge = asked(required.bob.registrations.get())
        with confined.decoder(), confined.decoder():
            assert self.sent(required, challenge) == 503
        assert "it is you" in answer(required, challenge, *IN_ORDER)

    def test_others_are_looked_at_while_frames_are_decoded(
        self, required: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(decoding, "WAIT_SECONDS", 0.05)
        looked: list[int] = []

        def slowly(frames: Any, **limits: Any) -> Any:
            with decoding.face_detection_slot():
                looked.append(len(frames))
            return load_confined(frames, **limits)

        monkeypatch.setattr(liveness, "load_confined", slowly)
        assert "it is you" in answer(required, asked(required.bob.registrations.get()), *IN_ORDER)
        assert looked == [10]

    def test_frames_that_came_in_time_may_wait(
        self, required: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def late(frames: Any, **limits: Any) -> Any:
            LivenessChallenge.objects.update(expires_at=timezone.now())
            return load_confined(frames, **limits)

        monkeypatch.setattr(liveness, "load_confined", late)
        assert "it is you" in answer(required, asked(required.bob.registrations.get()), *IN_ORDER)


def test_the_challenge_of_another_account_is_none(required: World) -> None:
    challenge = asked(required.bob.registrations.get())
    said = answer(required, challenge, *IN_ORDER, who="charlie")
    assert "asked for before, or by somebody else" in said
    assert not PassedLivenessCheck.objects.exists()


def test_a_frame_that_is_no_picture_is_said_so(required: World) -> None:
    challenge = asked(required.bob.registrations.get())
    page = required.client("bob").post(
        reverse("enrollment:live", args=[required.event.pk]),
        {"challenge": str(challenge.pk), "frame": [SimpleUploadedFile("f.jpg", b"words")] * 9},
        follow=True,
    )
    assert "couldn&#x27;t read a picture" in page.content.decode()


def test_each_page_asks_for_turns_at_random(required: World) -> None:
    registration = required.bob.registrations.get()
    given = {give_challenge(registration).turns for _ in range(60)}
    assert given == {"left,left", "left,right", "right,left", "right,right"}


def test_the_creator_sees_who_was_seen_live(required: World) -> None:
    answer(required, asked(required.bob.registrations.get()), *IN_ORDER)
    page = required.client("alice").get(reverse("events:people", args=[required.event.pk]))
    assert page.content.decode().count("Face check passed") == 1
    assert page.content.decode().count("Not seen live") == 1


def test_attempts_are_limited(required: World) -> None:
    address = reverse("enrollment:live", args=[required.event.pk])
    bob = required.client("bob")
    statuses = [bob.post(address, {}).status_code for _ in range(21)]
    assert statuses == [302] * 20 + [429]
