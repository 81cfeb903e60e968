"""The people of these stories, and what people do on this site, page by page."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

from playwright.sync_api import expect

from browser import pictures
from browser.pictures import Picture
from browser.visitor import Visitor, ensure_shown

SORTING_SECONDS = 120


@dataclass(frozen=True)
class Person:
    first_name: str
    last_name: str
    email: str
    password: str = field(repr=False)
    photo: Picture

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}"

    def with_password(self, password: str) -> Person:
        return replace(self, password=password)


def alice() -> Person:
    """She creates the event, registers for it, and is in none of its photos."""
    return _person("Alice", "Hathaway", "plum-Cake-in-autumn-41", pictures.portrait("biden"))


def bob() -> Person:
    return _person("Bob", "Marlowe", "seven-Kites-over-hill-93", pictures.portrait("obama"))


def maya() -> Person:
    photo = pictures.woman_of_groups_1_and_3()
    return _person("Maya", "Lindqvist", "quiet-Harbor-lantern-58", photo)


def mallory() -> Person:
    """She is signed in, and a stranger to the event."""
    photo = pictures.woman_of_group_6()
    return _person("Mallory", "Quill", "nobody-Looks-at-me-77", photo)


def _person(first: str, last: str, password: str, photo: Picture) -> Person:
    email = f"{first.lower()}.{last.lower()}@post.example.org"
    return Person(first, last, email, password, photo)


def sign_up(visitor: Visitor, person: Person) -> None:
    fill_sign_up(visitor, person)
    visitor.press("Continue")
    confirm_address(visitor, person)
    visitor.heading(f"Welcome, {person.first_name}")
    visitor.follow("I want my photos")
    visitor.heading("Add a photo of your face")
    show_face(visitor, person.photo)
    visitor.heading("My face")


def fill_sign_up(visitor: Visitor, person: Person) -> None:
    visitor.open("/account/signup/")
    fill_account(visitor, person)


def fill_account(visitor: Visitor, person: Person) -> None:
    """On the sign-up page that is open. A password is one tap away."""
    visitor.fill(First_name=person.first_name, Last_name=person.last_name)
    visitor.field("E-mail address").fill(person.email)
    visitor.page.get_by_text("Set a password now").click()
    visitor.field("Password").fill(person.password)


def confirm_address(visitor: Visitor, person: Person) -> None:
    visitor.heading("Confirm your e-mail address")
    visitor.field("Code from the e-mail").fill(visitor.mail.code_for(person.email))
    visitor.press("Continue")


def show_face(visitor: Visitor, photo: Picture) -> None:
    """Choose a photo on the page that is open, and agree to whatever it asks for."""
    agree(visitor)
    visitor.field("Upload a photo of your face").set_input_files(photo.payload)
    visitor.press(re.compile("this photo$"))


def agree(visitor: Visitor) -> None:
    for box in visitor.page.get_by_role("checkbox", name=re.compile("^I agree")).all():
        expect(box).not_to_be_checked()
        box.check()


def sign_in(visitor: Visitor, person: Person) -> None:
    try_to_sign_in(visitor, person)
    visitor.page.wait_for_url(lambda url: "/account/" not in url)


def sign_in_by_code(visitor: Visitor, person: Person) -> None:
    visitor.open("/account/login/")
    visitor.field("E-mail address").fill(person.email)
    visitor.press("Send me a code")
    visitor.heading("Enter the code")
    visitor.field("Code from the e-mail").fill(visitor.mail.code_for(person.email))
    visitor.press("Continue")
    visitor.page.wait_for_url(lambda url: "/account/" not in url)


def try_to_sign_in(visitor: Visitor, person: Person) -> None:
    visitor.open("/account/login/")
    visitor.follow("Use a password instead")
    visitor.heading("Sign in with your password")
    visitor.field("E-mail address").fill(person.email)
    visitor.field("Password").fill(person.password)
    visitor.press("Sign in")


def open_confirmed(visitor: Visitor, path: str, person: Person) -> None:
    """Open a page, and confirm by password that it's the person if the page asks."""
    visitor.open(path)
    confirm_identity(visitor, person)


def confirm_identity(visitor: Visitor, person: Person) -> None:
    if "/account/again/" in visitor.page.url:
        visitor.heading("Confirm it's you")
        visitor.field("Password").fill(person.password)
        visitor.press("Continue")
        visitor.page.wait_for_url(lambda url: "/account/again/" not in url)


def sign_out(visitor: Visitor) -> None:
    visitor.open("/account/logout/")
    visitor.press("Sign out")
    visitor.page.wait_for_url(f"{visitor.address}/")


def create_event(
    visitor: Visitor, name: str, description: str = "", cover: Picture | None = None
) -> str:
    """Create an event that everyone finds, as one does; its id."""
    visitor.open("/events/new/")
    visitor.fill(Name=name, Description=description)
    show_more(visitor)
    visitor.field("List this event publicly").check()
    if cover:
        visitor.field("Cover image").set_input_files(cover.payload)
    visitor.press("Create the event")
    visitor.heading(name)
    found = re.search(r"/events/([0-9a-f-]{36})/", visitor.page.url)
    assert found, visitor.page.url
    return found[1]


def show_more(visitor: Visitor) -> None:
    """Unfold the second part of an event's form."""
    visitor.page.get_by_role("main").get_by_text("More", exact=True).click()


def register(visitor: Visitor, event_id: str) -> None:
    visitor.open(f"/events/{event_id}/")
    visitor.follow(re.compile(r"^\s*Register\s*$"))
    visitor.heading(re.compile("^Register for "))
    agree(visitor)
    visitor.press(re.compile(r"^\s*Register\s*$"))
    visitor.sees("You're registered")


def admit_everybody(visitor: Visitor, event_id: str) -> None:
    """As the creator of the event, who looked at every face that is shown."""
    visitor.open(f"/events/{event_id}/people/")
    visitor.press(re.compile("^Approve all"))
    visitor.sees("Approved:")


def leave(visitor: Visitor, event_id: str) -> None:
    visitor.open(f"/events/{event_id}/")
    visitor.press("Leave this event …")
    visitor.press("Leave this event")
    visitor.sees("You left the event")


def close_registration(visitor: Visitor, event_id: str) -> None:
    visitor.open(f"/events/{event_id}/")
    visitor.press("Close registration now")
    visitor.sees("Registration is closed")


def choose_photos(visitor: Visitor, event_id: str, photos: list[Picture]) -> None:
    """Choose files on the upload page; its script then sends them."""
    visitor.open(f"/events/{event_id}/photos/")
    add_photos(visitor, photos)


def add_photos(visitor: Visitor, photos: list[Picture]) -> None:
    """Choose files on the upload page that is open, perhaps while others are on their way."""
    chooser = visitor.page.get_by_label("Choose photos")
    chooser.set_input_files([photo.payload for photo in photos])


def show_uploaded(visitor: Visitor) -> None:
    """Once the script has sent everything it offers the page as it is now."""
    visitor.follow("Show the photos")
    visitor.page.wait_for_url("**/photos/?")


def figures(visitor: Visitor) -> dict[str, int]:
    """Return the figures of the progress panel by their labels."""
    panel = visitor.page.locator("#progress dl > div")
    read: list[tuple[str, str]] = panel.evaluate_all(
        "all => all.map(one => ['dt', 'dd'].map(tag => one.querySelector(tag).innerText))"
    )
    return {" ".join(name.split()).lower(): int(value.replace(",", "")) for name, value in read}


def wait_until_sorted(visitor: Visitor, *, seconds: float = SORTING_SECONDS) -> None:
    """Watch the progress panel, which renews itself, until everything is done."""
    title = visitor.page.locator("#progress").get_by_role("heading")
    expect(title).to_have_text("Done", timeout=seconds * 1000)


def open_photo(visitor: Visitor, name: str) -> None:
    """From the gallery that is open to one of its photos."""
    visitor.page.get_by_role("main").get_by_role("link", name=name).click()
    visitor.heading(re.compile(r"^\s*\d+ of \d+\s*$"))


def gallery(visitor: Visitor, event_id: str) -> list[str]:
    """Return the names of the photos in the visitor's gallery."""
    visitor.open(f"/galleries/{event_id}/")
    visitor.heading("Your photos")
    for image in visitor.page.get_by_role("main").get_by_role("img").all():
        ensure_shown(image)
    return visitor.image_names()
