"""Enrolling by camera: a fake camera shows stills of real people."""

from __future__ import annotations

import io
import re

import pytest
from PIL import Image
from playwright.sync_api import expect

from browser import people, pictures
from browser.conftest import NewVisitor
from browser.fake_camera import FakeCamera
from browser.running_site import RunningSite
from browser.visitor import Visitor, ensure_shown

pytestmark = pytest.mark.browser

PHONE = 390
MAX_PAGES = 4


@pytest.fixture(scope="module")
def stills() -> dict[str, bytes]:
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
def invitation(new_visitor: NewVisitor) -> str:
    """Return the link that Alice sends to her guests."""
    alice = new_visitor()
    people.sign_up(alice, people.alice())
    people.create_event(alice, "Quiet picnic")
    alice.follow(re.compile("^Invite"))
    alice.press("Create a link")
    link = alice.page.get_by_label(re.compile("^Link, valid")).input_value()
    return link[link.index("/events/") :]


def test_from_the_invitation_to_youre_in_by_camera(
    new_visitor: NewVisitor, invitation: str, stills: dict[str, bytes]
) -> None:
    """At most four pages on a phone, and hints while the camera runs."""
    bob, person = new_visitor(width=PHONE), people.bob()
    camera = FakeCamera(bob, stills)
    headings = []

    def reached(heading: str) -> None:
        bob.heading(heading)
        headings.append(heading)

    bob.open(invitation)
    reached("Quiet picnic")
    bob.follow("Sign up and register")
    reached("Sign up")
    people.fill_account(bob, person)
    bob.press("Create my account")
    reached("Confirm your e-mail address")
    bob.field("Code from the e-mail").fill(bob.mail.code_for(person.email))
    bob.press("Continue")
    reached("Register for Quiet picnic")
    bob.press("Use the camera")
    hint = bob.page.locator(".camera-view").get_by_role("status")
    expect(hint).to_have_text(re.compile("Check the box"))
    people.agree(bob)
    expect(hint).to_have_text("Move closer")
    camera.show("near")
    expect(hint).to_have_text("Good! Take the photo now")
    bob.press("Take the photo")
    bob.heading("Quiet picnic")
    bob.sees("You're registered")
    assert len(headings) <= MAX_PAGES
    bob.open("/profile/face/")
    ensure_shown(bob.page.get_by_role("img", name="Photo 1 of your face"))
    assert bob.complaints == []


def test_another_photo_by_camera_with_the_keyboard_alone(
    new_visitor: NewVisitor, site: RunningSite, stills: dict[str, bytes]
) -> None:
    """Bob signs in on his laptop and touches no mouse."""
    bob = new_visitor()
    FakeCamera(bob, {"near": stills["near"]})
    people.sign_in(bob, people.bob())
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
        " WHERE u.username = 'bob'"
    ) == [(2,)]


def test_without_a_camera_upload_remains(new_visitor: NewVisitor) -> None:
    bob = new_visitor(width=PHONE)
    bob.page.add_init_script(
        "navigator.mediaDevices.getUserMedia = () =>"
        " Promise.reject(new DOMException('no', 'NotAllowedError'))"
    )
    people.sign_in(bob, people.bob())
    bob.open("/profile/face/new/")
    bob.press("Use the camera")
    bob.sees("Your browser blocks the camera")
    bob.field("Upload a photo of your face").set_input_files(pictures.portrait("obama2").payload)
    bob.press(re.compile("this photo$"))
    bob.heading("My face")


def _go_to(visitor: Visitor, name: str) -> None:
    """Press Tab until the focus is there, then Enter."""
    for _ in range(60):
        visitor.page.keyboard.press("Tab")
        focused = visitor.page.evaluate("document.activeElement.innerText.trim()")
        if focused == name:
            visitor.page.keyboard.press("Enter")
            return
    raise AssertionError(f"The keyboard doesn't reach {name}.")
