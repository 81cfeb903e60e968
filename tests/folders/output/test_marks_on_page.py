"""Mark faces on the real page in a real browser, save the decisions, and run again."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

import fakes
from browser.accessibility import findings
from browser.conftest import browser as browser  # noqa: PLC0414 -- a fixture
from picprocure.folders.corrections.entries import entry_of, parse
from picprocure.folders.corrections.types import Answer, Correction
from picprocure.folders.output.page import write_page

from ..conftest import Folders

pytestmark = pytest.mark.browser

PHONE, DESK = 390, 1280
NO_FILE_PICKER = "delete window.showSaveFilePicker"


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport={"width": DESK, "height": 700})
    yield context
    context.close()


@pytest.fixture
def sort(folders: Folders, context: BrowserContext) -> Callable[[], Page]:
    """Return a function that runs the sorting, and opens its page."""
    context.add_init_script(NO_FILE_PICKER)
    page = context.new_page()
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda message: problems.append(message.text))

    def run() -> Page:
        page.goto("about:blank")  # the page before shows files that may be removed now
        outcome, delivered = folders.deliver()
        write_page(outcome, delivered, folders.out)
        page.goto((folders.out / "index.html").as_uri())
        assert problems == []
        return page

    return run


def save(page: Page, path: Path) -> list[Correction]:
    """Save the decisions as a user does who has no file picker. Return those that stand."""
    with page.expect_download() as download:
        page.get_by_role("button", name="Save decisions").click()
    assert download.value.suggested_filename == "decisions.json"
    download.value.save_as(path)
    expect(page.locator("#unsaved")).to_contain_text("saved")
    corrections, is_by_page = parse(path.read_bytes())
    assert is_by_page
    return [one for one in corrections if one.undone is None]


def said(corrections: list[Correction]) -> list[tuple[str, str, str | None]]:
    return [(one.name, one.answer.value, one.person) for one in corrections]


def test_face_that_is_marked_by_keys_stays_wrong_in_the_next_run(
    folders: Folders, sort: Callable[[], Page]
) -> None:
    page = sort()
    expect(page.locator("#bar")).to_be_hidden()
    photo = page.get_by_role("link", name="1.png")
    for key, changes in (("n", "1 change, not saved yet"), ("u", ""), ("n", "1 change, not")):
        if key == "n":
            photo.focus()
        page.keyboard.press(key)
        expect(page.locator("#unsaved")).to_contain_text(changes or "0 changes")
    expect(page.locator(".mark:visible")).to_contain_text("A face is not Bob")
    page.reload()  # marks are kept in the browser
    expect(page.locator("#unsaved")).to_have_text("1 change, not saved yet")
    saved = save(page, folders.out / "decisions.json")
    assert said(saved) == [("1.png", "is not", "Bob")]
    page = sort()
    assert folders.output_files() == ["Bob/2.png"]
    expect(page.locator("#bar")).to_be_hidden()
    expect(page.locator("#decided li")).to_have_text(["1.png: A face is not BobUndo"])
    assert page.evaluate("localStorage.length") == 0


def test_marks_that_no_run_has_read_are_kept_over_a_run(
    folders: Folders, sort: Callable[[], Page]
) -> None:
    page = sort()
    page.get_by_role("button", name="Not Bob").last.click()
    page = sort()
    expect(page.locator("#unsaved")).to_have_text("1 change, not saved yet")
    assert said(save(page, folders.out / "decisions.json")) == [("deep/2.png", "is not", "Bob")]


def test_faces_are_named_in_the_view_of_a_photo_by_keyboard_alone(
    folders: Folders, sort: Callable[[], Page]
) -> None:
    folders.add_photo("4.png", fakes.BOB, fakes.STRANGER, fakes.OTHER_STRANGER, serial=4)
    page = sort()
    page.get_by_role("link", name="4.png").focus()
    page.keyboard.press("f")
    dialog = page.get_by_role("dialog", name="4.png")
    expect(dialog.get_by_role("button", name="Face 1: Bob")).to_have_attribute(
        "aria-pressed", "true"
    )
    dialog.get_by_role("button", name="Face 2: unknown").focus()
    page.keyboard.press("Enter")
    dialog.get_by_label("It's").focus()
    page.keyboard.press("C")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(dialog.locator("li")).to_have_text(["A face is Charlie (not in a run yet)Undo"])
    dialog.get_by_role("button", name="Face 3: unknown").press("Enter")
    dialog.get_by_role("button", name="Not a face").press("Enter")
    dialog.get_by_role("button", name="Face 1: Bob").press("Enter")
    dialog.get_by_role("button", name="Not Bob").press("Enter")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    assert page.evaluate("document.activeElement.textContent").strip() == "4.png"
    saved = save(page, folders.root / "saved.json")
    assert {(one.answer.value, one.person, one.box and one.box.left) for one in saved} == {
        ("is", "Charlie", 64),
        ("not a face", None, 128),
        ("is not", "Bob", 0),
    }
    folders.deliver(decisions=[folders.root / "saved.json"])
    assert "Charlie/4.png" in folders.output_files()
    assert "Bob/4.png" not in folders.output_files()


def test_undo_brings_back_what_a_mark_replaced(folders: Folders, sort: Callable[[], Page]) -> None:
    page = sort()
    page.get_by_role("button", name="Faces in 1.png").click()
    dialog = page.get_by_role("dialog")
    for person in ("Bob", "Charlie"):
        dialog.get_by_label("It's").select_option(person)
        dialog.get_by_role("button", name="Confirm").click()
    expect(dialog.locator("li")).to_have_text(["A face is Charlie (not in a run yet)Undo"])
    dialog.get_by_role("button", name="Undo: A face is Charlie").click()
    expect(dialog.locator("li")).to_have_text(["A face is Bob (not in a run yet)Undo"])
    dialog.get_by_role("button", name="Take this photo from Bob").click()
    dialog.get_by_role("button", name="Close").click()
    saved = save(page, folders.out / "decisions.json")
    assert said(saved) == [("1.png", "withheld", "Bob")]


def test_decision_of_an_earlier_run_is_undone_on_the_page(
    folders: Folders, sort: Callable[[], Page]
) -> None:
    sort()
    (folders.out / "Bob/2.png").unlink()
    page = sort()
    page.get_by_role("button", name="Undo: deep/2.png: Taken from Bob").click()
    expect(page.locator("#decisions")).to_be_hidden()
    assert save(page, folders.out / "decisions.json") == []
    sort()
    assert folders.output_files() == ["Bob/1.png", "Bob/2.png"]


def test_page_that_shows_a_contradiction_settles_it(
    folders: Folders, sort: Callable[[], Page]
) -> None:
    page = sort()
    page.get_by_role("link", name="2.png").focus()
    page.keyboard.press("f")
    page.get_by_role("button", name="Confirm").click()
    page.keyboard.press("Escape")
    save(page, folders.out / "decisions.json")
    (folders.out / "Bob/2.png").unlink()
    page = sort()
    assert folders.output_files() == ["Bob/1.png"]
    expect(page.locator(".notice").last).to_contain_text("These contradict each other")
    expect(page.locator("#decided li")).to_contain_text(["contradicts", "contradicts"])
    page.get_by_role("button", name="Undo: deep/2.png: Taken from Bob").click()
    save(page, folders.out / "decisions.json")
    sort()
    assert folders.output_files() == ["Bob/1.png", "Bob/2.png"]


def test_doubtful_photo_is_answered(folders: Folders, sort: Callable[[], Page]) -> None:
    folders.add_person("Twin.png", fakes.BOB, serial=9)
    page = sort()
    twin = page.locator("section", has=page.get_by_role("heading", name="Twin", exact=True))
    twin.get_by_role("button", name="It's Twin").first.click()
    twin.locator(".doubts li").nth(1).get_by_role("button", name="Not Twin").click()
    save(page, folders.out / "decisions.json")
    sort()
    assert "Twin/1.png" in folders.output_files()
    assert not {"_review/Twin/2.png", "_review/Bob/1.png"} & {*folders.output_files()}


def test_file_picker_is_used_where_there_is_one(folders: Folders, context: BrowserContext) -> None:
    context.add_init_script(
        """
        window.showSaveFilePicker = async options => ({ createWritable: async () => ({
          write: async blob => { window.written = [options.suggestedName, await blob.text()]; },
          close: async () => {},
        })});
        """
    )
    outcome, delivered = folders.deliver()
    write_page(outcome, delivered, folders.out)
    page = context.new_page()
    page.goto((folders.out / "index.html").as_uri())
    page.get_by_role("button", name="Not Bob").first.click()
    page.get_by_role("button", name="Save decisions").click()
    expect(page.locator("#unsaved")).to_have_text("1 change, saved")
    name, text = page.evaluate("window.written")
    assert name == "decisions.json"
    (one,), _ = parse(text.encode())
    assert said([one]) == [("1.png", "is not", "Bob")]


def test_page_fits_a_phone_and_has_no_known_barriers(
    folders: Folders, sort: Callable[[], Page]
) -> None:
    folders.add_person("Ana Maria with a name that is rather long.png", fakes.CHARLIE, serial=9)
    folders.add_photo("5.png", fakes.BOB, fakes.CHARLIE, serial=5)
    page = sort()
    page.set_viewport_size({"width": PHONE, "height": 700})
    page.get_by_role("button", name="Not Bob").first.click()
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE
    assert findings(page) == []
    page.get_by_role("button", name="Faces in deep/2.png").first.click()
    assert page.evaluate("document.querySelector('dialog').scrollWidth") <= PHONE
    assert findings(page) == []


def test_page_and_program_agree_on_what_contradicts(
    folders: Folders, sort: Callable[[], Page]
) -> None:
    def all_of(answer: Answer) -> Iterator[Correction]:
        one = template.standing[0]
        for person, shift in product(("Bob", "Charlie"), (0, 20, 40)):
            if answer.is_about_a_face:
                assert box is not None
                own = replace(box, left=box.left + shift, right=box.right + shift)
                yield replace(one, answer=answer, box=own, person=person)
            else:
                yield replace(one, answer=answer, person=person)

    folders.deliver()
    (folders.out / "Bob/2.png").unlink()
    page = sort()
    template = folders.deliver()[0].settled
    box = folders.sort().photos["deep/2.png"].faces[0].box
    corrections = [
        replace(one, person=None) if answer is Answer.NO_FACE else one
        for answer in Answer
        for one in all_of(answer)
    ]
    entries = json.dumps([entry_of(one) for one in corrections])
    answers = page.evaluate(
        f"(all => all.map(one => all.map(other => Boolean(contradicts(one, other)))))({entries})"
    )
    assert answers == [[one.contradicts(other) for other in corrections] for one in corrections]
    assert any(map(any, answers))
