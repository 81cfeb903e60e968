"""Kills and outages on several machines change nothing of what anybody gets.

300 small photos and an engine that waits instead of computing, since this is about the jobs.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

import stores
from soak.cluster import Cluster
from soak.disturbances import CLOCK, WEB, WORKER, Event, make_people, make_photos
from soak.faulty_store import FaultyStore
from soak.servers import (
    Broker,
    PostgreSQL,
    RabbitMQ,
    Redis,
    running_broker,
    running_postgresql,
)

pytestmark = [pytest.mark.soak, pytest.mark.worker]

PHOTOS, PORTION = 300, 30
AWAY_SECONDS = {"host": 10, "broker": 5, "database": 20, "store": 60}
# A photo that several kills happen to hit is no deadly photo here.
SETTINGS = {"face_engine": "fakes.UnhurriedEngine", "max_crashes": "9", "lease_seconds": "30"}
BROKERS = {"files": None, "rabbitmq": RabbitMQ, "redis": Redis}


@dataclass
class Servers:
    """The servers of one kind of site, and its settings."""

    broker: Broker | None = None
    database: PostgreSQL | None = None
    store: FaultyStore | None = None
    settings: dict[str, str] = field(default_factory=dict)


@pytest.fixture(params=BROKERS)
def servers(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Servers]:
    kind = BROKERS[request.param]
    if kind is None:
        yield Servers()
        return
    with ExitStack() as until:
        broker = until.enter_context(running_broker(kind, tmp_path / "broker"))
        database = until.enter_context(running_postgresql())
        settings = until.enter_context(stores.s3())
        address = urlsplit(settings["s3_endpoint_url"])
        assert address.port
        store = until.enter_context(FaultyStore(address.port))
        settings["s3_endpoint_url"] = f"http://127.0.0.1:{store.port}"
        settings |= {"database_url": database.url, "broker_url": broker.url}
        yield Servers(broker, database, store, settings)


def test_no_disturbance_changes_a_gallery(
    servers: Servers, tmp_path: Path, record_property: Any, fakes_can_be_imported: None
) -> None:
    photos = make_photos(tmp_path / "photos", PHOTOS)
    people = make_people(tmp_path / "people")
    with Cluster(tmp_path, {**SETTINGS, **servers.settings}) as cluster:
        undisturbed = Event(cluster, people, photos)
        begun = time.monotonic()
        undisturbed.upload(PHOTOS)
        undisturbed.wait_until_analyzed()
        undisturbed.ensure_nothing_is_stuck()
        figures = f"undisturbed: {PHOTOS} photos in {time.monotonic() - begun:.0f} s"

        event = Event(cluster, people, photos)
        event.disturb(
            "idle worker",
            lambda: cluster.kill_process("host1", WORKER),
            photos=PORTION,
            while_busy=False,
        )
        for what, disturb in disturbances(cluster, servers).items():
            event.disturb(what, disturb, photos=PORTION)
        event.upload(PHOTOS - event.uploaded)
        event.wait_until_analyzed()
        event.ensure_nothing_is_stuck()
        assert cluster.galleries(event.event_id) == cluster.galleries(undisturbed.event_id)
    record_property("table", "\n".join([figures, *event.figures]))


def disturbances(cluster: Cluster, servers: Servers) -> dict[str, Callable[[], None]]:
    """Return what happens to a busy site of this kind."""
    found = {
        "busy worker": lambda: cluster.kill_process("host1", WORKER),
        "host of workers": lambda: cluster.lose("host2", seconds=AWAY_SECONDS["host"]),
        "web process": lambda: cluster.kill_process("web1", WEB),
        "web server": lambda: cluster.lose("web2", seconds=AWAY_SECONDS["host"]),
        "clock": lambda: cluster.kill_process("clock", CLOCK),
    }
    if broker := servers.broker:
        found["broker"] = lambda: away(broker, seconds=AWAY_SECONDS["broker"])
    if database := servers.database:
        found["database"] = lambda: away(database, seconds=AWAY_SECONDS["database"])
    if store := servers.store:
        found["store"] = lambda: outage(store, seconds=AWAY_SECONDS["store"])
    return found


def away(server: Broker | PostgreSQL, *, seconds: float) -> None:
    server.stop()
    time.sleep(seconds)
    server.start()


def outage(store: FaultyStore, *, seconds: float) -> None:
    with store.outage():
        time.sleep(seconds)
