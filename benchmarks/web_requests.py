"""Measure requests of the web server: how many a second, and what each costs.

    python benchmarks/web_requests.py [--visitors 1 20 50] [--processes 2] [--threads 32]
                                      [--postgres]

The site's web server runs as `picprocure up` starts it, with an event of 1,000 photos. Each visitor
is another guest, with a gallery of 60 photos and a connection of its own, and asks again as soon as
an answer is complete. "Static" is a file of the size of a thumbnail, "large static" one of the size
of a picture in web size. Both come from the same server.

The cost is the processor time of the server's processes in milliseconds a request. On PostgreSQL,
that of its server is included. "Over static" is the cost without that of the static file of the
same size. A look at a gallery is its page and 60 thumbnails.
"""

from __future__ import annotations

import argparse
import itertools
import socket
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import psutil

from large_event import PHOTOS_OF_GUEST
from measured_site import HOST, Server, Visitor, prepare, serving, visitors_of
from page_costs import empty_site

CHUNK: Final = 1 << 18
LARGE: Final = ("Large static", "Web size")


@dataclass(frozen=True, slots=True)
class Rate:
    """What a kind of request needed with some visitors at once.

    Attributes:
        milliseconds: Processor time of the server for each.
        per_second: How many were answered in a second.
        slow: The 95th percentile of their times in milliseconds.
    """

    milliseconds: float
    per_second: float
    slow: float


class Connection:
    """A connection that is kept open. It costs little, as it shares the cores with the server."""

    def __init__(self, port: int, session: str) -> None:
        self._socket = socket.create_connection((HOST, port), timeout=60)
        self._tail = f" HTTP/1.1\r\nHost: {HOST}\r\nCookie: sessionid={session}\r\n\r\n".encode()

    def get(self, path: str) -> int:
        """Request a path, read the answer to its end, and return its status."""
        self._socket.sendall(b"GET " + path.encode() + self._tail)
        head, _, body = self._read_head().partition(b"\r\n\r\n")
        lines = head.lower().split(b"\r\n")
        length = next(int(line[16:]) for line in lines if line.startswith(b"content-length: "))
        missing = length - len(body)
        while missing > 0:
            missing -= len(self._receive())
        return int(head[9:12])

    def _read_head(self) -> bytes:
        received = b""
        while b"\r\n\r\n" not in received:
            received += self._receive()
        return received

    def _receive(self) -> bytes:
        received = self._socket.recv(CHUNK)
        if not received:
            raise SystemExit("The server closed a connection.")
        return received

    def close(self) -> None:
        self._socket.close()


def paths_of(event: str, visitor: Visitor) -> dict[str, list[str]]:
    """Return the addresses that a visitor requests in turn, for each kind of request."""
    return {
        "Static": ["/static/static.jpg"],
        "Large static": ["/static/static-large.jpg"],
        "Front page": ["/"],
        "Event": [f"/events/{event}/"],
        "Progress": [f"/events/{event}/progress/"],
        "Gallery": [f"/galleries/{event}/"],
        "Thumbnail": [f"/media/photos/{photo}/thumbnail/" for photo in visitor.photos],
        "Web size": [f"/media/photos/{photo}/web/" for photo in visitor.photos],
    }


def measured(
    server: Server, visitors: Sequence[Visitor], paths: Sequence[Sequence[str]], seconds: float
) -> Rate:
    """Let all visitors request their paths for some time."""
    times: list[float] = []
    failures: list[str] = []
    start_together = threading.Barrier(len(visitors) + 1)
    stop = threading.Event()

    def visit(visitor: Visitor, addresses: Sequence[str]) -> None:
        connection = Connection(server.port, visitor.session)
        start_together.wait()
        for path in itertools.cycle(addresses):
            begun = time.perf_counter()
            status = connection.get(path)
            times.append(time.perf_counter() - begun)
            if status != 200:
                failures.append(f"{path} answers {status}")
            if stop.is_set() or failures:
                connection.close()
                return

    threads = [
        threading.Thread(target=visit, args=each) for each in zip(visitors, paths, strict=True)
    ]
    for thread in threads:
        thread.start()
    start_together.wait()
    spent, begun = server.seconds(), time.perf_counter()
    stop.wait(seconds)
    stop.set()
    for thread in threads:
        thread.join()
    spent, taken = server.seconds() - spent, time.perf_counter() - begun
    if failures:
        raise SystemExit(failures[0])
    slow = sorted(times)[int(len(times) * 0.95)]
    return Rate(1000 * spent / len(times), len(times) / taken, 1000 * slow)


def table(
    server: Server, visitors: Sequence[Visitor], event: str, options: argparse.Namespace
) -> Iterator[str]:
    """Measure all kinds of requests, and yield the rows of the table."""
    paths = [paths_of(event, visitor) for visitor in visitors]
    rates: dict[str, list[Rate]] = {}
    for kind in paths[0]:
        if options.kinds and kind not in ("Static", "Large static", *options.kinds):
            continue
        asked = [each[kind] for each in paths]
        measured(server, visitors, asked, options.seconds / 4)  # so that everything is loaded
        rates[kind] = [
            measured(server, visitors[:count], asked[:count], options.seconds)
            for count in options.visitors
        ]
        file = rates["Large static" if kind in LARGE else "Static"]
        cells = [f"{rate.milliseconds:.2f}" for rate in rates[kind]]
        cells += [
            f"{rate.milliseconds - static.milliseconds:.2f}"
            for rate, static in zip(rates[kind], file, strict=True)
        ]
        cells += [f"{rate.per_second:,.0f}" for rate in rates[kind]]
        cells += [f"{rate.slow:,.0f}" for rate in rates[kind]]
        yield f"| {kind} | " + " | ".join(cells) + " |"
    if {"Gallery", "Thumbnail"} <= rates.keys():
        looks = [
            page.milliseconds
            - (1 + PHOTOS_OF_GUEST) * static.milliseconds
            + PHOTOS_OF_GUEST * thumbnail.milliseconds
            for page, thumbnail, static in zip(
                rates["Gallery"], rates["Thumbnail"], rates["Static"], strict=True
            )
        ]
        yield "\nA look at a gallery over static files: " + ", ".join(
            f"{look:.0f} ms" for look in looks
        )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--visitors", type=int, nargs="+", default=[1, 20, 50])
    parser.add_argument("--processes", type=int, nargs="+", help="of the web server")
    parser.add_argument("--threads", type=int, nargs="+", help="of each process")
    parser.add_argument("--kinds", nargs="+", default=[], help="of requests; all by default")
    parser.add_argument("--seconds", type=float, default=4)
    parser.add_argument("--photos", type=int, default=1_000)
    parser.add_argument("--postgres", action="store_true", help="with a server of its own")
    options = parser.parse_args()
    memory = "memory://localhost"
    with empty_site(postgres=options.postgres, PICPROCURE_BROKER_URL=memory) as postgres:
        scene = prepare(options.photos)
        visitors = visitors_of(scene, max(options.visitors))
        run(options, str(scene.event.pk), visitors, postgres)


def run(
    options: argparse.Namespace,
    event: str,
    visitors: Sequence[Visitor],
    postgres: psutil.Process | None,
) -> None:
    from django.conf import settings  # noqa: PLC0415 -- once it is known where the site is

    for processes in options.processes or [settings.WEB_PROCESSES]:
        for threads in options.threads or [settings.WEB_THREADS]:
            print(f"\n{processes} processes of {threads} threads")
            numbers = " | ".join(str(count) for count in options.visitors)
            print(f"| | ms with {numbers} | over static | a second | p95 |")
            with serving(processes, threads, postgres) as server:
                for row in table(server, visitors, event, options):
                    print(row, flush=True)


if __name__ == "__main__":
    main()
