"""Measure pages and polls of events of different sizes: processor time and queries.

    python benchmarks/large_event.py [--sizes 200 2000 6300 20000] [--postgres] [--rounds 5]

One site has an event of each size. Each photo has three faces, and there is one registered person
for 20 photos, but at least 100. So an event of 20,000 photos has 60,000 faces and 1,000 people, who
get 60 photos each. The guest whose pages are measured gets 60 photos in each event. Each event has
its own people.

`page_costs.py` says what the figures mean.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from page_costs import Clock, Cost, costs_of, insert, learn_statistics, page, print_table

if TYPE_CHECKING:
    from picprocure.accounts.models import User
    from picprocure.events.models import Event
    from picprocure.photos.models import Photo

FACES_PER_PHOTO: Final = 3
PHOTOS_PER_PERSON: Final = 20
MIN_PEOPLE: Final = 100
PHOTOS_OF_GUEST: Final = 60


@dataclass(frozen=True, slots=True)
class Scene:
    """An event of one size, and people who look at it."""

    size: int
    event: Event
    host: User
    guest: User
    photo: Photo


def make_scene(size: int, guests: int | None = None) -> Scene:
    """Create an event with this many photos, sorted and released.

    Args:
        size: The number of photos.
        guests: The number of registered people. By default, it depends on the photos.
    """
    from django.utils import timezone  # noqa: PLC0415 -- once Django is set up

    from picprocure.events.models import Event, Registration  # noqa: PLC0415
    from picprocure.photos.models import Photo  # noqa: PLC0415
    from picprocure.photos.usage import recount_usage  # noqa: PLC0415
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
    recount_usage()
    Sorting.objects.create(event=event, requested=1, done=1, sorted_at=now)
    make_check(event)
    # The guest's last photo is looked at, since the first one may be cheaper.
    last = Photo.objects.filter(faces__matches__registration=registrations[0])
    return Scene(size, event, host, registered[0], last.order_by("-taken_at")[0])


def make_check(event: Event) -> None:
    """Have the host begin a check before the release, with the pairs of thirty matches."""
    from django.utils import timezone  # noqa: PLC0415 -- once Django is set up

    from picprocure.faces.checked_pairs import PAIRS, PairKind  # noqa: PLC0415
    from picprocure.recognition.models import CheckedPair, Match, ReleaseCheck  # noqa: PLC0415

    check = ReleaseCheck.objects.create(event=event, host=event.creator, drawn_at=timezone.now())
    matches = Match.objects.filter(registration__event=event).select_related("face")
    insert(
        CheckedPair(
            check_of=check,
            position=position,
            stratum=PairKind.SURE,
            registration_id=match.registration_id,
            photo_id=match.face.photo_id,
            left=match.face.left,
            top=match.face.top,
            right=match.face.right,
            bottom=match.face.bottom,
        )
        for position, match in enumerate(matches.order_by("pk")[:PAIRS])
    )


def make_accounts(size: int, count: int) -> list[User]:
    from picprocure.accounts.consent import CURRENT_CONSENT  # noqa: PLC0415
    from picprocure.accounts.models import Consent, User  # noqa: PLC0415

    names = [f"person-{size}-{number}" for number in range(count)]
    insert(User(email=f"{name}@example.org", first_name=name) for name in names)
    users = list(User.objects.filter(first_name__in=names).order_by("pk"))
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
        face_count=FACES_PER_PHOTO,
        analyzed_at=now - timedelta(minutes=5),
        released_at=now - timedelta(minutes=4),
    )


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
    yield "People, a search", reverse("events:people", args=event) + "?q=1&sort=name", host
    yield "Photo with its faces", reverse("events:photo", args=[*event, scene.photo.pk]), host
    yield "Review", reverse("events:review", args=event), host
    yield "Check before release", reverse("events:check", args=event), host
    yield "Stricter or more generous", reverse("events:strictness", args=event), host
    yield "All events", reverse("events:list"), guest


def measured(options: argparse.Namespace, clock: Clock) -> Iterator[tuple[str, Sequence[Cost]]]:
    """Make an event of each size, and yield what each page costs in each of them."""
    from django.core.files.base import ContentFile  # noqa: PLC0415
    from django.core.files.storage import storages  # noqa: PLC0415
    from django.test import Client  # noqa: PLC0415
    from django.urls import reverse  # noqa: PLC0415

    scenes = [make_scene(size) for size in options.sizes]
    learn_statistics()
    for scene in scenes:
        storages["photos"].save(scene.photo.thumbnail_key, ContentFile(bytes(12_000)))
    clients = {user: Client() for scene in scenes for user in (scene.host, scene.guest)}
    for user, client in clients.items():
        client.force_login(user)
    for rows in zip(*(list(requests_of(scene)) for scene in scenes), strict=True):
        pages = [page(clients[user], address) for _, address, user in rows]
        yield rows[0][0], costs_of(pages, options.rounds, clock)
    for scene in scenes:
        hold_back(scene)
    for name in ("detail", "progress"):
        pages = [
            page(clients[scene.host], reverse(f"events:{name}", args=[scene.event.pk]))
            for scene in scenes
        ]
        title = f"{name.replace('detail', 'event').capitalize()}, as host, before the release"
        yield title, costs_of(pages, options.rounds, clock)


def hold_back(scene: Scene) -> None:
    """Make all photos of an event wait for a release by hand."""
    from picprocure.events.models import Event  # noqa: PLC0415
    from picprocure.photos.usage import recount_usage  # noqa: PLC0415
    from picprocure.recognition.release_preview import refresh_preview  # noqa: PLC0415

    unseen = {"release": Event.Release.BY_HAND, "faces_expire_at": None}
    Event.objects.filter(pk=scene.event.pk).update(**unseen)
    scene.event.photos.update(waits_for_release=True, released_at=None)
    recount_usage()
    refresh_preview(scene.event.pk)


if __name__ == "__main__":
    sizes = [200, 2_000, 6_300, 20_000]
    print_table(__doc__, sizes, of="photos", rounds=5, measured=measured)
