"""A mail server that refuses some addresses, the page that waits for a code, and no JavaScript.

These tests share a site, since starting one takes longer than each of them.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import replace

import pytest
from playwright.sync_api import expect

from browser import people, pictures
from browser.conftest import NewVisitor
from browser.patience import wait_for
from browser.running_site import RunningSite
from browser.visitor import Visitor
from notifications.picky_server import PickyServer
from soak.guest import Guest

pytestmark = [pytest.mark.browser, pytest.mark.worker]

REFUSED = "doesn't accept e-mail for"
WIDTHS = (pytest.param(1280, marks=pytest.mark.soak), 390)


@pytest.fixture(scope="module")
def mail() -> Iterator[PickyServer]:
    with PickyServer() as server:
        yield server


@pytest.fixture(scope="module")
def site_settings() -> dict[str, str]:
    return {"web_processes": "1", "worker_processes": "1", "sweep_seconds": "1"}


@pytest.mark.parametrize("width", WIDTHS)
def test_correct_it_here_leads_into_the_field(new_visitor: NewVisitor, width: int) -> None:
    dora = new_visitor(width=width)
    person = replace(people.bob(), email=f"d{width}@nosuch.example")
    people.fill_sign_up(dora, person)
    dora.press("Continue")
    dora.heading("Confirm your e-mail address")
    field = dora.field("E-mail address")
    expect(field).to_be_hidden()
    dora.sees(REFUSED)  # it comes after the page
    dora.follow("Correct the address.")
    expect(field).to_be_visible()
    expect(field).to_be_focused()
    field.fill(f"d{width}@fine.example")
    dora.press("Send a code to this address")
    dora.sees(f"d{width}@fine.example")
    dora.field("Code from the e-mail").fill(dora.mail.code_for(f"d{width}@fine.example"))
    dora.press("Continue")
    dora.heading(f"Welcome, {person.first_name}")
    assert dora.complaints == []


def test_it_does_without_javascript(new_visitor: NewVisitor) -> None:
    dora = new_visitor(javascript=False)
    person = replace(people.bob(), email="dorette@nosuch.example")
    people.fill_sign_up(dora, person)
    dora.press("Continue")
    dora.heading("Confirm your e-mail address")

    def is_refused() -> bool:
        dora.page.reload()
        return dora.page.get_by_text(REFUSED).count() == 1

    wait_for(is_refused, "what became of the mail")
    dora.follow("Correct the address.")
    expect(dora.field("E-mail address")).to_be_visible()


def start_sign_up(visitor: Visitor, person: people.Person) -> None:
    """Type three fields on the sign-up page that is open."""
    visitor.fill(First_name=person.first_name, Last_name=person.last_name)
    visitor.field("E-mail address").fill(person.email)
    visitor.press("Continue")
    visitor.heading("Confirm your e-mail address")


@pytest.mark.parametrize("width", WIDTHS)
def test_wrong_codes_keep_one_on_the_page_until_a_new_code_comes(
    new_visitor: NewVisitor, width: int
) -> None:
    dora = new_visitor(width=width)
    person = replace(people.bob(), email=f"typo{width}@fine.example")
    dora.open("/account/signup/")
    start_sign_up(dora, person)
    code = dora.mail.code_for(person.email)
    wrong = f"{(int(code) + 1) % 1_000_000:06}"
    for said in ("not the right code", "not the right code", "too many attempts with this code"):
        dora.field("Code from the e-mail").fill(wrong)
        dora.press("Continue")
        dora.sees(said)
    dora.field("Code from the e-mail").fill(code)
    dora.press("Continue")
    dora.sees("too many attempts with this code")

    def is_sent() -> bool:
        dora.press("Send a new code")
        dora.heading("Confirm your e-mail address")
        return dora.page.get_by_text("sending a new code").count() == 1

    wait_for(is_sent, "the time to send a new code", seconds=30)
    people.confirm_address(dora, person)
    dora.heading(f"Welcome, {person.first_name}")
    assert dora.complaints == []


@pytest.fixture(scope="module")
def invitation(new_visitor: NewVisitor) -> tuple[str, str]:
    """Return an event and a link that invites to it."""
    alice = new_visitor()
    people.sign_up(alice, people.alice())
    event_id = people.create_event(alice, "Harvest supper")
    alice.follow(re.compile("^Invite"))
    alice.press("Create a link")
    return event_id, alice.page.get_by_label(re.compile("^Link, valid")).input_value()


@pytest.mark.parametrize(
    ("first", "second"), [(390, 1280), pytest.param(1280, 390, marks=pytest.mark.soak)]
)
def test_invitation_followed_on_one_device_goes_on_on_another(
    new_visitor: NewVisitor, invitation: tuple[str, str], first: int, second: int
) -> None:
    """Each device asks for its own code."""
    event_id, link = invitation
    poster, other = new_visitor(width=first), new_visitor(width=second)
    person = replace(people.maya(), email=f"maya{first}@fine.example")
    poster.open(link)
    poster.follow("Sign up and register")
    start_sign_up(poster, person)
    people.confirm_address(poster, person)
    poster.heading("Register for Harvest supper")
    people.sign_in_by_code(other, person)
    other.open(f"/events/{event_id}/")
    other.follow(re.compile(r"^\s*Register\s*$"))
    other.heading("Register for Harvest supper")
    people.show_face(other, person.photo)
    other.sees("You're registered. Alice Hathaway will approve you")
    assert poster.complaints == other.complaints == []


@pytest.mark.parametrize("width", WIDTHS)
def test_a_passkey_signs_in_and_is_never_the_only_way(new_visitor: NewVisitor, width: int) -> None:
    dora = new_visitor(width=width)
    person = replace(people.bob(), email=f"dora{width}@fine.example")
    authenticator = dora.context.new_cdp_session(dora.page)
    authenticator.send("WebAuthn.enable")
    has = ("hasResidentKey", "hasUserVerification", "isUserVerified", "automaticPresenceSimulation")
    options = {"protocol": "ctap2", "transport": "internal", **dict.fromkeys(has, True)}
    made = authenticator.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    people.fill_sign_up(dora, person)
    dora.press("Continue")
    people.confirm_address(dora, person)
    dora.follow("I'm hosting an event")  # without a photo of the face
    dora.heading("Create an event")

    dora.open("/account/security/")
    dora.follow("Add a passkey")
    people.confirm_identity(dora, person)
    dora.heading("Add a passkey")
    dora.press("Add the passkey")
    dora.heading("Security")
    dora.sees("My device")
    people.sign_out(dora)
    dora.open("/account/login/?next=/profile/")
    dora.press("Use a passkey")
    dora.heading("Your profile")

    people.sign_out(dora)
    people.sign_in(dora, person)  # without it
    dora.open("/account/again/?next=/account/security/")
    dora.follow("Use a passkey")
    dora.press("Use a passkey")
    dora.heading("Security")
    people.sign_out(dora)
    authenticator.send("WebAuthn.clearCredentials", {"authenticatorId": made["authenticatorId"]})
    dora.open("/account/login/")
    dora.press("Use a passkey")
    dora.sees("That didn't work. Try again, or use a code by e-mail instead.")
    assert dora.complaints == []


def test_the_journey_without_javascript(new_visitor: NewVisitor) -> None:
    bob, person = new_visitor(javascript=False), people.bob()
    people.sign_up(bob, person)
    people.sign_out(bob)
    people.sign_in(bob, person)

    event_id = people.create_event(bob, "Quiet picnic", "No scripts.", pictures.cover())
    people.register(bob, event_id)
    people.close_registration(bob, event_id)

    photos = [pictures.portrait("obama2"), pictures.group(2), pictures.text_named_jpg()]
    people.choose_photos(bob, event_id, photos)
    bob.press("Upload")
    bob.sees("Upload results")
    results = bob.page.get_by_role("status").get_by_role("listitem")
    expect(results).to_have_text(
        [
            re.compile(r"obama2\.jpg\s+Stored\."),
            re.compile(r"sample2\.jpg\s+Stored\."),
            re.compile(r"notes\.jpg\s+.*JPEG, PNG, WebP, HEIC"),
        ]
    )

    bob.open(f"/events/{event_id}/")

    def is_found_when_looked_at_again() -> bool:
        bob.page.reload()
        return bob.page.get_by_text("You have 1 photo").count() == 1

    wait_for(is_found_when_looked_at_again, "a sorted event", seconds=people.SORTING_SECONDS)

    bob.follow("Your photos")
    bob.heading("Your photos")
    assert bob.image_names() == ["obama2.jpg"]
    name, content = bob.download(re.compile("^Download all"))
    assert name == "Quiet picnic.zip"
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.namelist() == ["obama2.jpg"]
    people.open_photo(bob, "obama2.jpg")
    name, _ = bob.download("Download")
    assert name == "obama2.jpg"

    people.leave(bob, event_id)
    assert bob.ask(f"/galleries/{event_id}/").status == 404
    assert bob.complaints == []


def test_codes_are_sent_deferred_and_refused(site: RunningSite, mail: PickyServer) -> None:
    """A worker tries deferred mails again, and gives up refused ones."""
    query = "SELECT id, status, content IS NULL FROM notifications_mail"
    earlier = {mail_id for mail_id, *_ in site.rows(query)}

    def kept() -> list[tuple[str, int]]:
        rows = site.rows(query)
        return sorted((status, empty) for mail_id, status, empty in rows if mail_id not in earlier)

    names = {f"guest{number}": domain for number, domain in enumerate(("nosuch", "grey", "fine"))}
    for name, domain in names.items():
        guest = Guest(site.address, name)
        guest.email = f"a@{domain}.example"
        assert "Confirm your e-mail address" in guest.sign_up().text
    refused, put_off = ("refused", 1), ("waiting", 0)
    wait_for(lambda: kept() == [refused, put_off], "one refused, one put off")
    assert "a@fine.example" in mail.recipients()
    mail.is_picky = False
    try:
        site.change("UPDATE notifications_mail SET due_at = written_at WHERE status = 'waiting'")
        assert mail.code_for("a@grey.example")
        wait_for(lambda: kept() == [refused], "nothing left of what was sent")
    finally:
        mail.is_picky = True
    for domain in names.values():
        assert f"a@{domain}.example" not in site.log
    assert not mail.codes() & set(site.log.split())
