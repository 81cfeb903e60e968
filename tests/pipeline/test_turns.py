"""Events take turns in the queue, and no photo is forgotten."""

from __future__ import annotations

import uuid
from collections import Counter, deque
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from celery.exceptions import QueueNotFound
from django.db import connection, transaction
from django.db.models import Q
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from conftest import new_user
from picprocure.events.models import Event
from picprocure.events.services import EventDetails, close_registration, create_event
from picprocure.photos.models import Photo
from picprocure.photos.usage import change_usage, count_again, share_of
from picprocure.pipeline import maintenance, steps, turns
from picprocure.pipeline.app import app
from picprocure.recognition import progress
from picprocure.recognition.progress import event_progress
from picprocure.storage import claims

pytestmark = pytest.mark.django_db(transaction=True)  # jobs are queued after commits

HANDFUL = 5
HOUR = timedelta(hours=1)


@dataclass
class Queues:
    """What a broker does: the first job in is the first out, and workers take queues in turn."""

    waiting: dict[str, deque[uuid.UUID]] = field(
        default_factory=lambda: {turns.BULK: deque(), turns.INTERACTIVE: deque()}
    )
    done: list[Photo] = field(default_factory=list)

    def put(self, task: str, *, args: list[str], queue: str = "") -> None:
        if task == "picprocure.analyze_photo":
            self.waiting[queue].append(uuid.UUID(args[0]))

    def __len__(self) -> int:
        return sum(map(len, self.waiting.values()))

    def work(self, jobs: int = 10**6) -> None:
        """Do jobs until none is left."""
        for _ in range(jobs):
            name = next((name for name, jobs in self.waiting.items() if jobs), None)
            if name is None:
                return
            photo_id = self.waiting[name].popleft()
            self.waiting[name] = self.waiting.pop(name)  # to the end of the line
            steps.analyze_photo(photo_id)

    def lose_all(self) -> None:
        for jobs in self.waiting.values():
            jobs.clear()
        long_ago = timezone.now() - turns.LOST_AFTER
        Photo.objects.filter(queued_at__isnull=False).update(queued_at=long_ago)


@pytest.fixture
def queues(monkeypatch: pytest.MonkeyPatch) -> Queues:
    made = Queues()

    def analyzed(photo: Photo, _engine: object) -> None:
        claims.finish(photo, status=Photo.Status.ANALYZED, analyzed_at=timezone.now())
        count_again([photo.event_id])
        made.done.append(photo)

    monkeypatch.setattr(app, "send_task", made.put)
    monkeypatch.setattr(steps, "_analyze", analyzed)
    return made


def new_event(name: str) -> Event:
    event = create_event(
        creator=new_user(name.lower()),
        details=EventDetails(name=name),
        closes_at=timezone.now() + timedelta(hours=1),
    )
    close_registration(event=event)
    return event


def upload(event: Event, count: int) -> None:
    for _ in range(count):
        photo = Photo.objects.create(
            event=event, sha256=uuid.uuid4().hex, size_bytes=1, width=1, height=1, name="photo"
        )
        change_usage(event.pk, added=share_of(photo))
        turns.queue_photos(event.pk)


def done_before_the_last_of(event: Event, queues: Queues, *, since: int) -> int:
    """Return how many photos of other events were done before an event was."""
    following = [photo.event_id for photo in queues.done[since:]]
    last = len(following) - 1 - following[::-1].index(event.pk)
    return sum(other != event.pk for other in following[:last])


def test_few_photos_do_not_wait_for_many_of_another_event(queues: Queues) -> None:
    large, small = new_event("Marathon"), new_event("Picnic")
    upload(large, 20)
    queues.work(5)
    upload(small, 3)
    queues.work()
    assert len(queues.done) == 23
    assert done_before_the_last_of(small, queues, since=5) <= HANDFUL


def test_late_photo_does_not_wait_for_many_events(queues: Queues) -> None:
    for number in range(4):
        upload(new_event(f"Marathon{number}"), 8)
    queues.work(16)
    late = new_event("Picnic")
    upload(late, 1)
    queues.work()
    assert done_before_the_last_of(late, queues, since=16) <= 1


def test_equal_events_progress_alike(queues: Queues) -> None:
    first, second = new_event("Marathon"), new_event("Triathlon")
    upload(first, 15)
    upload(second, 15)
    progress: Counter[Any] = Counter()
    queues.work()
    assert len(queues.done) == 30
    for photo in queues.done[: 2 * 15 - turns.IN_QUEUE]:
        progress[photo.event_id] += 1
        assert abs(progress[first.pk] - progress[second.pk]) <= HANDFUL


def test_queue_stays_short(queues: Queues) -> None:
    for name in ("Marathon", "Triathlon"):
        upload(new_event(name), 12)
    while len(queues.done) < 24:
        assert 1 <= len(queues) <= 2 * turns.IN_QUEUE
        queues.work(1)


def test_only_events_with_few_photos_have_interactive_jobs(queues: Queues) -> None:
    event = new_event("Marathon")
    upload(event, turns.FEW)
    assert len(queues.waiting[turns.INTERACTIVE]) == turns.FEW
    upload(event, 20)
    queues.work(2 * turns.FEW)
    assert not queues.waiting[turns.INTERACTIVE]
    assert queues.waiting[turns.BULK]


def test_lost_jobs_are_queued_again(queues: Queues) -> None:
    for name in ("Marathon", "Triathlon"):
        upload(new_event(name), 12)
    queues.work(3)
    queues.lose_all()
    assert maintenance.requeue() == len(queues) == 2 * turns.IN_QUEUE
    assert maintenance.requeue() == 0
    queues.work()
    assert len(queues.done) == 24


def test_photos_without_a_job_are_queued_by_the_sweep(
    queues: Queues, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ConnectionError

    event = new_event("Marathon")
    with monkeypatch.context() as broken:
        broken.setattr(app, "send_task", fail)
        upload(event, 12)
    assert not Photo.objects.filter(queued_at__isnull=False).exists()
    assert maintenance.requeue() == 1
    assert len(queues) == turns.IN_QUEUE
    queues.work()
    assert len(queues.done) == 12


def test_event_keeps_its_turns_if_a_worker_has_an_outdated_engine(
    queues: Queues, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload(new_event("Marathon"), 12)
    with monkeypatch.context() as outdated:
        outdated.setattr(steps, "replaced", lambda _: Q(pk__isnull=False))
        for _ in range(3):
            with pytest.raises(steps.OutdatedEngine):
                queues.work(1)
    assert len(queues) == turns.IN_QUEUE
    queues.work()
    assert len(queues.done) == 12


def test_job_of_a_deleted_photo_is_not_queued_again(queues: Queues) -> None:
    upload(new_event("Marathon"), 1)
    photo = Photo.objects.get()
    queues.lose_all()
    photo.delete()
    turns.queue_again(photo.pk)
    assert len(queues) == 0


def queue_next(event: Event) -> None:
    turns.queue_next(event.pk, following=turns._following(event.pk, 1)[0])


def test_two_processes_that_queue_at_once_queue_different_photos(
    queues: Queues, monkeypatch: pytest.MonkeyPatch
) -> None:
    event = new_event("Marathon")
    upload(event, 12)
    queue, others = turns._queue, iter([None])

    def queue_late(photo_id: uuid.UUID, name: str) -> bool:
        for _ in others:  # once: another process does the same in between
            queue_next(event)
        return queue(photo_id, name)

    monkeypatch.setattr(turns, "_queue", queue_late)
    queue_next(event)
    queued = [*queues.waiting[turns.BULK], *queues.waiting[turns.INTERACTIVE]]
    assert len(queued) == len(set(queued)) == turns.IN_QUEUE + 2


def test_photo_is_not_tried_again_at_once_after_an_error(
    queues: Queues, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise ConnectionError

    upload(new_event("Marathon"), 1)
    with monkeypatch.context() as broken:
        broken.setattr(steps, "_analyze", fail)
        with pytest.raises(ConnectionError):
            queues.work(1)
    assert maintenance.requeue() == len(queues) == 0
    queues.lose_all()
    assert maintenance.requeue() == 1
    queues.work()
    assert len(queues.done) == 1


def test_photos_are_found_in_the_index(queues: Queues) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL reads small tables without an index")
    statements: list[tuple[str, Any]] = []

    def explain(execute: Any, sql: str, params: Any, *rest: Any) -> Any:
        statements.append((sql, params))
        return execute(sql, params, *rest)

    event = new_event("Marathon")
    with connection.execute_wrapper(explain):
        turns.fill(event.pk)
        list(turns.with_following(Photo.objects.filter(pk=uuid.uuid4())).order_by())
        turns.events_to_fill()
        progress._turns(event)
    assert len(statements) == 6
    for sql, params in statements:
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN QUERY PLAN {sql}", params)
            plan = " ".join(row[3] for row in cursor.fetchall())
        assert "photos_phot_status_08a514_idx (status=? AND queued_at" in plan
        assert "ORDER BY" not in plan


class TestPlaceInLine:
    """The host sees when the event's next photo is analyzed, and about how long all take."""

    def test_is_the_number_of_photos_until_the_next_one(self, queues: Queues) -> None:
        large, small = new_event("Marathon"), new_event("Picnic")
        for event, count in ((large, 12), (small, 6)):
            with transaction.atomic():  # so that none is queued as a single late photo
                upload(event, count)
        places = []
        while event_progress(small).waiting:
            place = event_progress(small).turns.place
            assert place
            places.append(place)
            done = len(queues.done)
            queues.work(place)
            of_small = [photo.event_id == small.pk for photo in queues.done[done:]]
            assert of_small == [*[False] * (place - 1), True]
        assert places == [5, 1, 1, 1, 5, 1]  # four photos of each event take turns
        assert event_progress(small).turns == progress.Turns()

    def test_photos_in_work_are_not_in_line(self, queues: Queues) -> None:
        event, other = new_event("Picnic"), new_event("Marathon")
        upload(other, 5)
        upload(event, 5)
        assert event_progress(event).turns.place == 5
        claims.claim(Photo.objects.filter(event=other), queues.waiting[turns.BULK][0], lease=HOUR)
        assert event_progress(event).turns == progress.Turns((other.pk,), place=4)
        for photo in Photo.objects.filter(event=event):
            claims.claim(Photo.objects.all(), photo.pk, lease=HOUR)
        assert event_progress(event).turns.place is None

    def test_no_more_than_part_of_a_long_line_is_read(
        self, queues: Queues, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(progress, "PLACES", 8)
        others = [new_event(f"Marathon{number}") for number in range(2)]
        late = new_event("Picnic")
        for event in (*others, late):
            upload(event, 5)
        expected = progress.Turns(tuple(event.pk for event in others), are_more=True)
        assert event_progress(late).turns == expected
        assert event_progress(others[1]).turns.place == 5
        queues.work(1)
        assert event_progress(late).turns.place == 8

    def test_pace_is_that_of_the_other_events_at_first(self, queues: Queues) -> None:
        others = [new_event(f"Marathon{number}") for number in range(2)]
        late = new_event("Picnic")
        for event in (*others, late):
            upload(event, 5)
        assert event_progress(late).pace is None
        ago = timezone.now() - timedelta(seconds=50)
        for photo in Photo.objects.exclude(event=late).order_by("uploaded_at")[::2]:
            Photo.objects.filter(pk=photo.pk).update(status="analyzed", analyzed_at=ago)
        # Four photos since the first one, of two events, in a little more than 50 seconds.
        assert event_progress(late).pace == pytest.approx(4 / 50 / 2, rel=0.3)

    def test_costs_as_many_queries_for_any_number_of_events(
        self, queues: Queues, django_assert_num_queries: Any
    ) -> None:
        event = new_event("Picnic")
        upload(event, 5)
        with CaptureQueriesContext(connection) as alone:
            event_progress(event)
        for number in range(3):
            upload(new_event(f"Marathon{number}"), 5)
            with django_assert_num_queries(len(alone) + 1):  # the pace of the others
                event_progress(event)


def test_worker_takes_from_all_queues_without_being_told(settings: Any) -> None:
    routes = {route["queue"] for route in settings.CELERY_TASK_ROUTES.values()}
    assert {"celery", turns.BULK, turns.INTERACTIVE, *routes} == set(app.amqp.queues.consume_from)
    with pytest.raises(QueueNotFound):
        app.send_task("picprocure.sweep", queue="forgotten")
