"""Measure sites with different numbers of events: the sweep and pages, processor time and queries.

    python benchmarks/many_events.py [--sizes 100 1000 10000] [--postgres] [--rounds 3]

The site grows from one size to the next. Each event is live, sorted, and has nothing to do: five
photos with two faces each, and four guests, of whom two were notified of their photos, one is in no
photo, and one waits for approval, which the host knows. People take part in twenty events.

`page_costs.py` says what the figures mean.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from page_costs import Clock, Cost, costs_of, insert, learn_statistics, page, print_table

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
        User(email=f"person-{number}@example.org") for number in range(User.objects.count(), people)
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
    host, operator = event.creator, User.objects.get(email="operator@example.org")
    yield "All events", reverse("events:list"), host
    yield "All events, a search", reverse("events:list") + "?q=Event+9", host
    yield "All events, nothing found", reverse("events:list") + "?q=nothing", host
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


def measured(options: argparse.Namespace, clock: Clock) -> Iterator[tuple[str, Sequence[Cost]]]:
    """Grow the site, and yield what each part costs at each size."""
    from django.test import Client  # noqa: PLC0415

    from picprocure.accounts.models import User  # noqa: PLC0415

    User.objects.create_superuser(email="operator@example.org")
    rows: dict[str, list[Cost]] = {}
    for size in options.sizes:
        grow_site(size)
        learn_statistics()
        calls = dict(parts_of_upkeep())
        for name, address, user in asked_of_site():
            client = Client()
            client.force_login(user)
            calls[name] = page(client, address)
        for name, call in calls.items():
            rows.setdefault(name, []).extend(costs_of([call], options.rounds, clock))
    yield from rows.items()


if __name__ == "__main__":
    print_table(__doc__, [100, 1_000, 10_000], of="events", rounds=3, measured=measured)
