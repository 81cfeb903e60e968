"""A site for benchmarks: one event, guests with a gallery of 60 photos each, and its web server."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import psutil

from large_event import PHOTOS_OF_GUEST, Scene, make_scene
from page_costs import learn_statistics
from picprocure.cli.web_server import web_server

if TYPE_CHECKING:
    from picprocure.accounts.models import User

HOST: Final = "127.0.0.1"
THUMBNAIL_BYTES: Final = 24_000
WEB_BYTES: Final = 300_000
STATIC_FILES: Final = {"static.jpg": THUMBNAIL_BYTES, "static-large.jpg": WEB_BYTES}
START_SECONDS: Final = 60


@dataclass(frozen=True, slots=True)
class Visitor:
    """A signed-in guest: the session, and the ids of the photos in the gallery."""

    session: str
    photos: list[str]


def prepare(size: int, guests: int | None = None) -> Scene:
    """Add static files and an event of some photos and guests to an empty site.

    All photos have a thumbnail and a picture in web size, of usual sizes in bytes.
    """
    from django.conf import settings  # noqa: PLC0415 -- once Django is set up
    from django.core.files.base import ContentFile  # noqa: PLC0415
    from django.core.files.storage import storages  # noqa: PLC0415

    for name, length in STATIC_FILES.items():
        (Path(settings.STATIC_ROOT) / name).write_bytes(os.urandom(length))
    scene = make_scene(size, guests)
    thumbnail, web = os.urandom(THUMBNAIL_BYTES), os.urandom(WEB_BYTES)
    for photo in scene.event.photos.all():
        storages["photos"].save(photo.thumbnail_key, ContentFile(thumbnail))
        storages["photos"].save(photo.web_key, ContentFile(web))
    return scene


def visitors_of(scene: Scene, count: int) -> list[Visitor]:
    """Sign in guests of the event, and give each of them as many photos as the first one has."""
    from django.db import connections  # noqa: PLC0415

    from picprocure.events.models import Registration  # noqa: PLC0415
    from picprocure.galleries import access  # noqa: PLC0415

    registrations = list(
        Registration.objects.filter(event=scene.event).select_related("user").order_by("pk")
    )[:count]
    if len(registrations) < count:
        raise SystemExit(f"The event has only {len(registrations)} guests.")
    for place, registration in enumerate(registrations):
        _fill_gallery(scene, registration, place)
    visitors = []
    for registration in registrations:
        shown = access.photos_visible_to(registration.user, scene.event)
        photos = [str(pk) for pk in shown.values_list("pk", flat=True)]
        visitors.append(Visitor(_session_of(registration.user), photos))
    learn_statistics()
    connections.close_all()
    return visitors


def _fill_gallery(scene: Scene, registration: Any, place: int) -> None:
    """Share photos with a guest until the gallery has a full page."""
    from picprocure.galleries import access  # noqa: PLC0415
    from picprocure.recognition.models import ManualGrant  # noqa: PLC0415

    seen = access.photos_visible_to(registration.user, scene.event)
    others = scene.event.photos.exclude(pk__in=seen.order_by()).order_by("taken_at")
    missing = max(0, PHOTOS_OF_GUEST - seen.count())
    start = 7 * place % max(1, scene.size - PHOTOS_OF_GUEST - missing)
    ManualGrant.objects.bulk_create(
        ManualGrant(registration=registration, photo=photo)
        for photo in others[start : start + missing]
    )


def _session_of(user: User) -> str:
    from django.conf import settings  # noqa: PLC0415
    from django.test import Client  # noqa: PLC0415

    client = Client()
    client.force_login(user)
    return client.cookies[settings.SESSION_COOKIE_NAME].value


class Server:
    """The web server as `picprocure up` starts it, and the processor time of its processes."""

    def __init__(self, port: int, processes: Iterable[psutil.Process]) -> None:
        self.port = port
        self._roots = list(processes)

    def seconds(self) -> float:
        """Return the processor seconds of the server, and of a database server if it has one.

        Those of processes that ended are included: their parents keep them.
        """
        spent = 0.0
        for process in self._all():
            with suppress(psutil.NoSuchProcess):
                spent += sum(process.cpu_times()[:4])
        return spent

    def megabytes(self) -> float:
        """Return the memory of the web server's processes. Shared pages are divided by users."""
        return float(sum(process.memory_full_info().pss for process in self._web())) / 1e6

    def _web(self) -> list[psutil.Process]:
        return [self._roots[0], *self._roots[0].children(recursive=True)]

    def _all(self) -> Iterator[psutil.Process]:
        for root in self._roots:
            with suppress(psutil.NoSuchProcess):
                yield from root.children(recursive=True)
            yield root  # last, since it has the time of those that have just ended


@contextmanager
def serving(
    processes: int, threads: int, database: psutil.Process | None = None
) -> Iterator[Server]:
    """Run the web server with the settings in the environment."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
    command = web_server(HOST, port, processes=processes)
    environment = {**os.environ, "PICPROCURE_WEB_THREADS": str(threads)}
    with subprocess.Popen(command, env=environment) as running:
        try:
            _wait_until(lambda: is_open(port))
            roots = [psutil.Process(running.pid), *([database] if database else [])]
            yield Server(port, roots)
        finally:
            running.terminate()
            running.wait()


def is_open(port: int) -> bool:
    try:
        socket.create_connection((HOST, port), timeout=1).close()
    except OSError:
        return False
    return True


def _wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not condition():
        if time.monotonic() > deadline:
            raise SystemExit(f"The server did not start within {START_SECONDS} seconds.")
        time.sleep(0.1)
