from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta

import pytest
from django.db import DatabaseError
from django.utils import timezone

import fakes
from conftest import upload
from picprocure.events.models import Event
from picprocure.events.services import close_registration
from picprocure.photos.models import Photo
from picprocure.storage import claims

pytestmark = pytest.mark.django_db(transaction=True)  # the renewing thread has its own connection

SHORT = timedelta(seconds=0.6)
LONGER_SECONDS = 1.5


@pytest.fixture
def photo(event: Event) -> Photo:
    close_registration(event=event)
    return upload(event, fakes.stripes(fakes.BOB))


def claimed(photo: Photo) -> Photo:
    found = claims.claim(Photo.objects.waiting(), photo.pk, lease=SHORT)
    assert found is not None
    return found


def renewing_threads() -> list[threading.Thread]:
    return [t for t in threading.enumerate() if t is not threading.main_thread() and t.daemon]


def test_a_lease_is_renewed_for_as_long_as_the_work_takes(photo: Photo) -> None:
    row = claimed(photo)
    with claims.working_on(row, lease=SHORT):
        deadline = time.monotonic() + LONGER_SECONDS
        while time.monotonic() < deadline:
            assert claims.claim(Photo.objects.waiting(), photo.pk, lease=SHORT) is None
            time.sleep(0.05)
        assert claims.finish(row)
    assert not renewing_threads()


def test_a_lease_that_nobody_renews_runs_out(photo: Photo) -> None:
    first = claimed(photo)
    time.sleep(SHORT.total_seconds())
    second = claimed(photo)
    assert second.crashes == 1
    assert not claims.renew(first, lease=SHORT)
    assert claims.renew(second, lease=SHORT)


def test_renewing_ends_when_the_claim_is_lost(photo: Photo) -> None:
    row = claimed(photo)
    with claims.working_on(row, lease=SHORT):
        Photo.objects.update(claim=None, claimed_until=None)
        time.sleep(SHORT.total_seconds())
        assert not renewing_threads()
        photo.refresh_from_db()
        assert photo.claimed_until is None


def test_renewing_goes_on_after_the_database_refused(
    photo: Photo, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    real = claims.renew

    def refuses_once(row: claims.Claimable, *, lease: timedelta) -> bool:
        asked.append(row)
        if len(asked) == 1:
            raise DatabaseError("database is locked")
        return real(row, lease=lease)

    monkeypatch.setattr(claims, "renew", refuses_once)
    with claims.working_on(claimed(photo), lease=SHORT):
        time.sleep(LONGER_SECONDS)
        assert claims.claim(Photo.objects.waiting(), photo.pk, lease=SHORT) is None
    assert len(asked) > 2


def test_an_error_is_no_kill(photo: Photo) -> None:
    row = claimed(photo)
    with suppress(RuntimeError), claims.working_on(row, lease=SHORT):
        raise RuntimeError
    again = claimed(photo)
    assert (again.attempts, again.errors, again.crashes) == (2, 1, 0)


@pytest.fixture
def is_stale(photo: Photo) -> Callable[..., bool]:
    def ask(*, queued: float | None, claimed_for: float | None = None) -> bool:
        """Seconds since it was queued; seconds until its lease ends, or since, when negative."""
        now = timezone.now()
        Photo.objects.update(
            queued_at=None if queued is None else now - timedelta(seconds=queued),
            claimed_until=None if claimed_for is None else now + timedelta(seconds=claimed_for),
        )
        return Photo.objects.filter(claims.stale()).exists()

    return ask


def test_what_is_queued_again(is_stale: Callable[..., bool]) -> None:
    lost = claims.JOB_LOST_AFTER.total_seconds() + 1
    assert is_stale(queued=None)
    assert not is_stale(queued=1)  # its job waits
    assert is_stale(queued=lost)
    assert not is_stale(queued=None, claimed_for=10)  # somebody works on it
    assert not is_stale(queued=lost, claimed_for=10)
    assert is_stale(queued=70, claimed_for=-5)  # its worker died
    assert not is_stale(queued=1, claimed_for=-5)  # … and it has been queued again since
