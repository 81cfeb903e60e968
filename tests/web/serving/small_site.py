"""A WSGI site with one page of each kind, run by ThreadedApplication as the real site is."""

from __future__ import annotations

import hashlib
import json
import os
import resource
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from picprocure.web.serving import asgi, exchange, transfers
from picprocure.web.serving.asgi import ThreadedApplication

THREADS = 12
CHUNK = bytes(256 * 1024)
ZIP_CHUNKS = 12_288  # 3 GB

asgi.SMALL_BODY_SECONDS = float(os.environ.get("SMALL_BODY_SECONDS", "20"))
exchange.BLOCK_SECONDS = float(os.environ.get("BLOCK_SECONDS", "60"))  # type: ignore[misc] # final
exchange.BODY_SECONDS = float(os.environ.get("BODY_SECONDS", "60"))
exchange.BODY_BYTES_PER_SECOND = int(os.environ.get("BODY_BYTES_PER_SECOND", "10000"))
transfers.GRACE_SECONDS = float(os.environ.get("GRACE_SECONDS", "10"))
transfers.MIN_BYTES_PER_SECOND = int(os.environ.get("MIN_BYTES_PER_SECOND", "20000"))


def site(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:  # noqa: PLR0911, PLR0912
    match environ["PATH_INFO"].split("/")[1:]:
        case ["page"]:
            start_response("200 OK", [("Content-Length", "5")])
            return [b"hello"]
        case ["environ"]:
            return _json(start_response, {k: v for k, v in environ.items() if isinstance(v, str)})
        case ["hash"]:
            digest = hashlib.sha256()
            while block := environ["wsgi.input"].read(64 * 1024):
                digest.update(block)
            return _json(start_response, digest.hexdigest())
        case ["unread"]:
            return _json(start_response, "the body was not read")
        case ["zip"]:
            size = ZIP_CHUNKS * len(CHUNK)
            start_response("200 OK", [("Content-Length", str(size))])
            return (CHUNK for _ in range(ZIP_CHUNKS))
        case ["file", size]:
            path = Path(os.environ["FILES"]) / "file"
            path.write_bytes(bytes(range(256)) * (int(size) // 256))
            start_response("200 OK", [("Content-Length", size)])
            file = path.open("rb")
            file.read(0)
            blocks: Iterable[bytes] = environ["wsgi.file_wrapper"](file, 4096)
            return blocks
        case ["broken", "early"]:
            raise ValueError("before anything was sent")
        case ["broken", "late"]:
            start_response("200 OK", [("Content-Length", str(100 * len(CHUNK)))])
            return _breaking()
        case ["slow"]:
            folder = Path(os.environ["FILES"])
            (folder / "begun").touch()
            while not (folder / "finish").exists():
                time.sleep(0.05)
            return _json(start_response, "finished")
        case ["memory"]:
            return _json(start_response, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
        case _:
            start_response("404 Not Found", [("Content-Length", "0")])
            return []


def _json(start_response: Callable[..., Any], value: object) -> list[bytes]:
    content = json.dumps(value).encode()
    start_response("200 OK", [("Content-Length", str(len(content)))])
    return [content]


def _breaking() -> Iterator[bytes]:
    for _ in range(20):
        yield CHUNK
    raise ValueError("in the middle")


application = ThreadedApplication(site, threads=THREADS, session_cookie="session")
