"""Take the pictures of the documentation: `make screenshots` writes them to docs/images/.

The walk finds forms by their addresses and fields by their names, so a new text on a page needs
no change here. The people and places are drawn.
"""

from __future__ import annotations

import io
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, Locator, expect

from browser import drawn_people
from browser.drawn_people import Guest, Scene
from browser.fake_camera import FakeCamera
from browser.mail import MailSink
from browser.patience import wait_for
from browser.running_site import RunningSite
from browser.visitor import Visitor, ensure_shown

pytestmark = pytest.mark.screenshots

TESTS = Path(__file__).parents[1]
IMAGES = TESTS.parent / "docs/images"
MAX_BYTES = 200_000
DESKTOP, PHONE = (1280, 860), (390, 844)
PASSWORD = "seven-Kites-over-hill-93"
EVENT = "Lakeside weekend"
SORTING_SECONDS = 120
SCROLL = """
of => scrollTo(0, of ? document.querySelector(of).getBoundingClientRect().top + scrollY - 24 : 0)
"""


@pytest.fixture(scope="module")
def site_settings() -> Iterator[dict[str, str]]:
    """With the engine that knows drawn people, which the site must be able to import."""
    path = [str(TESTS), os.environ.get("PYTHONPATH", "")]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", os.pathsep.join(filter(None, path)))
        yield {"face_engine": "browser.drawn_people.DrawnEngine", "time_zone": "Europe/Berlin"}


def point_camera_at_maya(visitor: Visitor) -> None:
    frame = Scene("frame.jpg", drawn_people.plain, ((drawn_people.MAYA, 0.5, 0.47, 300),)).picture()
    small = io.BytesIO()
    Image.open(io.BytesIO(frame.content)).resize((640, 480)).save(small, "JPEG", quality=92)
    FakeCamera(visitor, {"maya": small.getvalue()})


class Walker(Visitor):
    """A visitor who finds everything by address or field name."""

    def named(self, name: str) -> Locator:
        return self.page.locator(f"main [name={name}]").first

    def enter(self, **fields: str) -> None:
        for name, text in fields.items():
            self.named(name).fill(text)

    def submit(self, field: str) -> None:
        """Press the main button of the form that has this field, and wait for the next page."""
        form = self.page.locator(f"main form:has([name={field}])").first
        with self.page.expect_navigation():
            form.locator("button[type=submit]").first.click()

    def tick_all(self) -> None:
        for box in self.page.locator("main form input[type=checkbox][required]").all():
            box.check()

    def take(self, name: str, *, of: str = "") -> None:
        """Take a picture of the window at the page's top, or from a part of the page on."""
        self.page.wait_for_load_state("networkidle")
        for image in self.page.locator("main img").all():
            ensure_shown(image)
        self.page.evaluate("document.activeElement.blur()")
        self.page.evaluate(SCROLL, of)
        self.page.mouse.move(0, 0)
        save(self.page.screenshot(animations="disabled"), name)


def save(png: bytes, name: str) -> None:
    """Write a picture as WebP that is small enough to be committed."""
    for quality in (86, 76, 66):
        out = io.BytesIO()
        Image.open(io.BytesIO(png)).convert("RGB").save(out, "WEBP", quality=quality, method=6)
        if out.tell() < MAX_BYTES:
            break
    assert out.tell() < MAX_BYTES, f"{name} has {out.tell()} bytes"
    IMAGES.mkdir(exist_ok=True)
    (IMAGES / f"{name}.webp").write_bytes(out.getvalue())


class Story:
    """Where visitors come from."""

    def __init__(self, site: RunningSite, browser: Browser, mail: MailSink) -> None:
        self.site, self.browser, self.mail = site, browser, mail

    def visitor(self, window: tuple[int, int]) -> Walker:
        width, height = window
        context = self.browser.new_context(
            base_url=self.site.address,
            viewport={"width": width, "height": height},
            device_scale_factor=1 if window == DESKTOP else 2,
            timezone_id="Europe/Berlin",
            reduced_motion="reduce",
        )
        return Walker(context, self.site.address, self.mail)


def fill_account(visitor: Walker, first: str, last: str) -> str:
    """Fill in the sign-up page that is open; the e-mail address."""
    email = f"{first.lower()}@example.org"
    visitor.enter(first_name=first, last_name=last, email=email)
    return email


def set_password(visitor: Walker) -> None:
    """Choose a password on the sign-up page, to sign in again without a mail."""
    visitor.page.get_by_text("Set a password now").click()
    visitor.enter(password1=PASSWORD)
    visitor.submit("password1")


def enter_code(visitor: Walker, email: str) -> None:
    visitor.enter(code=visitor.mail.code_for(email))
    visitor.submit("code")


def sign_up(visitor: Walker, first: str, last: str, guest: Guest) -> None:
    visitor.open("/account/signup/")
    email = fill_account(visitor, first, last)
    set_password(visitor)
    enter_code(visitor, email)
    visitor.open("/profile/face/new/")
    add_face(visitor, guest)


def add_face(visitor: Walker, guest: Guest) -> None:
    visitor.tick_all()
    visitor.named("photo").set_input_files(drawn_people.portrait(guest).payload)
    visitor.submit("photo")


def join(visitor: Walker, link: str) -> None:
    visitor.open(f"{link}?to=join")
    visitor.tick_all()
    visitor.submit("event_consent")


def create_event(alice: Walker) -> str:
    """Create the event; the address of its page."""
    alice.open("/events/new/")
    alice.enter(name=EVENT, place="Boathouse, Lake Constance")
    alice.enter(description="Three days at the lake: swimming, dancing, and a long dinner.")
    alice.take("create-event")
    alice.named("cover").set_input_files(drawn_people.cover().payload)
    alice.submit("name")
    found = re.search(r"/events/[0-9a-f-]{36}/", alice.page.url)
    assert found, alice.page.url
    return found[0]


def make_invitation(alice: Walker, event_page: str) -> str:
    """Make a link; its path."""
    alice.open(f"{event_page}invite/")
    alice.page.locator("main form button[type=submit]").first.click()
    link = alice.page.locator("main input[readonly]").first
    expect(link).to_be_visible()
    alice.take("invite")
    value = link.input_value()
    return value[value.index("/events/") :]


def register_by_invitation(maya: Walker, link: str) -> None:
    """From the invitation to the registration, on a phone."""
    point_camera_at_maya(maya)
    maya.open(link)
    maya.take("phone-invitation")
    maya.page.locator("main .btn-primary").first.click()
    maya.page.wait_for_url("**/account/signup/**")
    email = fill_account(maya, "Maya", "Lindqvist")
    maya.take("phone-sign-up")
    set_password(maya)
    enter_code(maya, email)
    maya.page.locator("[data-camera-start]").click()
    maya.tick_all()
    take = maya.page.locator("[data-camera-take]")
    expect(maya.page.locator(".camera-hint")).to_have_text(re.compile("Good"), timeout=60_000)
    maya.take("phone-camera", of=".consent")
    take.click()
    maya.page.wait_for_url(re.compile(r"/events/[0-9a-f-]{36}/$"))
    maya.take("phone-registered")


def upload(alice: Walker, event_page: str) -> None:
    """Close registration, upload all photos, and wait until they are sorted."""
    alice.open(f"{event_page}photos/")
    alice.page.locator("main form[action$='/close/'] button").click()
    alice.open(f"{event_page}photos/")
    photos = [scene.picture() for scene in drawn_people.SCENES]
    alice.named("photos").set_input_files([photo.payload for photo in photos])
    expect(alice.page.locator("[data-upload-refresh]")).to_be_visible(timeout=120_000)
    alice.take("upload")

    def is_sorted() -> bool:
        alice.open(f"{event_page}photos/")
        panel = alice.page.locator("#progress")
        return not panel.locator("progress").count() and panel.locator("dd").count() > 0

    wait_for(is_sorted, "the sorted photos", seconds=SORTING_SECONDS)
    alice.take("host-photos", of="#progress")


def test_pictures_of_the_documentation(site: RunningSite, browser: Browser, mail: MailSink) -> None:
    story = Story(site, browser, mail)
    alice, maya = story.visitor(DESKTOP), story.visitor(PHONE)
    sign_up(alice, "Alice", "Hathaway", drawn_people.ALICE)
    event_page = create_event(alice)
    link = make_invitation(alice, event_page)
    register_by_invitation(maya, link)
    for first, last, guest in (
        ("Bob", "Marlowe", drawn_people.BOB),
        ("Charlie", "Quill", drawn_people.CHARLIE),
    ):
        other = story.visitor(PHONE)
        sign_up(other, first, last, guest)
        join(other, link)
        other.context.close()
    alice.open(f"{event_page}hosts/")
    alice.take("co-hosts")
    alice.open(f"{event_page}people/")
    alice.take("people")
    alice.submit("all")
    alice.open(event_page)
    alice.take("event")
    upload(alice, event_page)
    walk_results(alice, event_page)
    walk_gallery(story, maya, event_page)
    walk_operator(site, alice)
    assert [name for name in (alice.complaints, maya.complaints) if name] == []


def walk_results(alice: Walker, event_page: str) -> None:
    """Take a picture of a photo whose faces the host sees."""
    alice.open(f"{event_page}people/?show=approved")
    alice.page.locator("main .person a[href$='/gallery/']").first.click()
    alice.page.locator("main .gallery a").first.click()
    alice.page.locator("main .faces-list a").first.click()
    alice.page.wait_for_url("**#face")
    alice.take("faces")


def walk_gallery(story: Story, maya: Walker, event_page: str) -> None:
    """Take pictures of what a guest gets: on a phone, and signed in on a desktop."""
    gallery = event_page.replace("/events/", "/galleries/")
    maya.open(gallery)
    maya.take("phone-gallery")
    maya.page.locator("main .gallery a").first.click()
    maya.page.wait_for_url(re.compile(f"{gallery}.+"))
    maya.take("phone-photo")
    maya.open("/profile/face/")
    maya.take("phone-face")
    maya.open("/profile/data/")
    maya.take("phone-data")
    desktop = story.visitor(DESKTOP)
    desktop.open("/account/login/password/")
    desktop.enter(login="maya@example.org", password=PASSWORD)
    desktop.submit("password")
    desktop.open(gallery)
    desktop.take("gallery")


def walk_operator(site: RunningSite, alice: Walker) -> None:
    site.change(
        "UPDATE accounts_user SET is_staff = 1, is_superuser = 1 WHERE first_name = 'Alice'"
    )
    alice.open("/operator/")
    alice.take("operator")
