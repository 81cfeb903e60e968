"""The default broker: a Celery transport that keeps each message as a file in one folder.

Kombu's own filesystem transport lets a reader take a file before it is written, orders messages by
a clock that starts again at each boot, routes by files that may be missing, and fails on anything
it can't read. Here:

- A message is written in `new/` and then renamed, so a file with its final name is complete.
- Names begin with the wall-clock time in nanoseconds, so the order holds across hosts and reboots.
- A message belongs to the reader that unlinks it. If a reader is killed before, nothing is lost.
- A file that isn't one of our messages (`messages.py`) is moved to `unreadable/`, and the queue
  continues. So is a message over which a second worker ended with an error. If a row still waits
  for the job, the sweep queues it again.
- Writers and readers create missing folders again.
"""

from __future__ import annotations

import contextlib
import errno
import json
import logging
import os
import shutil
import stat
import time
import uuid
from pathlib import Path
from queue import Empty
from typing import Any, Final

from celery.worker import state as worker_state
from kombu.exceptions import ChannelError
from kombu.transport import virtual

from picprocure.pipeline.messages import RETURNS, NotAMessage, checked
from picprocure.system.atomic_files import write_atomically

logger = logging.getLogger(__name__)

MAX_BYTES: Final = 1024 * 1024  # our messages have less than a kilobyte
MAX_UNREADABLE: Final = 100
MAX_RETURNS: Final = 1
COMPLAIN_SECONDS: Final = 60.0


class Channel(virtual.Channel):
    """A channel that routes directly, by tables that each process has in memory."""

    _complained_at = float("-inf")
    _last_name = 0

    @property
    def folder(self) -> Path:
        return Path(self.connection.client.transport_options["folder"])

    def _put(self, queue: str, message: dict[str, Any], **_: Any) -> None:
        self._store(queue, message, self.folder)

    def _store(self, queue: str, message: dict[str, Any], folder: Path) -> None:
        path = folder / f"{self._next_name()}_{uuid.uuid4()}.{queue}.msg"
        try:
            self._write(path, json.dumps(message).encode())
        except OSError as error:
            raise ChannelError(f"A job can't be queued: {error.strerror}.") from error

    def _write(self, path: Path, content: bytes) -> None:
        scratch = self.folder / "new"
        try:
            write_atomically(path, content, scratch=scratch)
        except FileNotFoundError:
            make_folders(self.folder)
            write_atomically(path, content, scratch=scratch)

    def _restore(self, message: virtual.Message) -> None:
        """Put back a message that a worker had received when it ended."""
        content = message.serializable()
        queue = message.delivery_info["routing_key"]
        content["properties"][RETURNS] += not ends_as_requested()
        if content["properties"][RETURNS] <= MAX_RETURNS:
            self._put(queue, content)
            return
        aside = self.folder / "unreadable"
        self._store(queue, content, aside)
        logger.warning("Workers ended with an error over a message. Moved to %s.", aside)
        _keep_newest(aside)

    @classmethod
    def _next_name(cls) -> str:
        """Return a name that is greater than all earlier ones of this process, of fixed length."""
        Channel._last_name = max(time.time_ns(), Channel._last_name + 1)
        return f"{Channel._last_name:020}"

    def _get(self, queue: str, timeout: Any = None) -> dict[str, Any]:  # noqa: ARG002 -- Kombu's
        for path in self._waiting(queue):
            try:
                message = checked(_read(path), queue=queue)
                path.unlink()
            except FileNotFoundError:
                continue  # another reader took it
            except NotAMessage as reason:
                self._put_aside(path, str(reason))
            except OSError as error:
                if error.errno in (errno.EROFS, errno.EIO, errno.EMFILE, errno.ENFILE):
                    self._complain(error)
                    break
                self._put_aside(path, error.strerror or "unreadable")
            else:
                return message
        raise Empty

    def _waiting(self, queue: str) -> list[Path]:
        """Return the waiting messages, the oldest first."""
        ending = f".{queue}.msg"
        try:
            names = [name for name in os.listdir(self.folder) if _has_ending(name, ending)]  # noqa: PTH208
        except FileNotFoundError:
            with contextlib.suppress(OSError):
                make_folders(self.folder)
            return []
        except OSError as error:
            self._complain(error)
            return []
        return [self.folder / name for name in sorted(names, key=_sort_key)]

    def _put_aside(self, path: Path, reason: str) -> None:
        aside = self.folder / "unreadable"
        try:
            make_folders(self.folder)
            path.rename(aside / f"{self._next_name()}_{path.name[-100:]}")
        except FileNotFoundError:
            return
        except OSError as error:
            self._complain(error)
            return
        logger.warning("A file in the queue is not a message (%s). Moved to %s.", reason, aside)
        _keep_newest(aside)

    def _complain(self, error: OSError) -> None:
        """Log why the queue can't be read, but not ten times a second."""
        if time.monotonic() - Channel._complained_at > COMPLAIN_SECONDS:
            Channel._complained_at = time.monotonic()
            logger.error("The queue in %s can't be read: %s.", self.folder, error.strerror)

    def _size(self, queue: str) -> int:
        return len(self._waiting(queue))

    def _purge(self, queue: str) -> int:
        paths = self._waiting(queue)
        for path in paths:
            path.unlink(missing_ok=True)
        return len(paths)


class Transport(virtual.Transport):
    Channel = Channel
    global_state = virtual.BrokerState()  # of the process: queues stay declared
    driver_type = driver_name = "folder"

    def __init__(self, client: Any, **options: Any) -> None:
        super().__init__(client, **options)  # type: ignore[no-untyped-call]
        self.state = self.global_state

    def driver_version(self) -> str:
        return "1"


def make_folders(folder: Path) -> tuple[Path, ...]:
    """Make the queue's folder, only accessible to its owner, and the transport's folders in it."""
    folders = (folder, folder / "new", folder / "unreadable")
    for path in folders:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folders


def _read(path: Path) -> bytes:
    """Read a file, without following links or waiting for pipes.

    Raises:
        NotAMessage: It is not a regular file, or too large.
        OSError: It can't be read.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW)
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise NotAMessage("not a file")
        content = file.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise NotAMessage("too large")
    return content


def ends_as_requested() -> bool:
    """Return whether this worker was requested to end. Otherwise it ends with an error."""
    requests = (worker_state.should_stop, worker_state.should_terminate)
    return any(request is not None and request is not False for request in requests)


def _has_ending(name: str, ending: str) -> bool:
    return name.endswith(ending) and "." not in name[: -len(ending)]


def _sort_key(name: str) -> tuple[int, str]:
    number = name.partition("_")[0]
    return int(number) if number.isascii() and number.isdigit() else 0, name


def _keep_newest(folder: Path) -> None:
    """Delete older unreadable files, so that they don't fill the disk."""
    for name in sorted(os.listdir(folder))[:-MAX_UNREADABLE]:  # noqa: PTH208
        path = folder / name
        with contextlib.suppress(OSError):
            shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
