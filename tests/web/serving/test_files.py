"""Files leave the thread that opened them before they are sent."""

from __future__ import annotations

import asyncio
import io
import threading
from pathlib import Path
from typing import Any, cast
from wsgiref.util import FileWrapper

import pytest

from picprocure.web.serving.wsgi import WsgiCall


class Photo(io.FileIO):
    """A file that notes which threads close it, as the site's database connections are."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.closed_in: list[int] = []

    def close(self) -> None:
        if not self.closed:
            self.closed_in.append(threading.get_ident())
        super().close()


@pytest.fixture
def photo(tmp_path: Path) -> Photo:
    path = tmp_path / "photo.jpg"
    path.write_bytes(b"a photo of Bob")
    return Photo(path)


def rest_of(photo: Photo, method: str) -> Any:
    def site(_environ: Any, start_response: Any) -> FileWrapper:
        start_response("200 OK", [("Content-Length", "7")])
        return FileWrapper(photo)

    exchange, queue, loop = cast(Any, None), cast(Any, None), asyncio.new_event_loop()
    loop.close()
    call = WsgiCall(exchange, loop, queue, queue, b"")
    return call.run(site, {"REQUEST_METHOD": method, "picprocure.client": "bob"})


def test_file_is_closed_in_its_thread_and_can_still_be_sent(photo: Photo) -> None:
    photo.read(7)
    rest = rest_of(photo, "GET")
    assert photo.closed_in == [threading.get_ident()]
    Path(str(photo.name)).unlink()
    with rest.file:
        assert rest.file.read() == b" of Bob"
    assert rest.chunks == []


def test_head_opens_no_file_again(photo: Photo) -> None:
    rest = rest_of(photo, "HEAD")
    assert photo.closed_in == [threading.get_ident()]
    assert rest.file is None
    assert rest.chunks == []
