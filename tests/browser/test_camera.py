"""An invitation, and the camera: enrolling, and the quick face check.

A fake camera shows stills of real people.
"""

from __future__ import annotations

import io
import os
import re
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import ViewportSize, expect

import head_turns
from browser import people, pictures
from browser.conftest import NewVisitor
from browser.effort import count_effort, effort_of
from browser.fake_camera import FakeCamera
from browser.pictures import Picture
from browser.qr_code import read_qr_code
from browser.running_site import RunningSite
from browser.visitor import Visitor, ensure_shown

pytestmark = pytest.mark.browser

PHONE = 390
SMALL: ViewportSize = {"width": 360, "height": 640}
SECONDS = 30  # docs/performance.md has the figures
CROPS = Path(__file__).resolve().parents[2].parent / "shared/photos"
SCENES = ("front", "left", "front", "right", "front")


@pytest.fixture(scope="module")
def stills() -> dict[str, bytes]:
    """Return Bob, far from his phone and near it."""
    portrait = Image.open(io.BytesIO(pictures.portrait("obama").content)).convert("RGB")
    return {"far": _frame(portrait, 240), "near": _frame(portrait, 1000)}


def _frame(portrait: Image.Image, height: int) -> bytes:
    """Return a frame of 640 by 480 with the portrait at that height in the middle."""
    width = round(portrait.width * height / portrait.height)
    frame = Image.new("RGB", (640, 480), (90, 90, 90))
    frame.paste(portrait.resize((width, height)), (320 - width // 2, 240 - round(0.34 * height)))
    out = io.BytesIO()
    frame.save(out, "JPEG", quality=92)
    return out.getvalue()


@pytest.fixture(scope="module")
def alice(new_visitor: NewVisitor) -> Visitor:
    visitor = new_visitor()
    people.sign_up(visitor, people.alice())
    return visitor


@pytest.fixture(scope="module")
def invitation(alice: Visitor) -> str:
    """Return the link that a phone reads from Alice's poster."""
    people.create_event(alice, "Quiet picnic")
    alice.follow(re.compile("^Invite"))
    alice.press("Create a link")
    poster = alice.page.get_by_role("img", name="QR code of the link").screenshot()
    link = read_qr_code(poster)
    assert link == alice.page.get_by_label(re.compile("^Link, valid")).input_value()
    return link


def test_link_is_copied_and_its_poster_prints_on_one_sheet(alice: Visitor, invitation: str) -> None:
    alice.press("Copy the link")
    alice.sees("The link was copied.")
    name, code = alice.download("QR code as PNG")
    assert (name, read_qr_code(code)) == ("invitation.png", invitation)
    alice.follow("Poster and table cards")
    for size, width_mm, height_mm in (
        ("A4", 210, 297),
        ("A5", 148, 210),
        ("Table cards", 210, 297),
    ):
        alice.follow(size)
        expect(alice.page.locator("[aria-current=page]")).to_have_text(size)
        picture = alice.page.get_by_role("img", name="QR code of the link").first
        ensure_shown(picture)
        assert read_qr_code(picture.screenshot()) == invitation
        pages = re.findall(
            rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", alice.page.pdf(prefer_css_page_size=True)
        )
        assert [[round(float(side) / 72 * 25.4) for side in page] for page in pages] == [
            [width_mm, height_mm]
        ]


def test_from_the_invitation_to_youre_in_by_camera(
    new_visitor: NewVisitor, invitation: str, stills: dict[str, bytes]
) -> None:
    """In three steps on a small phone, and without a password."""
    bob, person = new_visitor(width=360), people.bob()
    bob.page.set_viewport_size(SMALL)
    camera = FakeCamera(bob, stills)
    count_effort(bob)
    headings = []

    def reached(heading: str) -> None:
        bob.heading(heading)
        headings.append(heading)

    bob.open(invitation)
    reached("Quiet picnic")
    bob.follow("Sign up and register")
    reached("Sign up")
    bob.fill(First_name=person.first_name, Last_name=person.last_name)
    bob.field("E-mail address").fill(person.email)
    bob.press("Continue")
    reached("Confirm your e-mail address")
    expect(bob.field("Code from the e-mail")).to_be_focused()
    code = bob.mail.code_for(person.email)
    bob.field("Code from the e-mail").fill(f"{code[:3]} {code[3:]}")
    bob.press("Continue")
    reached("Register for Quiet picnic")
    bob.press("Use the camera")
    hint = bob.page.locator(".camera-view").get_by_role("status")
    expect(hint).to_have_text(re.compile("Check the box"))
    people.agree(bob)
    expect(hint).to_have_text("Move closer")
    camera.show("near")
    expect(hint).to_have_text("Good! Take the photo now")
    for size in (SMALL, {"width": 640, "height": 360}):
        bob.page.set_viewport_size(size)  # type: ignore[arg-type]
        button = bob.page.get_by_role("button", name="Take the photo")
        bob.page.locator(".camera").evaluate("box => box.scrollIntoView({block: 'center'})")
        for part in (hint, bob.page.locator("video"), button):
            expect(part).to_be_in_viewport(ratio=0.99)
    bob.press("Take the photo")
    bob.heading("Quiet picnic")
    bob.sees("You're registered. Alice Hathaway will approve you, then your photos appear here.")
    assert len(headings) == 4  # the invitation, and three steps
    effort = effort_of(bob)
    assert (effort.fields, effort.taps) == (4, 7)
    assert effort.seconds < SECONDS
    bob.open("/profile/face/")
    ensure_shown(bob.page.get_by_role("img", name="Photo 1 of your face"))
    assert bob.complaints == []


def test_another_photo_by_camera_with_the_keyboard_alone(
    new_visitor: NewVisitor, site: RunningSite, stills: dict[str, bytes]
) -> None:
    """Bob signs in on his laptop and touches no mouse."""
    bob = new_visitor()
    FakeCamera(bob, {"near": stills["near"]})
    people.sign_in_by_code(bob, people.bob())
    bob.open("/profile/face/")
    _go_to(bob, "Add another photo")
    bob.heading("Add another photo of your face")
    _go_to(bob, "Use the camera")
    expect(bob.page.get_by_role("button", name="Take the photo")).to_be_focused()
    hint = bob.page.locator(".camera-view").get_by_role("status")
    expect(hint).to_have_text("Good! Take the photo now")
    bob.page.keyboard.press("Enter")
    bob.heading("My face")
    assert site.rows(
        "SELECT count(*) FROM recognition_reference r JOIN accounts_user u ON u.id = r.user_id"
        " WHERE u.first_name = 'Bob'"
    ) == [(2,)]


def test_without_a_camera_upload_remains(new_visitor: NewVisitor) -> None:
    bob = new_visitor(width=PHONE)
    bob.page.add_init_script(
        "navigator.mediaDevices.getUserMedia = () =>"
        " Promise.reject(new DOMException('no', 'NotAllowedError'))"
    )
    people.sign_in_by_code(bob, people.bob())
    bob.open("/profile/face/new/")
    bob.press("Use the camera")
    bob.sees("Your browser blocks the camera")
    bob.field("Upload a photo of your face").set_input_files(pictures.portrait("obama2").payload)
    bob.press(re.compile("this photo$"))
    bob.heading("My face")


@pytest.fixture(scope="module")
def turning() -> dict[str, bytes]:
    """Return a person who looks ahead, left and right."""
    folder = Path(os.environ.get("PICPROCURE_TEST_PHOTOS", CROPS))
    if not folder.is_dir():
        pytest.skip(f"no labeled photos in {folder}; PICPROCURE_TEST_PHOTOS may name their folder")
    return head_turns.stills(folder / "lfw")


@pytest.fixture(scope="module")
def mel(new_visitor: NewVisitor, alice: Visitor, turning: dict[str, bytes]) -> Visitor:
    """Signed up with the still from the front, and registered for Alice's event."""
    visitor = new_visitor(width=PHONE)
    alice.open("/events/new/")
    alice.fill(Name="Garden party")
    people.show_more(alice)
    alice.field("List this event publicly").check()
    alice.field("Quick face check").select_option("required")
    alice.press("Create the event")
    alice.heading("Garden party")
    photo = Picture("me.jpg", turning["front"])
    people.sign_up(visitor, replace(people.maya(), photo=photo))
    people.register(visitor, alice.page.url.split("/")[-2])
    return visitor


@pytest.fixture(scope="module")
def camera(mel: Visitor, turning: dict[str, bytes]) -> FakeCamera:
    return FakeCamera(mel, turning, *SCENES)


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
    # Put other turns into the challenge that was just given.
    site.change("UPDATE recognition_livenesschallenge SET turns = ?", turns)
    mel.press("Start the camera")
    expect(mel.page.get_by_role("status").filter(has_text="Look at the camera")).to_be_visible()
    if passes:
        mel.sees("Thank you. You passed the face check.")
        mel.heading("Garden party")
    else:
        mel.sees("We didn't see the head turns we asked for")
        mel.page.go_back()
        mel.open(f"/events/{mel.page.url.split('/')[-2]}/")
    assert mel.complaints == []


def _go_to(visitor: Visitor, name: str) -> None:
    """Press Tab until the focus is there, then Enter."""
    for _ in range(60):
        visitor.page.keyboard.press("Tab")
        focused = visitor.page.evaluate("document.activeElement.innerText.trim()")
        if focused == name:
            visitor.page.keyboard.press("Enter")
            return
    raise AssertionError(f"The keyboard doesn't reach {name}.")
