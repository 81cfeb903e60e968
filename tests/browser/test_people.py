"""A host goes through 500 people who wait: on a phone, on a desktop, and by keyboard."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Locator, expect

from browser import accessibility, people
from browser.conftest import NewVisitor
from browser.patience import wait_for
from browser.running_site import RunningSite
from browser.visitor import Visitor, ensure_shown

pytestmark = pytest.mark.browser

SCRIPT = Path(__file__).with_name("many_guests.py")
COUNT = 500
PHONE, DESKTOP = 390, 1280


@dataclass
class BigEvent:
    host: Visitor
    id: str

    def show(self, visitor: Visitor, query: str) -> None:
        visitor.open(f"/events/{self.id}/people/{query}")

    def counts(self, visitor: Visitor) -> dict[str, int]:
        """Return the numbers of the filters by their labels."""
        links = visitor.page.locator("#people-filters a").all_inner_texts()
        found = [re.fullmatch(r"(.+?)\s*([\d,]+)", text.strip()) for text in links]
        return {match[1]: int(match[2].replace(",", "")) for match in found if match}


@pytest.fixture(scope="module")
def event(new_visitor: NewVisitor, site: RunningSite) -> BigEvent:
    host = new_visitor(width=DESKTOP)
    people.sign_up(host, people.alice())
    event = BigEvent(host, people.create_event(host, "Village fair"))
    site.run(SCRIPT, "add", event.id, str(COUNT), seconds=120)
    wait_for(
        lambda: site.rows("SELECT 1 FROM recognition_collision") != [],
        "the comparison of the two with one face",
    )
    return event


def cards(visitor: Visitor) -> Locator:
    return visitor.page.locator("[data-people] > .person")


def has_focus(visitor: Visitor, name: str) -> None:
    """Wait until the card with this name has the focus."""
    expect(visitor.page.locator(".person:focus strong")).to_have_text(name)


def outcome(visitor: Visitor, text: str) -> None:
    """Wait until the page tells screen readers so."""
    expect(visitor.page.get_by_role("status").filter(has_text=text)).to_have_count(1)


@pytest.mark.parametrize("width", [PHONE, DESKTOP])
def test_host_filters_searches_and_orders_500_people(
    event: BigEvent, new_visitor: NewVisitor, width: int
) -> None:
    host = new_visitor(width=width, signed_in_like=event.host)
    event.show(host, "")
    counts = event.counts(host)
    assert counts["All"] == COUNT
    assert counts["Check these faces"] == 1
    assert sum(counts[label] for label in ("Waiting", "Approved", "Declined")) == COUNT - 1
    assert cards(host).count() == 60
    assert host.page.evaluate("document.scrollingElement.scrollWidth") <= width
    assert accessibility.findings(host.page) == []
    for typed, name in (
        ("jose", "José Ñandú"),
        ("STRASSE", "Zoë Straße"),
        ("كهن", ""),
        ("דוד", "דוד כהן"),
    ):
        host.page.get_by_role("searchbox").fill(typed)
        with host.page.expect_navigation():
            host.page.keyboard.press("Enter")
        assert cards(host).locator("strong").all_inner_texts() == ([name] if name else [])
    event.show(host, "?show=waiting&sort=name")
    names = cards(host).locator("strong").all_inner_texts()
    assert names == sorted(names)
    ensure_shown(cards(host).first.get_by_role("img"))


def test_large_text_leaves_room_for_the_search_and_for_people(
    event: BigEvent, new_visitor: NewVisitor
) -> None:
    host = new_visitor(width=PHONE, signed_in_like=event.host)
    host.page.set_viewport_size({"width": PHONE, "height": 664})
    event.show(host, "?show=waiting&sort=newest")
    for size, sticks in (("100%", True), ("200%", False)):
        host.page.evaluate("size => { document.documentElement.style.fontSize = size }", size)
        box = host.page.get_by_role("searchbox").bounding_box()
        assert box
        assert box["width"] > 90
        cards(host).nth(5).evaluate("card => card.scrollIntoView({behavior: 'instant'})")
        selection = host.page.locator("#selection").bounding_box()
        assert selection
        assert (selection["y"] + selection["height"] > 0) == sticks
        assert selection["height"] < 200 or not sticks


def test_keys_decide_and_the_focus_goes_on(event: BigEvent) -> None:
    host = event.host
    event.show(host, "?show=waiting&sort=name&q=number01")  # Guest Number010 to 019
    before = event.counts(host)
    host.press("Use the keyboard")
    has_focus(host, "Guest Number010")
    keys = host.page.keyboard
    keys.press("a")
    outcome(host, "Guest Number010 is approved.")
    has_focus(host, "Guest Number011")
    keys.press("d")
    outcome(host, "Guest Number011 is declined.")
    has_focus(host, "Guest Number012")
    keys.press("u")
    outcome(host, "Guest Number011 is waiting again.")
    has_focus(host, "Guest Number011")
    keys.press("d")
    outcome(host, "Guest Number011 is declined.")
    keys.press("n")
    has_focus(host, "Guest Number013")
    keys.press("p")
    has_focus(host, "Guest Number012")
    after = event.counts(host)
    assert after["Waiting"] == before["Waiting"] - 2
    assert after["Approved"] == before["Approved"] + 1
    assert after["Declined"] == before["Declined"] + 1
    assert host.page.url.endswith("q=number01")
    event.show(host, "?q=number011")
    expect(cards(host)).to_contain_text("Declined")


def test_next_key_is_for_the_next_person(event: BigEvent) -> None:
    """The keys are pressed faster than the site answers."""
    host = event.host
    event.show(host, "?show=waiting&sort=name&q=number03")
    host.press("Use the keyboard")
    for key in "aad":
        host.page.keyboard.press(key)
    expect(cards(host).filter(has_text="Guest Number032")).to_contain_text("Declined")
    event.show(host, "?sort=name&q=number03")
    approved = host.page.locator("[aria-labelledby=admitted] strong").all_inner_texts()
    declined = host.page.locator("[aria-labelledby=refused] strong").all_inner_texts()
    assert approved == ["Guest Number030", "Guest Number031"]
    assert declined == ["Guest Number032"]


def test_decision_after_the_session_ended_leads_to_signing_in(
    event: BigEvent, new_visitor: NewVisitor
) -> None:
    host = new_visitor(width=DESKTOP, signed_in_like=event.host)
    event.show(host, "?show=waiting&sort=name&q=number04")
    host.context.clear_cookies(name="sessionid")
    host.press("Use the keyboard")
    host.page.keyboard.press("a")
    host.heading("Sign in")
    event.show(event.host, "?q=number040")
    expect(cards(event.host)).not_to_contain_text("No photos yet")  # only approved people have this


def test_keys_do_nothing_while_one_types(event: BigEvent) -> None:
    host = event.host
    event.show(host, "?show=waiting&q=number02")
    before = event.counts(host)
    host.page.get_by_role("searchbox").press_sequentially("adx")
    assert host.page.get_by_role("searchbox").input_value() == "adxnumber02"
    event.show(host, "")
    assert event.counts(host) == before


def test_host_approves_a_selection_and_stays_in_place(event: BigEvent) -> None:
    host = event.host
    event.show(host, "?show=waiting&page=2")
    before = event.counts(host)
    chosen = cards(host).locator("strong").all_inner_texts()[:2]
    for card in cards(host).all()[:2]:
        card.get_by_label("Select").check()
    host.press(re.compile(r"Approve selected\s+\(2\)"))
    host.sees("Approved: 2.")
    assert host.page.url.endswith("?show=waiting&page=2")
    assert event.counts(host)["Waiting"] == before["Waiting"] - 2
    assert not set(chosen) & set(cards(host).locator("strong").all_inner_texts())
    host.page.get_by_label("Select all").check()
    host.press("Decline selected …")
    host.heading("Decline 60 people")
    assert accessibility.findings(host.page) == []
    host.follow("Cancel")
    host.page.wait_for_url("**/people/?show=waiting&page=2")


@pytest.mark.parametrize("width", [PHONE, DESKTOP])
def test_host_sees_look_alikes_side_by_side(
    event: BigEvent, new_visitor: NewVisitor, width: int
) -> None:
    host = new_visitor(width=width, signed_in_like=event.host)
    event.show(host, "?show=check")
    host.sees("Pollux Gemini and Castor Gemini look like one person.")
    first, second = (image.bounding_box() for image in cards(host).get_by_role("img").all())
    assert first
    assert second
    assert first["y"] == second["y"]
    assert accessibility.findings(host.page) == []
    host.follow("Same person …")
    host.heading("Which registration stays?")
    assert accessibility.findings(host.page) == []
    assert host.page.evaluate("document.scrollingElement.scrollWidth") <= width


def test_key_does_not_decline_a_guest_whose_look_alike_waits(event: BigEvent) -> None:
    host = event.host
    event.show(host, "?show=waiting&q=castor")
    host.press("Use the keyboard")
    has_focus(host, "Castor Gemini")
    host.page.keyboard.press("d")
    host.heading("Decline Castor Gemini")
    host.sees("a guest waits who looks like Castor Gemini")
    assert accessibility.findings(host.page) == []
    host.follow("Cancel")
    host.page.wait_for_url("**/people/?show=waiting&q=castor")
    expect(cards(host)).not_to_contain_text("Declined")


def test_one_of_two_registrations_of_a_person_stays(event: BigEvent) -> None:
    host = event.host
    event.show(host, "?show=check")
    host.follow("Same person …")
    host.press("Keep the earlier one, decline the other")
    host.sees("Pollux Gemini was declined")
    event.show(host, "?q=gemini")
    assert "Check these faces" not in event.counts(host)
    host.sees("Waiting for approval")
    expect(cards(host).filter(has_text="Castor")).not_to_contain_text("Declined")
    expect(cards(host).filter(has_text="Pollux")).to_contain_text("Declined")
    assert not host.complaints
