"""Every page does its work without JavaScript."""

from __future__ import annotations

import io
import re
import zipfile

import pytest
from playwright.sync_api import expect

from browser import people, pictures
from browser.conftest import NewVisitor
from browser.patience import wait_for

pytestmark = pytest.mark.browser


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
