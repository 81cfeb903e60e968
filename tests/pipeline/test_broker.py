"""The default broker: files in a folder. No file may stop the others."""

from __future__ import annotations

import base64
import inspect
import itertools
import json
import logging
import os
import stat
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from celery.worker import state as worker_state
from celery.worker import strategy
from celery.worker.request import Request
from kombu.connection import Connection
from kombu.exceptions import OperationalError
from kombu.transport import virtual

from picprocure.pipeline import (
    folder_queue,
    tasks,  # noqa: F401 -- as a worker has them
)
from picprocure.pipeline.app import app
from picprocure.pipeline.broker import EXPIRED_SECONDS, prepare_broker
from picprocure.pipeline.folder_queue import Transport


@pytest.fixture
def broker(tmp_path: Path, settings: Any) -> Path:
    settings.CELERY_BROKER_URL = "filesystem://localhost"
    settings.BROKER_DIR = tmp_path / "queue"
    prepare_broker()
    return tmp_path / "queue"


@pytest.fixture
def connection(broker: Path) -> Iterator[Connection]:
    """Return a connection like that of a process of the site or of a worker."""
    with _connected_to(broker) as connection:
        yield connection


def _connected_to(broker: Path) -> Connection:
    return Connection(
        "filesystem://localhost", transport=Transport, transport_options={"folder": str(broker)}
    )


def _send(connection: Connection, photo_id: str | None = None) -> str:
    photo_id = photo_id or str(uuid.uuid4())
    app.send_task("picprocure.analyze_photo", args=[photo_id], connection=connection)
    return photo_id


def _received_photos(connection: Connection) -> list[str]:
    """Receive all waiting messages, and return their photo ids in order."""
    channel, photo_ids = connection.channel(), []
    while (message := channel.basic_get("celery", no_ack=True)) is not None:
        photo_ids.append(message.decode()[0][0])
    return photo_ids


def _messages(broker: Path) -> list[Path]:
    return sorted(path for path in broker.iterdir() if path.name.endswith(".msg"))


def test_folder_is_accessible_only_to_its_owner(broker: Path, connection: Connection) -> None:
    prepare_broker()  # safe to repeat
    _send(connection)
    for folder in (broker, broker / "new", broker / "unreadable"):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    (file,) = _messages(broker)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_messages_are_json_with_ids_only(broker: Path, connection: Connection) -> None:
    photo_id = _send(connection)
    (file,) = _messages(broker)
    message = json.loads(file.read_text())
    assert message["content-type"] == "application/json"
    arguments, keywords, _ = json.loads(base64.b64decode(message["body"]))
    assert arguments == [photo_id]
    assert keywords == {}


def test_messages_are_received_in_the_order_they_were_sent(connection: Connection) -> None:
    sent = [_send(connection) for _ in range(20)]
    assert _received_photos(connection) == sent
    assert _received_photos(connection) == []


def test_order_is_kept_across_reboots_and_hosts(
    broker: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with _connected_to(broker) as before:
        first = _send(before)
    monkeypatch.setattr(time, "monotonic", lambda: 1.0)  # the machine has just been started
    with _connected_to(broker) as after:
        second = _send(after)
    monkeypatch.undo()
    with _connected_to(broker) as reader:
        assert _received_photos(reader) == [first, second]


def test_messages_of_an_earlier_version_are_received_first(
    broker: Path, connection: Connection
) -> None:
    old = _send(connection)
    (file,) = _messages(broker)
    file.rename(broker / f"987654321_{uuid.uuid4()}.celery.msg")  # milliseconds since the boot
    new = _send(connection)
    assert _received_photos(connection) == [old, new]


def test_reader_never_sees_an_unfinished_message(
    broker: Path, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    replace, seen = Path.replace, list[list[str]]()

    def look_while_half_is_written(source: Path, target: Path) -> Path:
        content = source.read_bytes()
        source.write_bytes(content[:20])
        seen.append(_received_photos(connection))
        source.write_bytes(content)
        return replace(source, target)

    monkeypatch.setattr(Path, "replace", look_while_half_is_written)
    sent = _send(connection)
    assert seen == [[]]
    assert _received_photos(connection) == [sent]


def test_each_message_goes_to_one_of_many_readers(broker: Path, connection: Connection) -> None:
    sent = [_send(connection) for _ in range(200)]
    received: list[str] = []

    def read() -> None:
        with _connected_to(broker) as own:
            received.extend(_received_photos(own))

    readers = [threading.Thread(target=read) for _ in range(4)]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join()
    assert sorted(received) == sorted(sent)


def _damaged(content: str, **changes: object) -> bytes:
    return json.dumps({**json.loads(content), **changes}).encode()


UNREADABLE: dict[str, Callable[[str], bytes]] = {
    "empty": lambda valid: b"",
    "cut off": lambda valid: valid[:100].encode(),
    "not text": lambda valid: bytes(range(256)),
    "another kind of JSON": lambda valid: b'["a list"]',
    "nested too deeply": lambda valid: b"[" * 100_000,
    "no body": lambda valid: _damaged(valid, body=None),
    "a body that is no base64": lambda valid: _damaged(valid, body="~" * 9),
    "a pickle": lambda valid: _damaged(valid, **{"content-type": "application/x-python-serialize"}),
    "without properties": lambda valid: _damaged(valid, properties={}),
    "without headers": lambda valid: _damaged(valid, headers=None),
    "an unknown job": lambda valid: valid.replace(
        "picprocure.analyze_photo", "secret.job"
    ).encode(),
    "huge": lambda valid: _damaged(valid, padding="x" * 2_000_000),
}


@pytest.mark.parametrize("kind", UNREADABLE)
def test_file_that_is_no_message_is_moved_and_the_queue_continues(
    kind: str, broker: Path, connection: Connection, caplog: pytest.LogCaptureFixture
) -> None:
    before = _send(connection)
    (file,) = _messages(broker)
    (broker / "1_x.celery.msg").write_bytes(UNREADABLE[kind](file.read_text()))
    assert _received_photos(connection) == [before]
    assert _messages(broker) == []
    (moved,) = (broker / "unreadable").iterdir()
    assert moved.name.endswith("_1_x.celery.msg")
    (line,) = [
        record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING
    ]
    assert "is not a message" in line
    assert "secret" not in line


# Values for each field of a message: some that Kombu or Celery trust, some that are invalid.
ODD = ["x", "9" * 5000, "\ud800", -1, 10**400, 1e400, True, [], {}, ["a", {}], [1, 2], None, "gone"]


def _fields(part: dict[str, Any]) -> Iterator[tuple[dict[str, Any], str]]:
    """Yield every field of a message, with the part of the message that contains it."""
    for name, value in list(part.items()):
        yield part, name
        if isinstance(value, dict):
            yield from _fields(value)


def _with_one_odd_field(content: str) -> Iterator[tuple[str, dict[str, Any]]]:
    count = len(list(_fields(_parsed(content))))
    for number, odd in itertools.product(range(count), ODD):
        message = _parsed(content)
        part, name = list(_fields(message))[number]
        part[name] = odd
        if odd == "gone":
            del part[name]
        if isinstance(message.get("body"), dict):
            body = message["body"]
            parts = [body.get("arguments"), body.get("keywords"), body.get("embedded")]
            message["body"] = base64.b64encode(json.dumps(parts).encode()).decode()
        yield f"{name}: {str(odd)[:20]}", message


def _parsed(content: str) -> dict[str, Any]:
    message: dict[str, Any] = json.loads(content)
    arguments, keywords, embedded = json.loads(base64.b64decode(message["body"]))
    message["body"] = {"arguments": arguments, "keywords": keywords, "embedded": embedded}
    # Fields that Kombu and Celery know, and that we don't send.
    message |= {"compression": None}
    message["headers"] |= {"compression": None, "chord": None, "expires": None}
    message["properties"] |= {"expiration": "20000", "compression": None, "message_id": None}
    return message


def _request_made_by_celery(message: virtual.Message) -> Any:
    """Do what a worker does first with a message, where an error would end it."""
    consumer = mock.MagicMock(disable_rate_limits=True, app=app, connection_errors=())
    consumer.controller.state.revoked = set()
    requests: list[Request] = []
    consumer._limit_task = consumer.on_task_request = requests.append
    with mock.patch("celery.worker.strategy.task_reserved", requests.append):
        take = strategy.default(app.tasks[message.headers["task"]], app, consumer)
        take(message, None, lambda *_: None, lambda *_: None, [])
    return requests[0] if requests else None


@pytest.mark.parametrize("task", ["picprocure.analyze_photo", "picprocure.sweep"])
def test_no_field_of_a_message_can_end_a_worker(
    task: str, broker: Path, connection: Connection
) -> None:
    arguments = [str(uuid.uuid4())] if task == "picprocure.analyze_photo" else []
    app.send_task(task, args=arguments, queue="celery", connection=connection)
    (file,) = _messages(broker)
    valid = file.read_text()
    channel = connection.channel()
    for field, odd in _with_one_odd_field(valid):
        file.write_text(json.dumps(odd))
        message = channel.basic_get("celery", no_ack=True)
        if message is not None:
            request = _request_made_by_celery(message)
            assert request.time_limits == [None, None], field
            assert (request.name, request.args, request.kwargs) == (task, arguments, {}), field
        assert _messages(broker) == [], field


def test_message_with_a_wrong_time_limit_is_moved(broker: Path, connection: Connection) -> None:
    _send(connection)
    (file,) = _messages(broker)
    file.write_text(file.read_text().replace("[null, null]", '"x"'))
    assert _received_photos(connection) == []
    assert len(list((broker / "unreadable").iterdir())) == 1


def _receive_and_end(connection: Connection) -> bool:
    """Receive the next message as a worker that ends then. Return whether there was one."""
    channel = connection.channel()
    has_message = channel.basic_get("celery") is not None
    channel.close()
    return has_message


def test_message_over_which_two_workers_ended_is_moved(
    broker: Path, connection: Connection
) -> None:
    _send(connection)
    assert _receive_and_end(connection)
    assert _receive_and_end(connection)
    assert not _receive_and_end(connection)
    assert len(list((broker / "unreadable").iterdir())) == 1


def test_message_is_returned_by_every_worker_that_ends_as_requested(
    broker: Path, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = _send(connection)
    monkeypatch.setattr(worker_state, "should_stop", 0)
    assert [_receive_and_end(connection) for _ in range(5)] == [True] * 5
    assert _received_photos(connection) == [sent]


def test_all_jobs_of_the_site_are_accepted(broker: Path, connection: Connection) -> None:
    names = [name for name in app.tasks if name.startswith("picprocure.")]
    channel = connection.channel()
    for name in names:
        count = len(inspect.signature(app.tasks[name].run).parameters)
        row_ids = [str(uuid.uuid4()) for _ in range(count)]
        options = {"queue": "celery", "expires": 20, "connection": connection}
        app.send_task(name, args=row_ids, parent_id=str(uuid.uuid4()), **options)
        message = channel.basic_get("celery", no_ack=True)
        request = _request_made_by_celery(message)
        assert (request.name, request.args) == (name, row_ids)
    assert list((broker / "unreadable").iterdir()) == []


def _make_folder(path: Path) -> None:
    (path / "inner").mkdir(parents=True)


def _make_dangling_link(path: Path) -> None:
    path.symlink_to("/nowhere")


def _make_locked(path: Path) -> None:
    path.write_text("{}")
    path.chmod(0)


@pytest.mark.parametrize("make", [_make_folder, os.mkfifo, _make_dangling_link, _make_locked])
def test_entry_that_is_no_file_is_moved(make: Any, broker: Path, connection: Connection) -> None:
    make(broker / "1_x.celery.msg")
    sent = _send(connection)
    assert _received_photos(connection) == [sent]
    assert len(list((broker / "unreadable").iterdir())) == 1


def test_number_of_moved_files_is_limited(broker: Path, connection: Connection) -> None:
    for number in range(folder_queue.MAX_UNREADABLE + 20):
        (broker / f"{number}_x.celery.msg").touch()
    assert _received_photos(connection) == []
    kept = sorted(path.name for path in (broker / "unreadable").iterdir())
    assert len(kept) == folder_queue.MAX_UNREADABLE
    assert kept[-1].endswith("_119_x.celery.msg")


def _remove(folder: Path) -> None:
    for path in sorted(folder.rglob("*"), reverse=True):
        path.unlink() if path.is_file() else path.rmdir()
    folder.rmdir()


@pytest.mark.parametrize("lost", [".", "new", "unreadable"])
def test_sender_creates_a_removed_folder_again(
    lost: str, broker: Path, connection: Connection
) -> None:
    _send(connection)
    _received_photos(connection)
    _remove(broker / lost)
    sent = _send(connection)
    (broker / "1_x.celery.msg").touch()
    assert _received_photos(connection) == [sent]


def test_reader_creates_a_removed_folder_again(broker: Path, connection: Connection) -> None:
    _remove(broker)
    assert _received_photos(connection) == []
    assert (broker / "new").is_dir()


def test_job_that_cannot_be_queued_says_why_and_leaves_no_file(
    broker: Path, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(self: Path, target: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(OperationalError, match="No space left on device"):
        _send(connection)
    assert list((broker / "new").iterdir()) == []


def test_start_removes_leftovers_of_a_killed_run(broker: Path) -> None:
    heartbeats = ["5_x.worker9@gone.dq.msg", "6_x.worker9@gone.dq2.msg"]
    for leftover in (*heartbeats, "7_x.worker1@here.dq2.msg", "2_x.celery.msg"):
        (broker / leftover).touch()
    long_ago = time.time() - EXPIRED_SECONDS - 9
    for heartbeat in heartbeats:
        os.utime(broker / heartbeat, (long_ago, long_ago))
    (broker / "new/1_x.celery.msg").touch()
    (broker / "control").mkdir()
    prepare_broker(is_alone=False)
    kept = {"new", "unreadable", "2_x.celery.msg", "7_x.worker1@here.dq2.msg"}
    assert {path.name for path in broker.rglob("*")} == {*kept, "control", "1_x.celery.msg"}
    prepare_broker()
    assert {path.name for path in broker.rglob("*")} == kept
