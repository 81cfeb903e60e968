"""The liveness check in the browser. The camera shows a person who turns left, then right."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import expect

import head_turns
from browser import people
from browser.conftest import NewVisitor
from browser.fake_camera import FakeCamera
from browser.pictures import Picture
from browser.running_site import RunningSite
from browser.visitor import Visitor

pytestmark = pytest.mark.browser

CROPS = Path(__file__).resolve().parents[2].parent / "shared/photos"
SCENES = ("front", "left", "front", "right", "front")


@pytest.fixture(scope="module")
def stills() -> dict[str, bytes]:
    folder = Path(os.environ.get("PICPROCURE_TEST_PHOTOS", CROPS))
    if not folder.is_dir():
        pytest.skip(f"no labeled photos in {folder}; PICPROCURE_TEST_PHOTOS may name their folder")
    return head_turns.stills(folder / "lfw")


@pytest.fixture(scope="module")
def mel(new_visitor: NewVisitor, stills: dict[str, bytes]) -> Visitor:
    """Signed up with the still from the front, and registered for Alice's event."""
    alice, visitor = new_visitor(), new_visitor(width=390)
    people.sign_up(alice, people.alice())
    alice.open("/events/new/")
    alice.fill(Name="Quiet picnic")
    alice.field("Quick face check").select_option("required")
    alice.press("Create the event")
    alice.heading("Quiet picnic")
    photo = Picture("me.jpg", stills["front"])
    people.sign_up(visitor, replace(people.bob(), photo=photo))
    people.register(visitor, alice.page.url.split("/")[-2])
    return visitor


@pytest.fixture(scope="module")
def camera(mel: Visitor, stills: dict[str, bytes]) -> FakeCamera:
    return FakeCamera(mel, stills, *SCENES)


def ask_for(site: RunningSite, turns: str) -> None:
    """Put other turns into the challenge that was just given."""
    with closing(sqlite3.connect(site.data_dir / "picprocure.sqlite3", timeout=30)) as database:
        database.execute("UPDATE recognition_livenesschallenge SET turns = ?", [turns])
        database.commit()


@pytest.mark.parametrize("size", [(390, 844), (360, 640), (844, 390), (1280, 720)])
def test_what_to_do_stands_above_the_picture_while_the_clock_runs(
    mel: Visitor, camera: FakeCamera, size: tuple[int, int]
) -> None:
    width, height = size
    mel.page.set_viewport_size({"width": width, "height": height})
    event = mel.page.url.rstrip("/").split("/")[-1]
    mel.follow("Start the face check")
    mel.heading("Quick face check")
    camera.hold_clock()
    mel.press("Start the camera")
    for text in ("Look at the camera", "Turn your head"):
        camera.run_clock_until(text)
        hint = mel.page.get_by_role("status").filter(has_text=text)
        expect(hint).to_be_in_viewport(ratio=1)
        box, picture = hint.bounding_box(), mel.page.locator("video").bounding_box()
        assert box
        assert picture
        assert box["y"] + box["height"] <= picture["y"] + 1
        assert picture["height"] >= height / 2
        assert picture["y"] + picture["height"] <= height + 1
    mel.page.set_viewport_size({"width": 390, "height": 844})
    mel.open(f"/events/{event}/")


@pytest.mark.parametrize(("turns", "passes"), [("right,left", False), ("left,right", True)])
def test_one_film_passes_one_order_and_fails_the_other(
    site: RunningSite, mel: Visitor, camera: FakeCamera, turns: str, passes: bool
) -> None:
    mel.follow("Start the face check")
    mel.heading("Quick face check")
    ask_for(site, turns)
    mel.press("Start the camera")
    expect(mel.page.get_by_role("status").filter(has_text="Look at the camera")).to_be_visible()
    if passes:
        mel.sees("Thank you. You passed the face check.")
        mel.heading("Quiet picnic")
    else:
        mel.sees("We didn't see the head turns we asked for")
        mel.page.go_back()
        mel.open(f"/events/{mel.page.url.split('/')[-2]}/")
    assert mel.complaints == []
