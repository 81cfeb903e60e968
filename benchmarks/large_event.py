"""Measure pages and polls of events of different sizes: processor time and queries.

    python benchmarks/large_event.py [--sizes 200 2000 6300 20000] [--postgres] [--rounds 5]

One site has an event of each size. Each photo has three faces, and there is one registered person
for 20 photos, but at least 100. So an event of 20,000 photos has 60,000 faces and 1,000 people, who
get 60 photos each. The guest whose pages are measured gets 60 photos in each event. Each event has
its own people.

The processor time is the smallest of the rounds, in milliseconds. On PostgreSQL, that of the server
is included. The exponent is the slope of time over photos, both as logarithms: 0 if a page costs
the same whatever the size, 1 if it grows with the event.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import psutil

if TYPE_CHECKING:
    from django.test import Client

    from picprocure.accounts.models import User
    from picprocure.events.models import Event
    from picprocure.photos.models import Photo

TOOLS: Final = Path(__file__).parents[1] / "tools"
FACES_PER_PHOTO: Final = 3
PHOTOS_PER_PERSON: Final = 20
MIN_PEOPLE: Final = 100
PHOTOS_OF_GUEST: Final = 60
BATCH: Final = 2_000


@dataclass(frozen=True, slots=True)
class Scene:
    """An event of one size, and people who look at it."""

    size: int
    event: Event
    host: User
    guest: User
    photo: Photo


@dataclass(frozen=True, slots=True)
class Cost:
    """What a request costs: processor milliseconds and queries."""

    milliseconds: float
    queries: int


def make_scene(size: int, guests: int | None = None) -> Scene:
    """Create an event with this many photos, sorted and released.

    Args:
        size: The number of photos.
        guests: The number of registered people. By default, it depends on the photos.
    """
    from django.utils import timezone  # noqa: PLC0415 -- once Django is set up

    from picprocure.events.models import Event, Registration  # noqa: PLC0415
    from picprocure.photos.models import Photo  # noqa: PLC0415
    from picprocure.recognition.models import Face, Match, Sorting  # noqa: PLC0415

    now = timezone.now()
    people = make_accounts(size, 1 + (guests or max(MIN_PEOPLE, size // PHOTOS_PER_PERSON)))
    host, registered = people[0], people[1:]
    event = Event.objects.create(
        creator=host,
        name=f"Event of {size:,} photos",
        registration_closes_at=now - timedelta(hours=1),
        expires_at=now + timedelta(days=2),
        faces_expire_at=now + timedelta(days=2),
    )
    insert(
        Registration(event=event, user=guest, status=Registration.Status.ADMITTED)
        for guest in registered
    )
    create_consents(event)
    photos = [make_photo(event, number) for number in range(size)]
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
        for place in range(FACES_PER_PHOTO)
    )
    registrations = list(Registration.objects.filter(event=event).order_by("pk"))
    faces = Face.objects.filter(photo__event=event).order_by("pk").values_list("pk", flat=True)
    step = FACES_PER_PHOTO * (size // PHOTOS_OF_GUEST)
    of_guest = range(0, step * PHOTOS_OF_GUEST, step)
    insert(
        Match(
            registration=registrations[
                0 if number in of_guest else 1 + number % (len(registrations) - 1)
            ],
            face_id=face,
            status=Match.Status.MATCHED,
            distance=0.8,
            threshold=1.0,
            reason="near",
            engine_version="none",
        )
        for number, face in enumerate(faces)
    )
    Sorting.objects.create(event=event, requested=1, done=1, sorted_at=now)
    # The guest's last photo is looked at, since the first one may be cheaper.
    last = Photo.objects.filter(faces__matches__registration=registrations[0])
    return Scene(size, event, host, registered[0], last.order_by("-taken_at")[0])


def make_accounts(size: int, count: int) -> list[User]:
    from picprocure.accounts.consent import CURRENT_CONSENT  # noqa: PLC0415
    from picprocure.accounts.models import Consent, User  # noqa: PLC0415

    names = [f"person-{size}-{number}" for number in range(count)]
    insert(User(username=name, email=f"{name}@example.org", first_name=name) for name in names)
    users = list(User.objects.filter(username__in=names).order_by("pk"))
    insert(Consent(user=user, version=CURRENT_CONSENT.version, text="") for user in users)
    return users


def create_consents(event: Event) -> None:
    from picprocure.accounts.consent import EVENT_CONSENT  # noqa: PLC0415
    from picprocure.events.models import EventConsent  # noqa: PLC0415

    insert(
        EventConsent(registration=registration, version=EVENT_CONSENT.version, text="")
        for registration in event.registrations.all()
    )


def make_photo(event: Event, number: int) -> Photo:
    from django.utils import timezone  # noqa: PLC0415

    from picprocure.photos.models import Photo  # noqa: PLC0415

    now = timezone.now()
    return Photo(
        event=event,
        uploaded_by=event.creator,
        uploaded_at=now,
        taken_at=now - timedelta(hours=6) + timedelta(seconds=number),
        is_undated=False,
        name=f"IMG_{number:05}.jpg",
        sha256=f"{number:064x}",
        content_type="image/jpeg",
        size_bytes=4_000_000,
        width=4000,
        height=3000,
        original_key=f"original-{event.pk}-{number}",
        web_key=f"web-{event.pk}-{number}",
        thumbnail_key=f"thumbnail-{event.pk}-{number}",
        status=Photo.Status.ANALYZED,
        engine_version="none",
        analyzed_at=now - timedelta(minutes=5),
        released_at=now - timedelta(minutes=4),
    )


def insert(rows: Iterable[Any]) -> None:
    """Insert rows of one model."""
    made = list(rows)
    type(made[0]).objects.bulk_create(made, batch_size=BATCH)


def requests_of(scene: Scene) -> Iterator[tuple[str, str, User]]:
    """Yield what is asked: a name, an address and who asks."""
    from django.urls import reverse  # noqa: PLC0415

    event = [scene.event.pk]
    host, guest = scene.host, scene.guest
    yield "My events", reverse("events:mine"), host
    yield "Registrations", reverse("events:registrations"), guest
    yield "Event, as host", reverse("events:detail", args=event), host
    yield "Event, as guest", reverse("events:detail", args=event), guest
    yield "Progress, as host", reverse("events:progress", args=event), host
    yield "Progress, as guest", reverse("events:progress", args=event), guest
    yield "Gallery", reverse("galleries:gallery", args=event), guest
    yield "Photo", reverse("galleries:photo", args=[scene.event.pk, scene.photo.pk]), guest
    yield "Thumbnail", reverse("media:photo", args=[scene.photo.pk, "thumbnail"]), guest
    yield "Host's photos", reverse("events:photos", args=event), host
    middle = f"?page={scene.size // PHOTOS_OF_GUEST // 2}"
    yield "Host's photos, middle page", reverse("events:photos", args=event) + middle, host
    yield "Host's photos, last page", reverse("events:photos", args=event) + "?page=100000", host
    yield "People", reverse("events:people", args=event), host
    yield "All events", reverse("events:list"), guest


def costs_of(
    asked: Sequence[tuple[Client, str]], rounds: int, clock: Callable[[], float]
) -> list[Cost]:
    """Return what each of some requests costs. Each round measures each of them once."""
    queries = [_queries_of(client, address) for client, address in asked]  # this warms up, too
    times: list[list[float]] = [[] for _ in asked]
    for _ in range(rounds):
        for (client, address), spent in zip(asked, times, strict=True):
            start = clock()
            # Reading all of it closes it as the client does, without the database connection.
            client.get(address).getvalue()
            spent.append(clock() - start)
    return [Cost(min(spent) * 1000, count) for spent, count in zip(times, queries, strict=True)]


def _queries_of(client: Client, address: str) -> int:
    with counted_queries() as queries:
        response = client.get(address)
        response.getvalue()
    if response.status_code != 200:
        raise SystemExit(f"{address} answers {response.status_code}")
    return len(queries)


@contextmanager
def counted_queries() -> Iterator[list[str]]:
    """Yield a list that gets each statement of this connection."""
    from django.db import connection  # noqa: PLC0415

    queries: list[str] = []

    def note(execute: Callable[..., Any], sql: str, *arguments: Any) -> Any:
        queries.append(sql)
        return execute(sql, *arguments)

    with connection.execute_wrapper(note):
        yield queries


def measured_call(
    call: Callable[[], Any], rounds: int, clock: Callable[[], float]
) -> tuple[float, int]:
    """Return the processor milliseconds and the number of queries of a call."""
    with counted_queries() as queries:
        call()
    times = []
    for _ in range(rounds):
        start = clock()
        call()
        times.append(clock() - start)
    return min(times) * 1000, len(queries)


def server_clock(server: psutil.Process) -> Callable[[], float]:
    """Return a clock of the processor seconds of this process and of a database server."""
    spent_by: dict[int, float] = {}  # also by processes that ended

    def seconds() -> float:
        for process in (server, *server.children(recursive=True)):
            try:
                spent = process.cpu_times()
            except psutil.NoSuchProcess:
                continue
            spent_by[process.pid] = spent.user + spent.system
        return time.process_time() + sum(spent_by.values())

    return seconds


def exponent(sizes: Sequence[int], milliseconds: Sequence[float]) -> float:
    return float(np.polyfit(np.log(sizes), np.log(milliseconds), 1)[0])


def measured(options: argparse.Namespace, clock: Callable[[], float]) -> Iterator[str]:
    """Set up a site with an event of each size, and yield the rows of the table."""
    import django  # noqa: PLC0415

    django.setup()
    from django.core.files.base import ContentFile  # noqa: PLC0415
    from django.core.files.storage import storages  # noqa: PLC0415
    from django.core.management import call_command  # noqa: PLC0415
    from django.db import connection  # noqa: PLC0415
    from django.test import Client  # noqa: PLC0415

    call_command("migrate", verbosity=0)
    call_command("createcachetable", verbosity=0)
    call_command("collectstatic", verbosity=0, interactive=False)
    scenes = [make_scene(size) for size in options.sizes]
    if connection.vendor == "postgresql":  # as it does itself within a minute
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")
    for scene in scenes:
        storages["photos"].save(scene.photo.thumbnail_key, ContentFile(bytes(12_000)))
    clients = {user: Client() for scene in scenes for user in (scene.host, scene.guest)}
    for user, client in clients.items():
        client.force_login(user)
    for rows in zip(*(list(requests_of(scene)) for scene in scenes), strict=True):
        asked = [(clients[user], address) for _, address, user in rows]
        costs = costs_of(asked, options.rounds, clock)
        times = [cost.milliseconds for cost in costs]
        queries = "/".join(dict.fromkeys(str(cost.queries) for cost in costs))
        figures = " | ".join(f"{milliseconds:,.1f}" for milliseconds in times)
        yield f"| {rows[0][0]} | {figures} | {exponent(options.sizes, times):.2f} | {queries} |"


@contextmanager
def database(options: argparse.Namespace) -> Iterator[psutil.Process | None]:
    """Choose the database of the site, and yield the process of its server if it has one."""
    if not options.postgres:
        yield None
        return
    sys.path.insert(0, str(TOOLS))
    from postgres import running_server  # noqa: PLC0415

    before = {process.pid for process in psutil.process_iter()}
    with running_server() as address:
        os.environ["PICPROCURE_DATABASE_URL"] = address
        servers = [
            process
            for process in psutil.process_iter(["name", "ppid"])
            if process.pid not in before and process.info["name"] == "postgres"
        ]
        yield next(p for p in servers if p.info["ppid"] not in {q.pid for q in servers})


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--sizes", type=int, nargs="+", default=[200, 2_000, 6_300, 20_000])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--postgres", action="store_true", help="with a server of its own")
    options = parser.parse_args()
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        os.environ.update(
            DJANGO_SETTINGS_MODULE="picprocure.config.settings",
            PICPROCURE_DATA_DIR=folder,
            PICPROCURE_BROKER_URL="memory://localhost",
            PICPROCURE_ALLOWED_HOSTS="testserver",
            PICPROCURE_LOG_LEVEL="WARNING",
        )
        server = stack.enter_context(database(options))
        clock = server_clock(server) if server else time.process_time
        sizes = " | ".join(f"{size:,}" for size in options.sizes)
        print(f"| page | {sizes} photos | exponent | queries |")
        print("|---|" + "---|" * (len(options.sizes) + 2))
        for row in measured(options, clock):
            print(row, flush=True)


if __name__ == "__main__":
    main()
