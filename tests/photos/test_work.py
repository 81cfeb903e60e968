"""Claims of photos: leases are renewed, run out, and show crashed workers."""

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

pytestmark = pytest.mark.django_db(transaction=True)  # the renewal thread has its own connection

SHORT = timedelta(seconds=0.6)
LONGER_SECONDS = 1.5


@pytest.fixture
def photo(event: Event) -> Photo:
    close_registration(event=event)
    return upload(event, fakes.stripes(fakes.BOB))


def claimed(photo: Photo) -> Photo:
    row = claims.claim(Photo.objects.waiting(), photo.pk, lease=SHORT)
    assert row is not None
    return row


def renewal_threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == claims.RENEWAL]


def test_lease_is_renewed_until_the_work_ends(photo: Photo) -> None:
    row = claimed(photo)
    with claims.working_on(row, lease=SHORT):
        deadline = time.monotonic() + LONGER_SECONDS
        while time.monotonic() < deadline:
            assert claims.claim(Photo.objects.waiting(), photo.pk, lease=SHORT) is None
            time.sleep(0.05)
        assert claims.finish(row)
    assert not renewal_threads()


def test_lease_without_renewal_runs_out(photo: Photo) -> None:
    first = claimed(photo)
    time.sleep(SHORT.total_seconds())
    second = claimed(photo)
    assert second.crashes == 1
    assert not claims.renew(first, lease=SHORT)
    assert claims.renew(second, lease=SHORT)


def test_renewal_ends_when_the_claim_is_lost(photo: Photo) -> None:
    row = claimed(photo)
    with claims.working_on(row, lease=SHORT):
        Photo.objects.update(claim=None, claimed_until=None)
        time.sleep(SHORT.total_seconds())
        assert not renewal_threads()
        photo.refresh_from_db()
        assert photo.claimed_until is None


def test_renewal_continues_after_a_database_error(
    photo: Photo, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = []
    original = claims.renew

    def fail_once(row: claims.Claimable, *, lease: timedelta) -> bool:
        calls.append(row)
        if len(calls) == 1:
            raise DatabaseError("database is locked")
        return original(row, lease=lease)

    monkeypatch.setattr(claims, "renew", fail_once)
    with claims.working_on(claimed(photo), lease=SHORT):
        time.sleep(LONGER_SECONDS)
        assert claims.claim(Photo.objects.waiting(), photo.pk, lease=SHORT) is None
    assert len(calls) > 2


def test_error_does_not_count_as_crash(photo: Photo) -> None:
    first = claimed(photo)
    with suppress(RuntimeError), claims.working_on(first, lease=SHORT):
        raise RuntimeError
    second = claimed(photo)
    assert (second.attempts, second.errors, second.crashes) == (2, 1, 0)


def test_process_that_has_to_end_gives_its_row_back_uncounted(photo: Photo) -> None:
    row = claimed(photo)
    with claims.working_on(row, lease=SHORT):
        claims.give_back_all()
        assert not claims.finish(row, failure="too late")
    following = claimed(photo)
    assert (following.attempts, following.failure) == (1, "")
    claims.give_back_all()  # no work is left


@pytest.fixture
def is_stale(photo: Photo) -> Callable[..., bool]:
    def check(*, queued: float | None, claimed_for: float | None = None) -> bool:
        """Return whether a photo is stale.

        Args:
            queued: Seconds since it was queued, or None if it wasn't.
            claimed_for: Seconds until its lease ends (negative if it has ended), or None.
        """
        now = timezone.now()
        Photo.objects.update(
            queued_at=None if queued is None else now - timedelta(seconds=queued),
            claimed_until=None if claimed_for is None else now + timedelta(seconds=claimed_for),
        )
        return Photo.objects.filter(claims.stale()).exists()

    return check


def test_photo_is_queued_again_if_its_job_or_worker_was_lost(
    is_stale: Callable[..., bool],
) -> None:
    lost = claims.JOB_LOST_AFTER.total_seconds() + 1
    assert is_stale(queued=None)
    assert not is_stale(queued=1)  # its job is still in the queue
    assert is_stale(queued=lost)
    assert not is_stale(queued=None, claimed_for=10)  # a worker has claimed it
    assert not is_stale(queued=lost, claimed_for=10)
    assert is_stale(queued=70, claimed_for=-5)  # its worker died
    assert not is_stale(queued=1, claimed_for=-5)  # its worker died, and it was queued again
