"""The default broker: files in a folder, of which none may stop the others."""

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
from picprocure.pipeline.broker import prepare_broker
from picprocure.pipeline.folder_queue import Transport


@pytest.fixture
def broker(tmp_path: Path, settings: Any) -> Path:
    settings.CELERY_BROKER_URL = "filesystem://localhost"
    settings.BROKER_DIR = tmp_path / "queue"
    prepare_broker()
    return tmp_path / "queue"


@pytest.fixture
def connection(broker: Path) -> Iterator[Connection]:
    """As a process has one, of the site or of the worker."""
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


def _received(connection: Connection) -> list[str]:
    """The photos of all messages that wait, in the order in which a worker gets them."""
    channel, found = connection.channel(), []
    while (message := channel.basic_get("celery", no_ack=True)) is not None:
        found.append(message.decode()[0][0])
    return found


def _messages(broker: Path) -> list[Path]:
    return sorted(path for path in broker.iterdir() if path.name.endswith(".msg"))


def test_the_folder_is_its_owners_alone(broker: Path, connection: Connection) -> None:
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


def test_messages_come_in_the_order_in_which_they_were_sent(connection: Connection) -> None:
    sent = [_send(connection) for _ in range(20)]
    assert _received(connection) == sent
    assert _received(connection) == []


def test_order_holds_over_a_reboot_and_on_another_host(
    broker: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with _connected_to(broker) as before:
        first = _send(before)
    monkeypatch.setattr(time, "monotonic", lambda: 1.0)  # the machine has just been started
    with _connected_to(broker) as after:
        second = _send(after)
    monkeypatch.undo()
    with _connected_to(broker) as reader:
        assert _received(reader) == [first, second]


def test_messages_of_an_earlier_version_come_first(broker: Path, connection: Connection) -> None:
    old = _send(connection)
    (file,) = _messages(broker)
    file.rename(broker / f"987654321_{uuid.uuid4()}.celery.msg")  # milliseconds since the boot
    new = _send(connection)
    assert _received(connection) == [old, new]


def test_a_reader_never_sees_a_message_that_is_being_written(
    broker: Path, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    replace, seen = Path.replace, list[list[str]]()

    def look_while_half_is_written(source: Path, target: Path) -> Path:
        content = source.read_bytes()
        source.write_bytes(content[:20])
        seen.append(_received(connection))
        source.write_bytes(content)
        return replace(source, target)

    monkeypatch.setattr(Path, "replace", look_while_half_is_written)
    sent = _send(connection)
    assert seen == [[]]
    assert _received(connection) == [sent]


def test_each_message_goes_to_one_of_many_readers(broker: Path, connection: Connection) -> None:
    sent = [_send(connection) for _ in range(200)]
    received: list[str] = []

    def read() -> None:
        with _connected_to(broker) as own:
            received.extend(_received(own))

    readers = [threading.Thread(target=read) for _ in range(4)]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join()
    assert sorted(received) == sorted(sent)


def _damaged(content: str, **changes: object) -> bytes:
    return json.dumps({**json.loads(content), **changes}).encode()


UNREADABLE: dict[str, Callable[[str], bytes]] = {
    "empty": lambda good: b"",
    "cut off": lambda good: good[:100].encode(),
    "not text": lambda good: bytes(range(256)),
    "another kind of JSON": lambda good: b'["a list"]',
    "nested too deeply": lambda good: b"[" * 100_000,
    "no body": lambda good: _damaged(good, body=None),
    "a body that is no base64": lambda good: _damaged(good, body="~" * 9),
    "a pickle": lambda good: _damaged(good, **{"content-type": "application/x-python-serialize"}),
    "without properties": lambda good: _damaged(good, properties={}),
    "without headers": lambda good: _damaged(good, headers=None),
    "an unknown job": lambda good: good.replace("picprocure.analyze_photo", "secret.job").encode(),
    "huge": lambda good: _damaged(good, padding="x" * 2_000_000),
}


@pytest.mark.parametrize("kind", UNREADABLE)
def test_what_is_no_message_is_put_aside_and_the_rest_goes_on(
    kind: str, broker: Path, connection: Connection, caplog: pytest.LogCaptureFixture
) -> None:
    before = _send(connection)
    (file,) = _messages(broker)
    (broker / "1_x.celery.msg").write_bytes(UNREADABLE[kind](file.read_text()))
    assert _received(connection) == [before]
    assert _messages(broker) == []
    (aside,) = (broker / "unreadable").iterdir()
    assert aside.name.endswith("_1_x.celery.msg")
    (line,) = [
        record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING
    ]
    assert "is not a message" in line
    assert "secret" not in line


# Of each field of a message, values that Kombu or Celery trust, and some that no field can have.
ODD = ["x", "9" * 5000, "\ud800", -1, 10**400, 1e400, True, [], {}, ["a", {}], [1, 2], None, "gone"]


def _fields(part: dict[str, Any]) -> Iterator[tuple[dict[str, Any], str]]:
    """Every field of a message, with the part of it that it is in."""
    for name, value in list(part.items()):
        yield part, name
        if isinstance(value, dict):
            yield from _fields(value)


def _with_one_odd_field(content: str) -> Iterator[tuple[str, dict[str, Any]]]:
    count = len(list(_fields(_opened(content))))
    for number, odd in itertools.product(range(count), ODD):
        message = _opened(content)
        part, name = list(_fields(message))[number]
        part[name] = odd
        if odd == "gone":
            del part[name]
        if isinstance(message.get("body"), dict):
            body = message["body"]
            parts = [body.get("arguments"), body.get("keywords"), body.get("follows")]
            message["body"] = base64.b64encode(json.dumps(parts).encode()).decode()
        yield f"{name}: {str(odd)[:20]}", message


def _opened(content: str) -> dict[str, Any]:
    message: dict[str, Any] = json.loads(content)
    arguments, keywords, follows = json.loads(base64.b64decode(message["body"]))
    message["body"] = {"arguments": arguments, "keywords": keywords, "follows": follows}
    # Fields that Kombu and Celery know, and that we don't send.
    message |= {"compression": None}
    message["headers"] |= {"compression": None, "chord": None, "expires": None}
    message["properties"] |= {"expiration": "20000", "compression": None, "message_id": None}
    return message


def _taken_by_celery(message: virtual.Message) -> Any:
    """What a worker does first with a message, of which an error ends it."""
    consumer = mock.MagicMock(disable_rate_limits=True, app=app, connection_errors=())
    consumer.controller.state.revoked = set()
    taken: list[Request] = []
    consumer._limit_task = consumer.on_task_request = taken.append
    with mock.patch("celery.worker.strategy.task_reserved", taken.append):
        take = strategy.default(app.tasks[message.headers["task"]], app, consumer)
        take(message, None, lambda *_: None, lambda *_: None, [])
    return taken[0] if taken else None


@pytest.mark.parametrize("task", ["picprocure.analyze_photo", "picprocure.sweep"])
def test_no_field_of_a_message_can_end_a_worker(
    task: str, broker: Path, connection: Connection
) -> None:
    arguments = [str(uuid.uuid4())] if task == "picprocure.analyze_photo" else []
    app.send_task(task, args=arguments, queue="celery", connection=connection)
    (file,) = _messages(broker)
    good = file.read_text()
    channel = connection.channel()
    for what, odd in _with_one_odd_field(good):
        file.write_text(json.dumps(odd))
        message = channel.basic_get("celery", no_ack=True)
        if message is not None:
            request = _taken_by_celery(message)
            assert request.time_limits == [None, None], what
            assert (request.name, request.args, request.kwargs) == (task, arguments, {}), what
        assert _messages(broker) == [], what


def test_a_message_with_a_wrong_time_limit_is_put_aside(
    broker: Path, connection: Connection
) -> None:
    _send(connection)
    (file,) = _messages(broker)
    file.write_text(file.read_text().replace("[null, null]", '"x"'))
    assert _received(connection) == []
    assert len(list((broker / "unreadable").iterdir())) == 1


def _ends_with(connection: Connection) -> bool:
    """A worker takes the next message and ends. Returns whether there was one."""
    channel = connection.channel()
    found = channel.basic_get("celery") is not None
    channel.close()
    return found


def test_a_message_over_which_two_workers_ended_is_put_aside(
    broker: Path, connection: Connection
) -> None:
    _send(connection)
    assert _ends_with(connection)
    assert _ends_with(connection)
    assert not _ends_with(connection)
    assert len(list((broker / "unreadable").iterdir())) == 1


def test_a_message_comes_back_from_all_workers_that_end_in_order(
    broker: Path, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = _send(connection)
    monkeypatch.setattr(worker_state, "should_stop", 0)
    assert [_ends_with(connection) for _ in range(5)] == [True] * 5
    assert _received(connection) == [sent]


def test_every_job_of_the_site_passes(broker: Path, connection: Connection) -> None:
    names = [name for name in app.tasks if name.startswith("picprocure.")]
    channel = connection.channel()
    for name in names:
        count = len(inspect.signature(app.tasks[name].run).parameters)
        row_ids = [str(uuid.uuid4()) for _ in range(count)]
        options = {"queue": "celery", "expires": 20, "connection": connection}
        app.send_task(name, args=row_ids, parent_id=str(uuid.uuid4()), **options)
        message = channel.basic_get("celery", no_ack=True)
        request = _taken_by_celery(message)
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
def test_what_is_no_file_is_put_aside(make: Any, broker: Path, connection: Connection) -> None:
    make(broker / "1_x.celery.msg")
    sent = _send(connection)
    assert _received(connection) == [sent]
    assert len(list((broker / "unreadable").iterdir())) == 1


def test_what_is_put_aside_stays_bounded(broker: Path, connection: Connection) -> None:
    for number in range(folder_queue.MAX_UNREADABLE + 20):
        (broker / f"{number}_x.celery.msg").touch()
    assert _received(connection) == []
    kept = sorted(path.name for path in (broker / "unreadable").iterdir())
    assert len(kept) == folder_queue.MAX_UNREADABLE
    assert kept[-1].endswith("_119_x.celery.msg")


def _remove(folder: Path) -> None:
    for path in sorted(folder.rglob("*"), reverse=True):
        path.unlink() if path.is_file() else path.rmdir()
    folder.rmdir()


@pytest.mark.parametrize("lost", [".", "new", "unreadable"])
def test_a_removed_folder_is_made_again_by_who_sends(
    lost: str, broker: Path, connection: Connection
) -> None:
    _send(connection)
    _received(connection)
    _remove(broker / lost)
    sent = _send(connection)
    (broker / "1_x.celery.msg").touch()
    assert _received(connection) == [sent]


def test_a_removed_folder_is_made_again_by_who_waits(broker: Path, connection: Connection) -> None:
    _remove(broker)
    assert _received(connection) == []
    assert (broker / "new").is_dir()


def test_a_job_that_cannot_be_queued_says_why_and_leaves_nothing(
    broker: Path, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(self: Path, target: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(OperationalError, match="No space left on device"):
        _send(connection)
    assert list((broker / "new").iterdir()) == []


def test_a_start_removes_what_a_killed_run_left_half_done(broker: Path) -> None:
    for left in ("new/1_x.celery.msg", "5_x.worker9@gone.dq.msg"):
        (broker / left).touch()
    (broker / "control").mkdir()
    (broker / "2_x.celery.msg").touch()
    prepare_broker()
    assert {path.name for path in broker.rglob("*")} == {"new", "unreadable", "2_x.celery.msg"}
