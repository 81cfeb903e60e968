"""Every page fits a phone, whatever names people and files have, and can be read aloud."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import dataclass, replace
from uuid import UUID

import pytest

from browser import accessibility, people, pictures
from browser.conftest import NewVisitor
from browser.patience import wait_for
from browser.pictures import Picture
from browser.running_site import RunningSite
from browser.visitor import Visitor

pytestmark = pytest.mark.browser

WIDTH = 390
LONG_WORD = "Donaudampfschifffahrtsgesellschaftskapitänswitwenverein"
LONG_EVENT_NAME = f"Jubilee of the {LONG_WORD}"
LONG_FILE_NAME = "IMG_" + "0123456789" * 9 + ".jpg"

# What reaches beyond the window, innermost first, to say where to look.
TOO_WIDE = """
width => [...document.querySelectorAll("body *")]
  .filter(one => one.getBoundingClientRect().left + one.scrollWidth > width + 1)
  .reverse().slice(0, 3)
  .map(one => one.outerHTML.slice(0, 120))
"""
# Of posters with the longest names, in pixels.
ROOM_BELOW_THE_ADDRESS = """
() => {
  for (const name of document.querySelectorAll(".poster bdi")) name.textContent = "W".repeat(80);
  for (const address of document.querySelectorAll(".poster-address strong"))
    address.textContent = "photos." + "a-long-name.".repeat(4) + "example/i/0000-0000-0000";
  return [...document.querySelectorAll(".poster")].map(
    one => one.getBoundingClientRect().bottom
      - one.querySelector(".poster-end").getBoundingClientRect().bottom
  );
}
"""
NAMELESS_IMAGES = """
() => [...document.images].filter(one => one.getAttribute("alt") === null).map(one => one.src)
"""
NAMELESS_FIELDS = """
() => [...document.querySelectorAll("input:not([type=hidden]), select, textarea")]
  .filter(one => !one.labels.length && !one.ariaLabel)
  .map(one => one.outerHTML)
"""


@dataclass
class PhoneParty:
    alice: Visitor
    bob: Visitor
    event_id: str
    quiet_event_id: str


@pytest.fixture(scope="module")
def party(new_visitor: NewVisitor) -> PhoneParty:
    """Alice's event with photos, and one that is still open; Bob is in both."""
    alice, bob = (new_visitor(width=WIDTH) for _ in range(2))
    people.sign_up(alice, people.alice())
    people.sign_up(bob, replace(people.bob(), first_name=LONG_WORD, last_name=LONG_WORD))
    quiet = people.create_event(alice, "Quiet picnic")
    event = people.create_event(alice, LONG_EVENT_NAME, LONG_WORD * 4, pictures.cover())
    for event_id in (quiet, event):
        people.register(bob, event_id)
    people.register(alice, event)
    _ensure_it_fits(alice)
    people.admit_everybody(alice, event)
    people.close_registration(alice, event)
    his = Picture(LONG_FILE_NAME, pictures.portrait("obama2").content)
    bad = replace(pictures.text_named_jpg(), name="not_a_photo_" + LONG_FILE_NAME)
    people.choose_photos(alice, event, [his, pictures.group(2), bad])
    alice.sees("2 of 3 uploaded, 1 not uploaded")
    _ensure_it_fits(alice)
    people.show_uploaded(alice)
    _ensure_it_fits(alice)
    people.wait_until_sorted(alice)
    _ensure_it_fits(alice)
    return PhoneParty(alice, bob, event, quiet)


@pytest.fixture(scope="module")
def anonymous(new_visitor: NewVisitor) -> Visitor:
    return new_visitor(width=WIDTH)


@pytest.mark.parametrize(
    "path",
    [
        *("/", "/privacy/", "/account/login/", "/account/signup/", "/account/password/reset/"),
        *("/account/login/password/",),
        *("/account/inactive/", "/account/password/reset/done/"),
    ],
)
def test_pages_for_everybody_fit(party: PhoneParty, anonymous: Visitor, path: str) -> None:
    anonymous.open(path)
    _ensure_it_fits(anonymous)


@pytest.mark.parametrize(
    "path",
    [
        *("/", "/privacy/", "/events/", "/events/mine/", "/events/registrations/", "/events/new/"),
        *(
            "/profile/",
            "/profile/preferences/",
            "/profile/data/",
            "/profile/withdraw/",
        ),
        *("/profile/face/", "/profile/face/new/", "/feedback/", "/account/again/code/"),
        *("/account/password/", "/account/logout/", "/account/email/", "/account/security/"),
        *("/account/security/app/", "/account/security/sessions/", "/account/again/"),
        *("/events/{quiet}/people/guest-list/", "/events/{quiet}/hosts/", "/events/hosting/"),
        *("/events/{quiet}/edit/", "/events/{quiet}/closing/", "/events/{quiet}/invite/"),
        *("/events/{event}/", "/events/{event}/photos/", "/events/{event}/people/"),
        *("/events/{event}/delete/", "/galleries/{event}/"),
        *("/events/{quiet}/", "/events/{quiet}/photos/", "/events/{quiet}/people/"),
    ],
)
def test_pages_of_the_creator_fit(party: PhoneParty, path: str) -> None:
    party.alice.open(path.format(event=party.event_id, quiet=party.quiet_event_id))
    _ensure_it_fits(party.alice)


@pytest.mark.parametrize(
    "path",
    [
        *("/", "/events/", "/events/mine/", "/events/registrations/", "/profile/"),
        *("/events/{event}/", "/galleries/{event}/", "/events/{quiet}/", "/galleries/{quiet}/"),
        *("/events/{event}/leave/", "/profile/face/"),
    ],
)
def test_pages_of_a_registered_person_fit(party: PhoneParty, path: str) -> None:
    party.bob.open(path.format(event=party.event_id, quiet=party.quiet_event_id))
    _ensure_it_fits(party.bob)


def test_pages_after_confirming_the_identity_fit(party: PhoneParty) -> None:
    for path in ("/profile/delete/", "/media/my-data/"):
        people.open_confirmed(party.alice, path, people.alice())
        _ensure_it_fits(party.alice)


def test_the_poster_and_the_page_of_an_invitation_fit(
    party: PhoneParty, new_visitor: NewVisitor
) -> None:
    party.alice.open(f"/events/{party.quiet_event_id}/invite/")
    party.alice.press("Create a link")
    link = party.alice.page.get_by_label(re.compile("^Link, valid")).input_value()
    _ensure_it_fits(party.alice)
    party.alice.follow("Poster and table cards")
    party.alice.page.wait_for_load_state("networkidle")
    _ensure_it_fits(party.alice)
    guest = new_visitor(width=WIDTH)
    guest.open(link)
    _ensure_it_fits(guest)
    people.fill_sign_up(guest, people.maya())
    guest.press("Continue")
    guest.heading("Confirm your e-mail address")
    _ensure_it_fits(guest)


def test_long_names_take_their_room_from_the_cover_of_a_poster(party: PhoneParty) -> None:
    alice = party.alice
    alice.open(f"/events/{party.event_id}/invite/")
    alice.press("Create a link")
    alice.follow("Poster and table cards")
    for size in ("A4", "A5", "Table cards"):
        alice.follow(size)
        alice.page.wait_for_load_state("networkidle")
        room = alice.page.evaluate(ROOM_BELOW_THE_ADDRESS)
        assert min(room) > 0, f"{size}: {room}"


@pytest.mark.parametrize(
    "path",
    [
        *("/events/{event}/", "/events/{event}/photos/", "/events/{event}/people/"),
        *("/events/{quiet}/people/", "/events/new/", "/profile/face/new/", "/account/security/"),
        *("/galleries/{event}/", "/events/registrations/", "/events/{quiet}/edit/"),
    ],
)
def test_pages_fit_with_text_twice_as_large(party: PhoneParty, path: str) -> None:
    party.alice.open(path.format(event=party.event_id, quiet=party.quiet_event_id))
    party.alice.page.evaluate("document.documentElement.style.fontSize = '200%'")
    _ensure_it_fits(party.alice)


def test_a_photo_fits(party: PhoneParty) -> None:
    assert people.gallery(party.bob, party.event_id) == [LONG_FILE_NAME]
    people.open_photo(party.bob, LONG_FILE_NAME)
    party.bob.heading("1 of 1")
    _ensure_it_fits(party.bob)


def test_host_corrects_whose_a_face_is(party: PhoneParty) -> None:
    """Until Bob has his photo again."""
    alice, bob, event_id = party.alice, party.bob, party.event_id
    name = f"{LONG_WORD} {LONG_WORD}"
    alice.open(f"/events/{event_id}/people/")
    alice.follow(f"1 photo of {name}")
    alice.heading(f"Photos of {name}")
    _ensure_it_fits(alice)
    alice.follow(LONG_FILE_NAME)
    alice.heading(LONG_FILE_NAME)
    _ensure_it_fits(alice)
    alice.follow(re.compile(rf"^\s*1\s+{name}"))
    alice.press(f"It's not {name}")
    alice.sees("Decisions")
    _ensure_it_fits(alice)
    assert people.gallery(bob, event_id) == []
    alice.press("Undo")
    alice.sees("Taken back")
    wait_for(lambda: people.gallery(bob, event_id) == [LONG_FILE_NAME], "the sorting", seconds=60)


def test_host_reviews_a_doubtful_match_by_keys(site: RunningSite, party: PhoneParty) -> None:
    alice, bob, event_id = party.alice, party.bob, party.event_id
    site.change("UPDATE recognition_match SET status = 'review' WHERE status = 'match'")
    before = _standing_decisions(site)
    assert people.gallery(bob, event_id) == []
    alice.open(f"/events/{event_id}/review/")
    alice.sees(f"Is this {LONG_WORD} {LONG_WORD}?")
    _ensure_it_fits(alice)
    alice.page.keyboard.press("s")
    alice.sees("Only the questions that you skipped are left.")
    alice.follow("Show skipped ones again")
    alice.sees("Is this")
    alice.page.keyboard.press("y")
    alice.sees("You said: it's")
    _ensure_it_fits(alice)
    # Answers are sent in the background.
    wait_for(lambda: _standing_decisions(site) == before + 1, "the answer")
    assert people.gallery(bob, event_id) == [LONG_FILE_NAME]
    alice.page.keyboard.press("u")
    alice.sees("Taken back.")
    wait_for(lambda: _standing_decisions(site) == before, "the undo")
    wait_for(lambda: people.gallery(bob, event_id) == [LONG_FILE_NAME], "the sorting", seconds=60)


def _standing_decisions(site: RunningSite) -> int:
    query = "SELECT count(*) FROM recognition_facedecision WHERE undone_at IS NULL"
    ((count,),) = site.rows(query)
    return int(count)


def test_host_checks_before_a_release_by_keys(party: PhoneParty) -> None:
    alice, bob, event_id = party.alice, party.bob, party.event_id
    alice.open(f"/events/{event_id}/check/")
    alice.press("Start the check")
    alice.sees(f"1 of 1: is this {LONG_WORD} {LONG_WORD}?")
    _ensure_it_fits(alice)
    alice.page.keyboard.press("n")
    alice.sees("What the check tells")
    alice.sees("The one that you found is corrected already.")
    _ensure_it_fits(alice)
    assert people.gallery(bob, event_id) == []
    alice.page.keyboard.press("u")
    alice.sees("1 of 1: is this")
    wait_for(lambda: people.gallery(bob, event_id) == [LONG_FILE_NAME], "the sorting", seconds=60)


def test_host_sees_what_another_strictness_would_change(party: PhoneParty) -> None:
    alice = party.alice
    alice.open(f"/events/{party.event_id}/strictness/")
    alice.sees("A photo counts once for each guest.")
    assert alice.page.get_by_text("nothing changes").count() == 6
    _ensure_it_fits(alice)


def test_the_page_that_deletes_a_photo_fits(party: PhoneParty) -> None:
    party.alice.open(f"/events/{party.event_id}/photos/")
    party.alice.follow(f"Delete {pictures.group(2).name}")  # wider than the window
    party.alice.heading("Delete this photo")
    party.alice.page.wait_for_load_state("networkidle")
    _ensure_it_fits(party.alice)


def test_the_page_that_removes_a_person_fits(party: PhoneParty) -> None:
    party.alice.open(f"/events/{party.event_id}/people/")
    party.alice.follow(f"Remove … {LONG_WORD} {LONG_WORD}")
    party.alice.heading(f"Remove {LONG_WORD} {LONG_WORD}")
    _ensure_it_fits(party.alice)


def test_a_form_that_comes_back_fits(anonymous: Visitor) -> None:
    person = replace(people.bob(), first_name="\u200b", email="a@b.org")
    people.fill_sign_up(anonymous, person)
    anonymous.press("Continue")
    anonymous.sees("Please fix the following")
    _ensure_it_fits(anonymous)


def test_the_pages_of_a_password_reset_fit(anonymous: Visitor) -> None:
    anonymous.open("/account/password/reset/")
    anonymous.field("E-mail address").fill(f"{'x' * 60}@{'y' * 60}.example.org")
    anonymous.press("Send me a code")
    anonymous.heading("Enter the code")
    _ensure_it_fits(anonymous)


def test_the_page_for_what_is_not_there_fits(party: PhoneParty) -> None:
    response = party.bob.page.goto(f"/events/{party.event_id}/people/")
    assert response is not None
    assert response.status == 404
    _ensure_it_fits(party.bob)


def _ensure_it_fits(visitor: Visitor) -> None:
    page = visitor.page
    width, wide = page.evaluate("[innerWidth, document.scrollingElement.scrollWidth]")
    assert wide <= width, f"{page.url} is {wide} px wide: {page.evaluate(TOO_WIDE, width)}"
    assert page.get_by_role("heading", level=1).count() == 1, page.url
    assert page.title().strip(" ·\n"), page.url
    assert page.locator("html").get_attribute("lang") == "en"
    assert page.evaluate(NAMELESS_IMAGES) == [], page.url
    assert page.evaluate(NAMELESS_FIELDS) == [], page.url
    assert accessibility.findings(page) == [], page.url


def test_times_are_those_of_the_phone_until_one_chooses_a_zone(
    party: PhoneParty, new_visitor: NewVisitor
) -> None:
    bob = new_visitor(width=WIDTH, time_zone="Asia/Kolkata", signed_in_like=party.bob)
    event_id = people.create_event(bob, "Kite festival")
    bob.open(f"/events/{event_id}/")
    bob.sees(re.compile(r"IST|GMT\+5:30"))
    bob.open("/profile/preferences/")
    bob.field("Time zone").select_option("Pacific/Auckland")
    bob.press("Save")
    bob.open(f"/events/{event_id}/")
    bob.sees(re.compile("NZ[SD]T"))


def test_time_left_until_registration_closes_counts_down(party: PhoneParty) -> None:
    party.bob.open(f"/events/{party.quiet_event_id}/")
    shown = party.bob.page.locator("[data-countdown]")
    first = wait_for(
        lambda: re.fullmatch(r"\d+:\d\d:\d\d", shown.inner_text()), "a time with seconds"
    )
    wait_for(lambda: shown.inner_text() < first[0], "less time")


def test_the_host_sees_people_come(party: PhoneParty, new_visitor: NewVisitor) -> None:
    party.alice.open(f"/events/{party.quiet_event_id}/people/")
    mallory = new_visitor(width=WIDTH)
    people.sign_up(mallory, people.mallory())
    people.register(mallory, party.quiet_event_id)
    party.alice.sees("1 more person has registered.")
    party.alice.follow("Show them")
    party.alice.sees(people.mallory().first_name)


@pytest.mark.slow(reason="it waits for two sortings and what hosts release after them")
@pytest.mark.parametrize("width", [WIDTH, pytest.param(1280, marks=pytest.mark.soak)])
def test_photos_that_come_before_the_opening_until_the_end(
    site: RunningSite, party: PhoneParty, new_visitor: NewVisitor, width: int
) -> None:
    """Bob registers after the upload, and gets photos at the close and at a release by hand."""
    alice, bob = (new_visitor(width=width, signed_in_like=one) for one in (party.alice, party.bob))
    alice.open("/events/new/")
    alice.fill(Name="Early birds")
    people.show_more(alice)
    alice.field("List this event publicly").check()
    alice.field("Upload photos while registration is open").check()
    _ensure_it_fits(alice)
    alice.press("Create the event")
    alice.heading("Early birds")
    event_id = alice.page.url.split("/")[-2]
    people.choose_photos(alice, event_id, [pictures.portrait("obama2")])
    people.show_uploaded(alice)
    people.wait_until_sorted(alice)
    alice.sees("1 photo is unreleased. Only hosts see it.")
    _ensure_it_fits(alice)

    people.register(bob, event_id)
    people.admit_everybody(alice, event_id)
    alice.open(f"/events/{event_id}/photos/")
    alice.sees("We found 1 guest in the photos so far.")
    assert people.gallery(bob, event_id) == []
    bob.sees("After registration closes, the photos you're in appear here.")
    [(photo_id,)] = site.rows(
        "SELECT id FROM photos_photo WHERE event_id = ?", event_id.replace("-", "")
    )
    assert bob.ask(f"/media/photos/{UUID(photo_id)}/original/").status == 404
    people.close_registration(alice, event_id)
    wait_for(lambda: len(people.gallery(bob, event_id)) == 1, "the opening", seconds=60)

    alice.open(f"/events/{event_id}/edit/")
    people.show_more(alice)
    alice.field("Guests see their photos").select_option("When I press “Release”")
    alice.press("Save")
    people.choose_photos(alice, event_id, [pictures.portrait("obama3")])
    people.show_uploaded(alice)
    people.wait_until_sorted(alice)
    assert len(people.gallery(bob, event_id)) == 1
    alice.press("Release 1 photo")
    wait_for(lambda: len(people.gallery(bob, event_id)) == 2, "the release", seconds=60)

    key = event_id.replace("-", "")
    site.change("UPDATE events_event SET expires_at = '2026-01-01' WHERE id = ?", key)
    command = [sys.executable, "-m", "picprocure.cli", "sweep"]
    subprocess.run(command, env=site.environment, check=True, capture_output=True)
    for days, status in ((0, 410), (1, 410), (31, 404)):  # the end, the day after, a month after
        site.change("UPDATE events_endedevent SET ended_at = datetime('now', ?)", f"-{days} days")
        answer = bob.page.goto(f"/galleries/{event_id}/")
        assert answer is not None
        assert answer.status == status
        said = "This event's photos were deleted on" if status == 410 else "Page not found"
        bob.sees(said)
        _ensure_it_fits(bob)
