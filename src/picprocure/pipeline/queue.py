"""Queueing jobs. Those of photos are in `turns.py`.

The queue may lose a job or deliver it twice. `maintenance.requeue` queues lost jobs again, and a
claim on the row keeps two workers from doing the same work.
"""

from __future__ import annotations

from uuid import UUID

from django.db import transaction
from django.db.models import Exists
from django.utils import timezone

from picprocure.events.models import Event
from picprocure.galleries import publishing
from picprocure.notifications import delivery
from picprocure.photos.models import Photo
from picprocure.pipeline.app import app
from picprocure.recognition.models import Sorting, TrialSorting
from picprocure.storage import claims


def queue_sorting(event_id: UUID) -> None:
    """Queue the sorting of an event once the current transaction commits."""
    transaction.on_commit(lambda: _send_sorting(event_id), robust=True)


def queue_sorting_if_due(event_id: UUID) -> None:
    """Queue the sorting of an event that neither waits for more photos nor has waiting ones.

    What is not due is queued by the sweep later.
    """
    transaction.on_commit(lambda: _send_due_sorting(event_id), robust=True)


def queue_trial(event_id: UUID) -> None:
    """Queue the trial sorting of an event once the current transaction commits."""
    transaction.on_commit(lambda: _send_trial(event_id), robust=True)


def queue_pending_trial(event_id: UUID) -> None:
    """Queue the trial sorting of an event if one waits and no worker is at it.

    Its job may have ended without a result, since the event was not sorted or a worker was at it.
    """
    if TrialSorting.objects.pending().filter(claims.unclaimed(), pk=event_id).exists():
        queue_trial(event_id)


def queue_lost_trial(event_id: UUID) -> None:
    """Queue the trial sorting of an event if its job was lost."""
    if TrialSorting.objects.pending().filter(claims.stale(), pk=event_id).exists():
        queue_trial(event_id)


def queue_comparison(event_id: UUID) -> None:
    """Queue the comparison of an event's newcomers once the current transaction commits."""
    transaction.on_commit(lambda: _send("picprocure.compare_newcomers", event_id), robust=True)


def queue_announcements(event_id: UUID) -> None:
    """Queue the announcements of an event once the current transaction commits."""
    transaction.on_commit(lambda: _send("picprocure.announce", event_id), robust=True)


def queue_publishing(event_id: UUID) -> None:
    """Update an event's published galleries once the current transaction commits.

    Outdated ones are revoked at once. Publishing new ones is queued.
    """
    transaction.on_commit(lambda: _revoke_and_publish(event_id), robust=True)


def queue_mails() -> None:
    """Queue the sending of mails once the current transaction commits.

    Without a mail server, mails are printed at once, which is fast and doesn't fail.
    """
    if delivery.goes_through_a_server():
        transaction.on_commit(lambda: _send("picprocure.send_mails"), robust=True)
    else:
        while delivery.deliver_due():
            pass


def _revoke_and_publish(event_id: UUID) -> None:
    publishing.revoke_outdated(event_id)
    if Event.objects.filter(pk=event_id, is_published=True).exists():
        _send("picprocure.publish", event_id)


def _send_sorting(event_id: UUID) -> None:
    _send("picprocure.sort_event", event_id)
    Sorting.objects.filter(pk=event_id).update(queued_at=timezone.now())


def _send_trial(event_id: UUID) -> None:
    _send("picprocure.try_sorting", event_id)
    TrialSorting.objects.filter(pk=event_id).update(queued_at=timezone.now())


def _send_due_sorting(event_id: UUID) -> None:
    waiting = Photo.objects.waiting().filter(event=event_id)
    if Sorting.objects.due().filter(~Exists(waiting), pk=event_id).exists():
        _send_sorting(event_id)


def _send(task: str, *row_ids: UUID) -> None:
    app.send_task(task, args=[str(row_id) for row_id in row_ids])
