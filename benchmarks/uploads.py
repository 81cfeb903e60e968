"""Measure the speed of uploads, compared with a plain copy of the files, and the server's memory.

    python benchmarks/uploads.py [PHOTOS] [--count 40] [--fill 5000]

The site's web server receives the files as the upload page sends them: one in each request, and one
or four requests at a time. No worker runs. PHOTOS has JPEG files. By default, photos of 12
megapixels of noise are made. Finally the event is filled with small photos, and the peak memory of
the server's largest process is printed.
"""

from __future__ import annotations

import argparse
import http.client
import io
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image

from picprocure.cli.web_server import web_server

TOKEN = "a" * 32  # against CSRF: the cookie and the header must have the same one
HOST = "127.0.0.1"

PREPARE = """
import json
from datetime import timedelta
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.core.management import call_command
from picprocure.accounts.models import User
from picprocure.events.services import EventDetails, close_registration, create_event
call_command("migrate", verbosity=0)
call_command("createcachetable", verbosity=0)
call_command("collectstatic", interactive=False, verbosity=0)
host = User.objects.create_user(
    email="a@example.org", password=None, first_name="Alice", last_name="Host"
)
events = []
for name in ("one", "four", "full"):
    event = create_event(
        creator=host, details=EventDetails(name=name), closes_at=timezone.now() + timedelta(hours=1)
    )
    close_registration(event=event)
    events.append(str(event.pk))
session = SessionStore()
session[SESSION_KEY] = str(host.pk)
session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
session[HASH_SESSION_KEY] = host.get_session_auth_hash()
session.create()
print("\\n" + json.dumps({"session": session.session_key, "events": events}))
"""


def main() -> None:
    options = _parsed_options()
    files = _files(options)
    megabytes = sum(map(len, files)) / 1e6
    with tempfile.TemporaryDirectory() as folder:
        environment = {
            **os.environ,
            "PICPROCURE_DATA_DIR": folder,
            "PICPROCURE_BROKER_URL": "memory://localhost",
            "PICPROCURE_LOG_LEVEL": "ERROR",
            "DJANGO_SETTINGS_MODULE": "picprocure.config.settings",
        }
        command = [sys.executable, "-m", "picprocure.cli", "manage", "shell", "-c", PREPARE]
        prepared = subprocess.run(
            command, env=environment, check=True, capture_output=True, text=True
        )
        known = json.loads(prepared.stdout.strip().splitlines()[-1])
        single, parallel_event, full = known["events"]
        copied = _seconds(lambda: _copy(files, Path(folder) / "copies"))
        with _Server(environment) as server:
            client = _Client(server.port, known["session"])
            client.send(full, files[:1])  # so that everything is loaded
            print(f"{len(files)} files, {megabytes:.0f} MB")
            print(f"{'':24}{'seconds':>8}{'files/s':>9}{'MB/s':>7}{'of a copy':>11}")
            _row("a plain copy", copied, files, copied)
            runs = (("one at a time", single, 1), ("four at a time", parallel_event, 4))
            for name, event, parallel in runs:
                taken = _seconds(partial(client.send, event, files, parallel))
                _row(f"uploaded, {name}", taken, files, copied)
            print(f"peak memory of the server so far: {server.peak_megabytes()} MB")
            if options.fill:
                small = [_small(number) for number in range(options.fill)]
                client.send(full, small, 4)
                client.get(full)
                print(f"with {options.fill:,} photos in one event: {server.peak_megabytes()} MB")


def _row(name: str, seconds: float, files: Sequence[bytes], copied: float) -> None:
    size = sum(map(len, files)) / 1e6
    rate = f"{len(files) / seconds:9.1f}{size / seconds:7.1f}"
    print(f"{name:24}{seconds:8.2f}{rate}{copied / seconds:11.4f}")


class _Server:
    """The web server as `picprocure up` starts it."""

    def __init__(self, environment: dict[str, str]) -> None:
        with socket.socket() as probe:
            probe.bind((HOST, 0))
            self.port: int = probe.getsockname()[1]
        command = web_server(HOST, self.port, processes=1)
        self._process = subprocess.Popen(command, env=environment)

    def __enter__(self) -> _Server:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                socket.create_connection((HOST, self.port), timeout=1).close()
            except OSError:
                time.sleep(0.2)
            else:
                return self
        raise SystemExit("The server did not start within a minute.")

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait()

    def peak_megabytes(self) -> int:
        """Return the peak memory of the process that used most."""
        children = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children").read_text()
        return max(_peak(pid) for pid in [str(self._process.pid), *children.split()])


def _peak(pid: str) -> int:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) // 1024
    return 0


class _Client:
    """Sends files as the upload page does."""

    def __init__(self, port: int, session: str) -> None:
        self._port = port
        cookies = f"sessionid={session}; csrftoken={TOKEN}"
        self._headers = {"Cookie": cookies, "X-CSRFToken": TOKEN, "Accept": "application/json"}

    def send(self, event: str, files: Sequence[bytes], parallel: int = 1) -> None:
        with ThreadPoolExecutor(parallel) as threads:
            for answer in threads.map(lambda content: self._post(event, content), files):
                if not answer["results"][0]["ok"]:
                    raise SystemExit(answer["results"][0]["message"])

    def get(self, event: str) -> None:
        connection = http.client.HTTPConnection(HOST, self._port)
        headers = {**self._headers, "Accept": "text/html"}
        connection.request("GET", f"/events/{event}/photos/", headers=headers)
        if connection.getresponse().status != http.HTTPStatus.OK:
            raise SystemExit("The page of the photos could not be loaded.")
        connection.close()

    def _post(self, event: str, content: bytes) -> dict[str, list[dict[str, str]]]:
        boundary = uuid.uuid4().hex
        head = (
            f'--{boundary}\r\nContent-Disposition: form-data; name="photos"; '
            f'filename="photo.jpg"\r\nContent-Type: image/jpeg\r\n\r\n'
        )
        body = head.encode() + content + f"\r\n--{boundary}--\r\n".encode()
        kind = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
        connection = http.client.HTTPConnection(HOST, self._port)
        connection.request("POST", f"/events/{event}/photos/", body, {**self._headers, **kind})
        answer: dict[str, list[dict[str, str]]] = json.loads(connection.getresponse().read())
        connection.close()
        return answer


def _seconds(work: Callable[[], None]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def _copy(files: Sequence[bytes], folder: Path) -> None:
    folder.mkdir()
    for number, content in enumerate(files):
        with (folder / f"{number}.jpg").open("wb") as copy:
            shutil.copyfileobj(io.BytesIO(content), copy)


def _files(options: argparse.Namespace) -> list[bytes]:
    if options.photos is None:
        return [_noise(number) for number in range(options.count)]
    paths = sorted(options.photos.rglob("*.jpg"))[: options.count]
    return list({path.read_bytes(): None for path in paths})


def _noise(number: int) -> bytes:
    """Return a JPEG of 12 megapixels, about 5 MB."""
    coarse = np.random.default_rng(number).integers(0, 255, (750, 1000, 3), dtype=np.uint8)
    image = Image.fromarray(coarse).resize((4000, 3000), Image.Resampling.BICUBIC)
    out = io.BytesIO()
    image.save(out, "JPEG", quality=92)
    return out.getvalue()


def _small(number: int) -> bytes:
    out = io.BytesIO()
    color = (number % 256, number // 256 % 256, 77)
    Image.new("RGB", (320, 240), color).save(out, "JPEG", comment=str(number).encode())
    return out.getvalue()


def _parsed_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("photos", type=Path, nargs="?")
    parser.add_argument("--count", type=int, default=40)
    parser.add_argument("--fill", type=int, default=5_000)
    return parser.parse_args()


if __name__ == "__main__":
    main()
