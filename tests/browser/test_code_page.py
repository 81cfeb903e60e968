"""The page that waits for a code, where the mail server refuses the address."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from playwright.sync_api import expect

from browser import people
from browser.conftest import NewVisitor
from browser.patience import wait_for
from notifications.picky_server import PickyServer

pytestmark = pytest.mark.browser

REFUSED = "doesn't accept e-mail for"


@pytest.fixture(scope="module")
def mail() -> Iterator[PickyServer]:
    with PickyServer() as server:
        yield server


@pytest.mark.parametrize("width", [1280, 390])
def test_correct_it_here_leads_into_the_field(new_visitor: NewVisitor, width: int) -> None:
    dora = new_visitor(width=width)
    person = replace(people.bob(), username=f"dora{width}", email=f"d{width}@nosuch.example")
    people.fill_sign_up(dora, person)
    dora.press("Create my account")
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
    dora.heading("Add a photo of your face")
    assert dora.complaints == []


def test_it_does_without_javascript(new_visitor: NewVisitor) -> None:
    dora = new_visitor(javascript=False)
    person = replace(people.bob(), username="dorette", email="dorette@nosuch.example")
    people.fill_sign_up(dora, person)
    dora.press("Create my account")
    dora.heading("Confirm your e-mail address")

    def is_refused() -> bool:
        dora.page.reload()
        return dora.page.get_by_text(REFUSED).count() == 1

    wait_for(is_refused, "what became of the mail")
    dora.follow("Correct the address.")
    expect(dora.field("E-mail address")).to_be_visible()
