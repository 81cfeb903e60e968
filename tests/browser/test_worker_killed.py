"""The worker is killed, twice, while photos come in: none is lost and none is doubled."""

from __future__ import annotations

import pytest

from browser import people, pictures
from browser.conftest import NewVisitor
from browser.patience import wait_for
from browser.processes import Process, kill
from browser.running_site import RunningSite

pytestmark = [pytest.mark.browser, pytest.mark.worker]

AT_FIRST, LATER = 16, 8
ALL = AT_FIRST + LATER


@pytest.fixture(scope="module")
def site_settings() -> dict[str, str]:
    # A photo that both kills happen to hit is no deadly photo here.
    few_seconds = {"lease_seconds": "5", "sweep_seconds": "1"}
    # dlib's detector finds exactly one face in each of these photos.
    engine = {"face_detector": "hog", "face_embedder": "dlib"}
    return {**few_seconds, **engine, "worker_processes": "2", "max_crashes": "9"}


@pytest.mark.slow(
    reason="the real engine finds faces in 24 photos, and its workers start three times"
)
def test_photos_outlive_a_worker_that_is_killed_twice(
    site: RunningSite, new_visitor: NewVisitor
) -> None:
    alice, photos = new_visitor(), list(pictures.portraits_in_many_sizes(ALL))
    people.sign_up(alice, people.alice())
    event_id = people.create_event(alice, "Marathon")
    people.close_registration(alice, event_id)

    people.choose_photos(alice, event_id, photos[:AT_FIRST])
    wait_for(lambda: _analyzed(site) >= 3 and _in_work(site) == 2, "work to interrupt")
    first = site.workers()
    kill(first)
    people.add_photos(alice, photos[AT_FIRST:])  # uploaded while no worker runs
    alice.sees(f"{ALL} of {ALL} uploaded")

    second = _next_worker(site, first)
    wait_for(lambda: _analyzed(site) >= 8 and _in_work(site) == 2, "more work to interrupt")
    kill(second[:1])  # one of the two, while the other goes on
    _next_worker(site, second[:1])

    people.show_uploaded(alice)
    people.wait_until_sorted(alice)
    assert people.figures(alice) == {
        "stored": ALL,
        "checked": ALL,
        "faces found": ALL,
        "guests found": 0,
    }
    assert _faces_of_each_photo(site) == {photo.name: 1 for photo in photos}
    assert site.rows("SELECT count(*) FROM photos_photo") == [(ALL,)]
    [(max_attempts,)] = site.rows("SELECT max(attempts) FROM photos_photo")
    assert max_attempts >= 2  # the kills did hit work
    _ensure_every_file_is_accounted_for(site)


def _analyzed(site: RunningSite) -> int:
    [(count,)] = site.rows("SELECT count(*) FROM photos_photo WHERE status = 'analyzed'")
    return int(count)


def _in_work(site: RunningSite) -> int:
    [(count,)] = site.rows("SELECT count(*) FROM photos_photo WHERE claim IS NOT NULL")
    return int(count)


def _next_worker(site: RunningSite, killed: list[Process]) -> list[Process]:
    """Both workers, once the site has started others in place of the killed ones."""
    old = {process.pid for process in killed}

    def another() -> list[Process]:
        now = site.workers()
        return now if len(now) == 2 and not old & {p.pid for p in now} else []

    return wait_for(another, "another worker")


def _faces_of_each_photo(site: RunningSite) -> dict[str, int]:
    return dict(
        site.rows(
            "SELECT p.name, count(f.id) FROM photos_photo p"
            " LEFT JOIN recognition_face f ON f.photo_id = p.id GROUP BY p.id"
        )
    )


def _ensure_every_file_is_accounted_for(site: RunningSite) -> None:
    """Nothing half-done stays behind unseen: each file is a row's, or listed to be removed."""
    folder = site.data_dir / "objects"
    files = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    photos = site.rows("SELECT original_key, web_key, thumbnail_key FROM photos_photo")
    owned = {key for row in photos for key in row}
    owned |= {key for (key,) in site.rows("SELECT image_key FROM recognition_reference")}
    pending = {key for (key,) in site.rows("SELECT key FROM storage_pendingdeletion")}
    assert owned <= files
    assert files <= owned | pending
    assert not owned & pending
