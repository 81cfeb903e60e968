"""A host makes each correction on real faces, and each holds whatever comes later."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from uuid import UUID

import pytest

from browser import people, pictures
from browser.conftest import NewVisitor
from browser.patience import wait_for
from browser.pictures import Picture
from browser.running_site import RunningSite
from browser.visitor import Visitor

pytestmark = [pytest.mark.browser, pytest.mark.soak]

SHARED = Path(os.environ.get("PICPROCURE_TEST_PHOTOS", Path(__file__).parents[3] / "shared/photos"))
PORTRAITS = SHARED / "portraits/photos"


def portrait(name: str) -> Picture:
    path = PORTRAITS / f"{name}.jpg"
    if not path.is_file():
        pytest.skip(f"no {path}; PICPROCURE_TEST_PHOTOS may name its parent")
    return Picture(path.name, path.read_bytes())


GIVEN_BY_HAND, WITHOUT_A_FACE = pictures.group(2), pictures.group(5)
GROUPS = [pictures.group(number) for number in range(1, 6)]
BOBS, MAYAS, BOTH = "obama2", "biden2", "obama_and_biden"

Place = tuple[bytes, int, int]
"""The id of a photo, and the middle of a face in it."""


@dataclass
class Desk:
    """An event with corrections, and its people."""

    site: RunningSite
    host: Visitor
    bob: Visitor
    maya: Visitor
    event_id: str
    merged: tuple[Place, Place] | None = None
    separated: tuple[Place, Place] | None = None

    def open_photo(self, picture: Picture) -> None:
        ((key,),) = self.site.rows("SELECT id FROM photos_photo WHERE name = ?", picture.name)
        self.host.open(f"/events/{self.event_id}/photos/{UUID(key)}/")

    def faces(self) -> list[tuple[Place, int]]:
        """Return the current faces with their clusters."""
        rows = self.site.rows(
            'SELECT photo_id, ("left" + "right") / 2, (top + bottom) / 2, cluster '
            "FROM recognition_face WHERE NOT is_superseded AND cluster IS NOT NULL"
        )
        return [((bytes.fromhex(key), x, y), cluster) for key, x, y, cluster in rows]

    def cluster_of(self, place: Place) -> int:
        """Return the cluster of the face that is nearest to a place."""
        photo, x, y = place
        near = [
            (abs(at[1] - x) + abs(at[2] - y), cluster)
            for at, cluster in self.faces()
            if at[0] == photo
        ]
        return min(near)[1]

    def wait_until_sorted(self) -> None:
        wait_for(
            lambda: (
                self.site.rows(
                    "SELECT (SELECT count(*) FROM photos_photo WHERE status <> 'analyzed'), "
                    "(SELECT count(*) FROM recognition_sorting WHERE done < requested)"
                )
                == [(0, 0)]
            ),
            "the sorting",
            seconds=240,
        )

    def ensure_corrections_hold(self) -> None:
        bobs, mayas = (people.gallery(one, self.event_id) for one in (self.bob, self.maya))
        assert f"{BOBS}.jpg" not in bobs  # taken away
        assert f"{BOTH}.jpg" not in mayas  # it's not Maya
        assert f"{MAYAS}.jpg" in mayas  # it's Maya
        assert GIVEN_BY_HAND.name in mayas
        assert self.merged
        assert self.separated
        assert len({self.cluster_of(place) for place in self.merged}) == 1
        assert len({self.cluster_of(place) for place in self.separated}) == 2
        self.open_photo(WITHOUT_A_FACE)
        self.host.sees("Not a face")


@pytest.fixture
def desk(site: RunningSite, new_visitor: NewVisitor) -> Desk:
    host, bob, maya = new_visitor(), new_visitor(), new_visitor()
    people.sign_up(host, people.alice())
    people.sign_up(bob, people.bob())
    people.sign_up(maya, replace(people.maya(), photo=pictures.portrait("biden")))
    event_id = people.create_event(host, "Wedding")
    for guest in (bob, maya):
        people.register(guest, event_id)
    people.admit_everybody(host, event_id)
    people.close_registration(host, event_id)
    photos = [portrait(name) for name in (BOBS, MAYAS, BOTH)]
    people.choose_photos(host, event_id, [*photos, *GROUPS])
    people.show_uploaded(host)
    people.wait_until_sorted(host)
    return Desk(site, host, bob, maya, event_id)


def correct(desk: Desk) -> None:
    host = desk.host
    for photo, name, answer in (
        (BOBS, "Bob", "Take this photo away from"),
        (MAYAS, "Maya", "Yes, it's"),  # before the next one makes it doubtful
        (BOTH, "Maya", "It's not Maya"),
    ):
        desk.open_photo(portrait(photo))
        host.page.locator(".faces-list a", has_text=name).click()
        host.page.get_by_role("button", name=answer).click()
        host.sees("Decisions")
    desk.open_photo(WITHOUT_A_FACE)
    host.page.locator(".faces-list a", has_text="Unknown").first.click()
    host.press("It's not a face")
    host.sees("Not a face")
    share_by_hand(desk)
    merge_and_separate(desk)


def share_by_hand(desk: Desk) -> None:
    desk.host.open(f"/events/{desk.event_id}/people/")
    desk.host.page.get_by_role("link", name="Share photos with Maya").click()
    desk.host.page.get_by_role("checkbox", name=GIVEN_BY_HAND.name).check()
    desk.host.press("Share selected photos with Maya Lindqvist")
    desk.host.sees("Saved.")


def merge_and_separate(desk: Desk) -> None:
    """Make one person of the last two unknown people, and two of the first one."""
    host = desk.host
    host.open(f"/events/{desk.event_id}/unknown/")
    boxes = host.page.locator(".tiles-of-faces input[type=checkbox]")
    chosen = [boxes.nth(boxes.count() - 1), boxes.nth(boxes.count() - 2)]
    desk.merged = tuple(place_of(desk, int(box.input_value())) for box in chosen)  # type: ignore[assignment]
    for box in chosen:
        box.check()
    host.press("They are one person")
    host.sees("Saved.")
    wait_for(lambda: unknown_in_two_photos(desk), "an unknown person in two photos", seconds=30)
    host.open(f"/events/{desk.event_id}/unknown/{unknown_in_two_photos(desk)}/")
    boxes = host.page.locator(".tiles-of-faces input[type=checkbox]")
    first, second = (int(boxes.nth(number).input_value()) for number in (0, 1))
    desk.separated = place_of(desk, first), place_of(desk, second)
    boxes.nth(1).uncheck()
    host.press("Separate them")
    host.sees("Saved.")


def unknown_in_two_photos(desk: Desk) -> int | None:
    """Return the cluster of a person who is in two photos, and whom no one was asked about."""
    assert desk.merged
    merged = desk.cluster_of(desk.merged[0])
    rows = desk.site.rows(
        "SELECT cluster FROM recognition_face WHERE NOT is_superseded AND cluster <> ? AND cluster "
        "NOT IN (SELECT f.cluster FROM recognition_face f JOIN recognition_match m ON "
        "m.face_id = f.id WHERE m.status = 'match' AND f.cluster IS NOT NULL) "
        "GROUP BY cluster HAVING count(*) = 2",
        merged,
    )
    return int(rows[0][0]) if rows else None


def place_of(desk: Desk, face: int) -> Place:
    ((key, x, y),) = desk.site.rows(
        'SELECT photo_id, ("left" + "right") / 2, (top + bottom) / 2 '
        "FROM recognition_face WHERE id = ?",
        face,
    )
    return bytes.fromhex(key), x, y


def sort_from_nothing(desk: Desk) -> None:
    desk.site.change("DELETE FROM recognition_match")
    desk.site.change("UPDATE recognition_face SET cluster = NULL")
    add_photo(desk, pictures.group(6))


def add_photo(desk: Desk, photo: Picture) -> None:
    people.choose_photos(desk.host, desk.event_id, [photo])
    people.show_uploaded(desk.host)


def add_reference(desk: Desk) -> None:
    desk.bob.open("/profile/face/new/")
    people.show_face(desk.bob, pictures.portrait("obama_partial_face2"))
    desk.bob.page.wait_for_load_state()
    people.admit_everybody(desk.host, desk.event_id)


def change_engine(desk: Desk) -> None:
    desk.site.kill_supervisor()
    desk.site.environment["PICPROCURE_FACE_EMBEDDER"] = "dlib"
    desk.site.start_again()
    # The next sorting analyzes all photos with the engine that is in use then.
    desk.site.change(
        "UPDATE recognition_sorting SET requested = requested + 1, urgent = requested + 1, "
        "queued_at = NULL"
    )
    wait_for(
        lambda: (
            desk.site.rows(
                "SELECT count(*) FROM recognition_face WHERE NOT is_superseded "
                "AND engine_version NOT LIKE '%dlib%'"
            )
            == [(0,)]
        ),
        "an analysis of all photos",
        seconds=240,
    )


STAGES: list[Callable[[Desk], None]] = [
    lambda desk: add_photo(desk, pictures.portrait("obama3")),
    sort_from_nothing,
    add_reference,
    change_engine,
]


@pytest.mark.slow(reason="photos are analyzed with two engines")
def test_each_correction_holds(desk: Desk) -> None:
    assert f"{BOBS}.jpg" in people.gallery(desk.bob, desk.event_id)
    assert f"{BOTH}.jpg" in people.gallery(desk.maya, desk.event_id)
    correct(desk)
    desk.wait_until_sorted()
    desk.ensure_corrections_hold()
    for stage in STAGES:
        stage(desk)
        desk.wait_until_sorted()
        desk.ensure_corrections_hold()
