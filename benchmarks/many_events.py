"""Measure sites with different numbers of events: the sweep and pages, processor time and queries.

    python benchmarks/many_events.py [--sizes 100 1000 10000] [--postgres] [--rounds 3]

The site grows from one size to the next. Each event is live, sorted, and has nothing to do: five
photos with two faces each, and four guests, of whom two were notified of their photos, one is in no
photo, and one waits for approval, which the host knows. People take part in twenty events.

The processor time is the smallest of the rounds, in milliseconds. On PostgreSQL, that of the server
is included. The exponent is the slope of time over events, both as logarithms.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from large_event import costs_of, database, exponent, insert, measured_call, server_clock

if TYPE_CHECKING:
    from picprocure.accounts.models import User
    from picprocure.events.models import Event

PHOTOS: Final = 5
FACES: Final = 2
GUESTS: Final = 4
EVENTS_PER_PERSON: Final = 20


def grow_site(size: int) -> None:
    """Add events until the site has this many."""
    from picprocure.accounts.models import User  # noqa: PLC0415 -- once Django is set up
    from picprocure.events.models import Event  # noqa: PLC0415

    first = Event.objects.count()
    people = max(GUESTS + 1, size * (GUESTS + 1) // EVENTS_PER_PERSON)
    insert(
        User(username=f"person-{number}", email=f"person-{number}@example.org")
        for number in range(User.objects.count(), people)
    )
    users = list(User.objects.order_by("pk"))
    events = [_event(number, users[number % len(users)]) for number in range(first, size)]
    insert(events)
    _add_guests(events, users)
    _add_photos(events)


def _event(number: int, creator: User) -> Event:
    from django.utils import timezone  # noqa: PLC0415

    from picprocure.events.models import Event  # noqa: PLC0415

    now = timezone.now()
    return Event(
        creator=creator,
        name=f"Event {number}",
        is_listed=number % 10 == 0,
        created_at=now - timedelta(days=1),
        registration_closes_at=now - timedelta(hours=6),
        expires_at=now + timedelta(days=20),
        faces_expire_at=now + timedelta(days=20),
        people_announced_at=now,
    )


def _add_guests(events: list[Event], users: list[User]) -> None:
    from django.utils import timezone  # noqa: PLC0415

    from picprocure.events.models import EventConsent, Registration  # noqa: PLC0415

    now = timezone.now()
    registrations = [
        Registration(
            event=event,
            user=users[(place * (GUESTS + 1) + guest) % len(users)],
            registered_at=now - timedelta(hours=8),
            status="pending" if guest == GUESTS else "admitted",
            photos_announced_at=now if guest <= 2 else None,
        )
        for place, event in enumerate(events)
        for guest in range(1, GUESTS + 1)
    ]
    insert(registrations)
    stored = Registration.objects.filter(consent=None)
    insert(EventConsent(registration=registration, version="1", text="") for registration in stored)


def _add_photos(events: list[Event]) -> None:
    from django.utils import timezone  # noqa: PLC0415

    from picprocure.events.models import Registration  # noqa: PLC0415
    from picprocure.photos.models import EventUsage, Photo  # noqa: PLC0415
    from picprocure.recognition.models import Face, Match, Sorting  # noqa: PLC0415

    then = timezone.now() - timedelta(hours=5)
    photos = [
        Photo(
            event=event,
            uploaded_by=event.creator,
            uploaded_at=then,
            name=f"{number}.jpg",
            sha256=f"{number:064x}",
            content_type="image/jpeg",
            size_bytes=4_000_000,
            width=4000,
            height=3000,
            original_key=f"original-{event.pk}-{number}",
            status=Photo.Status.ANALYZED,
            engine_version="none",
            face_count=FACES,
            queued_at=then,
            analyzed_at=then,
            released_at=then,
        )
        for event in events
        for number in range(PHOTOS)
    ]
    insert(photos)
    insert(
        Face(
            photo=photo,
            left=place * 100,
            top=0,
            right=place * 100 + 80,
            bottom=80,
            embedding=bytes(540),
            engine_version="none",
        )
        for photo in photos
        for place in range(FACES)
    )
    first = {event.pk: event for event in events}
    faces = Face.objects.filter(matches=None, left=0).values_list("pk", "photo__event")
    found: dict[Any, list[int]] = {}
    known = Registration.objects.exclude(photos_announced_at=None).values_list("event", "pk")
    for event_id, registration_id in known:
        found.setdefault(event_id, []).append(registration_id)
    insert(
        Match(
            registration_id=found[event_id][face % 2],
            face_id=face,
            status=Match.Status.MATCHED,
            distance=0.8,
            threshold=1.0,
            reason="near",
            engine_version="none",
        )
        for face, event_id in faces
        if event_id in first
    )
    insert(Sorting(event=event, requested=5, done=5, sorted_at=then) for event in events)
    insert(EventUsage(event=event, photos=PHOTOS, bytes=PHOTOS * 4_000_000) for event in events)


def asked_of_site() -> Iterator[tuple[str, str, User]]:
    """Yield what is asked: a name, an address and who asks."""
    from django.urls import reverse  # noqa: PLC0415

    from picprocure.accounts.models import User  # noqa: PLC0415
    from picprocure.events.models import Event  # noqa: PLC0415

    event = Event.objects.order_by("created_at", "pk").first()
    if event is None:
        return
    host, operator = event.creator, User.objects.get(username="operator")
    yield "All events", reverse("events:list"), host
    yield "All events, a search", reverse("events:list") + "?q=Event+9", host
    yield "My events", reverse("events:mine"), host
    yield "Registrations", reverse("events:registrations"), host
    yield "Event, as host", reverse("events:detail", args=[event.pk]), host
    for model in ("events/event", "accounts/user", "recognition/sorting"):
        yield f"Operator's {model}", f"/operator/{model}/", operator
    yield "Operator's front page", "/operator/", operator


def parts_of_upkeep() -> Iterator[tuple[str, Callable[[], Any]]]:
    """Yield the sweep, and then its parts."""
    from picprocure.galleries import publishing  # noqa: PLC0415
    from picprocure.notifications import announcements, outbox  # noqa: PLC0415
    from picprocure.pipeline import heartbeats, maintenance  # noqa: PLC0415
    from picprocure.retention import sweep  # noqa: PLC0415

    yield "Whole sweep", maintenance.sweep
    yield "requeue", maintenance.requeue
    yield "stalls", lambda: list(heartbeats.stalls())
    yield "health", heartbeats.health
    for queryset in (
        announcements.events_to_announce,
        announcements.events_with_new_photos,
        announcements.events_about_to_end,
        announcements.events_with_unsent_mail,
    ):
        yield queryset.__name__, partial(_read, queryset)
    yield "forget_undelivered", outbox.forget_undelivered
    yield "expired", sweep.sweep
    yield "events_to_publish", publishing.events_to_publish


def _read(queryset: Callable[[], Any]) -> None:
    list(queryset())


def measured(options: argparse.Namespace, clock: Callable[[], float]) -> Iterator[str]:
    """Grow a site, and yield the rows of the table."""
    import django  # noqa: PLC0415

    django.setup()
    from django.core.management import call_command  # noqa: PLC0415
    from django.db import connection  # noqa: PLC0415
    from django.test import Client  # noqa: PLC0415

    from picprocure.accounts.models import User  # noqa: PLC0415

    call_command("migrate", verbosity=0)
    call_command("createcachetable", verbosity=0)
    call_command("collectstatic", verbosity=0, interactive=False)
    User.objects.create_superuser(username="operator", email="operator@example.org")
    rows: dict[str, list[tuple[float, int]]] = {}
    for size in options.sizes:
        grow_site(size)
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")
        for name, part in parts_of_upkeep():
            rows.setdefault(name, []).append(measured_call(part, options.rounds, clock))
        for name, address, user in asked_of_site():
            client = Client()
            client.force_login(user)
            (cost,) = costs_of([(client, address)], options.rounds, clock)
            rows.setdefault(name, []).append((cost.milliseconds, cost.queries))
    for name, costs in rows.items():
        times = [milliseconds for milliseconds, _ in costs]
        queries = "/".join(dict.fromkeys(str(count) for _, count in costs))
        figures = " | ".join(f"{milliseconds:,.1f}" for milliseconds in times)
        yield f"| {name} | {figures} | {exponent(options.sizes, times):.2f} | {queries} |"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--sizes", type=int, nargs="+", default=[100, 1_000, 10_000])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--postgres", action="store_true", help="with a server of its own")
    options = parser.parse_args()
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        os.environ.update(
            DJANGO_SETTINGS_MODULE="picprocure.config.settings",
            PICPROCURE_DATA_DIR=folder,
            PICPROCURE_BROKER_URL="memory://localhost",
            PICPROCURE_ALLOWED_HOSTS="testserver",
            PICPROCURE_LOG_LEVEL="ERROR",
        )
        server = stack.enter_context(database(options))
        clock = server_clock(server) if server else time.process_time
        sizes = " | ".join(f"{size:,}" for size in options.sizes)
        print(f"| part | {sizes} events | exponent | queries |")
        print("|---|" + "---|" * (len(options.sizes) + 2))
        for row in measured(options, clock):
            print(row, flush=True)


if __name__ == "__main__":
    main()
