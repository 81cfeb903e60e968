"""Uploads that survive real life: a killed server, a closed tab, thousands of files at once."""

from __future__ import annotations

import io
import re
import zipfile

import pytest
from PIL import Image
from playwright.sync_api import Route, expect

from browser import people, pictures
from browser.conftest import NewVisitor
from browser.patience import wait_for
from browser.pictures import Picture
from browser.processes import kill
from browser.running_site import RunningSite
from browser.visitor import Visitor

pytestmark = pytest.mark.browser

ALL = 90
BEFORE_THE_KILL, BEFORE_THE_END = 15, 40
THOUSANDS = 5_000
LONGEST_TASK_MS = 200
LONGEST_PAUSE_MS = 3_000  # on a machine that is busy with other things

# Files that exist in the page alone, chosen as a person would choose them.
CHOOSE_MANY = """count => {
  window.longTasks = [];
  new PerformanceObserver(list => {
    for (const entry of list.getEntries()) window.longTasks.push(entry.duration);
  }).observe({ type: "longtask" });
  const chosen = new DataTransfer();
  for (let number = 0; number < count; number += 1)
    chosen.items.add(new File([`photo ${number}`], `IMG_${number}.jpg`, { type: "image/jpeg" }));
  const input = document.querySelector("input[name=photos]");
  setTimeout(() => {
    input.files = chosen.files;
    input.dispatchEvent(new Event("change", { bubbles: true }));
  });
}"""


@pytest.fixture(scope="module")
def alice(new_visitor: NewVisitor) -> Visitor:
    visitor = new_visitor()
    people.sign_up(visitor, people.alice())
    return visitor


def closed_event(alice: Visitor, name: str) -> str:
    event_id = people.create_event(alice, name)
    people.close_registration(alice, event_id)
    return event_id


def small_photos(count: int) -> list[Picture]:
    """Return different photos without people."""
    photos = []
    for number in range(count):
        out = io.BytesIO()
        color = (number % 256, number * 7 % 256, number // 256 * 90)
        Image.new("RGB", (64, 48), color).save(out, "JPEG", comment=str(number).encode())
        photos.append(Picture(f"IMG_{number:04}.jpg", out.getvalue()))
    return photos


def stored(site: RunningSite) -> int:
    [(count,)] = site.rows("SELECT count(*) FROM photos_photo")
    return int(count)


@pytest.mark.slow(reason="it sends 90 files, to a server that is killed on the way")
def test_many_files_outlive_a_killed_server_and_a_closed_tab(
    site: RunningSite, alice: Visitor
) -> None:
    event_id, photos = closed_event(alice, "Regatta"), small_photos(ALL)
    people.choose_photos(alice, event_id, photos)
    wait_for(lambda: stored(site) >= BEFORE_THE_KILL, "photos before the kill", seconds=60)
    server = site.web()
    assert server
    kill(server)
    wait_for(lambda: stored(site) >= BEFORE_THE_END, "photos after the kill", seconds=90)
    address = alice.page.url
    tab = alice.page.context.new_page()
    alice.page.close(run_before_unload=False)
    there = stored(site)
    assert there < ALL
    sent: list[str] = []
    tab.on("request", lambda request: sent.append(f"{request.method} {request.url}"))
    tab.goto(address)
    tab.get_by_label("Choose photos").set_input_files([photo.payload for photo in photos])
    wait_for(lambda: f"{ALL} of {ALL} uploaded" in tab.inner_text("main"), "the rest", seconds=120)
    rows = site.rows("SELECT name, count(*) FROM photos_photo GROUP BY name")
    assert sorted(rows) == [(photo.name, 1) for photo in photos]
    assert sent.count(f"POST {address}") <= ALL - there


def test_thousands_of_files_never_stop_the_page(
    site: RunningSite, alice: Visitor, new_visitor: NewVisitor
) -> None:
    """The site's answers are made up here: what is looked at is the page's own work."""
    visitor = new_visitor(signed_in_like=alice)
    page = visitor.page
    page.route(re.compile("/photos/known/$"), answer_known)
    page.goto(f"{site.address}/events/{closed_event(visitor, 'Marathon')}/photos/")
    page.evaluate(CHOOSE_MANY, THOUSANDS)
    summary = f"{THOUSANDS} of {THOUSANDS} uploaded"
    expect(page.locator("[data-upload-summary]")).to_have_text(summary, timeout=120_000)
    tasks = page.evaluate("window.longTasks")
    assert sum(duration > LONGEST_TASK_MS for duration in tasks) <= 3
    assert max(tasks, default=0) < LONGEST_PAUSE_MS


def test_of_a_zip_each_photo_is_stored_and_what_is_none_is_named(
    site: RunningSite, alice: Visitor, new_visitor: NewVisitor
) -> None:
    host = new_visitor(signed_in_like=alice)
    event_id = closed_event(host, "Album")
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for photo in small_photos(3):
            archive.writestr(f"album/{photo.name}", photo.content)
        archive.writestr("album/notes.txt", "Bring cake.")
    people.choose_photos(host, event_id, [Picture("album.zip", out.getvalue())])
    host.sees("3 of 4 photos were stored")
    host.sees("notes.txt is a text file")
    rows = site.rows(
        "SELECT count(*) FROM photos_photo WHERE event_id = ?", event_id.replace("-", "")
    )
    assert rows == [(3,)]


def test_what_is_no_photo_is_refused_before_it_is_sent(
    site: RunningSite, alice: Visitor, new_visitor: NewVisitor
) -> None:
    host = new_visitor(signed_in_like=alice)
    event_id = closed_event(host, "Leftovers")
    sent: list[str] = []
    host.page.on("request", lambda request: sent.append(f"{request.method} {request.url}"))
    film = Picture("film.jpg", b"\0\0\0\x20ftypisom" + bytes(90_000))
    people.choose_photos(host, event_id, [pictures.text_named_jpg(), film, *small_photos(1)])
    host.sees("1 of 3 uploaded, 2 not uploaded")
    host.sees("notes.jpg is a text file. PicProcure accepts JPEG")
    host.sees("film.jpg is a video")
    assert sent.count(f"POST {site.address}/events/{event_id}/photos/") == 1


def answer_known(route: Route) -> None:
    """Everything that is asked for is there."""
    asked = re.findall(r"\b[0-9a-f]{64}\b", route.request.post_data or "")
    assert asked
    route.fulfill(json={"known": dict.fromkeys(asked, "Was here already.")})


def test_what_is_not_kept_of_photos_is_said_once_for_all(
    alice: Visitor, new_visitor: NewVisitor
) -> None:
    host = new_visitor(time_zone="Asia/Tokyo", signed_in_like=alice)
    host.page.goto("/events/new/")
    expect(host.page.get_by_label("Time zone")).to_have_value("Asia/Tokyo")
    event_id = closed_event(host, "HDR")
    mark = b'<x hdrgm="http://ns.adobe.com/hdr-gain-map/1.0/"/>'
    photos = [Picture(f"hdr_{one.name}", one.content + mark) for one in small_photos(2)]
    people.choose_photos(host, event_id, [*photos, *small_photos(1)])
    host.sees("3 of 3 uploaded")
    host.sees("2 photos: The HDR data was removed; the picture itself is kept.")
