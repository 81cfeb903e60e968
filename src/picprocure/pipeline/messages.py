"""The messages that the site sends to its workers, checked before Kombu and Celery see them.

Both trust a message's fields, and one wrong field ends a worker. So a message is compared with what
our own code sends, and made again from the few values that differ between our messages: the job,
its row, its ids and when it expires. Nothing else of a file gets to a worker.
"""

from __future__ import annotations

import base64
import inspect
import json
import uuid
from datetime import UTC, datetime
from typing import Any, Final

from picprocure.pipeline.app import app

# Our own property: how often a message was returned by a worker that ended with an error.
RETURNS: Final = "returns"

_SAME_FIELDS: Final = {"content-type": "application/json", "content-encoding": "utf-8"}
_SAME_HEADERS: Final[dict[str, Any]] = {
    "lang": "py",
    "shadow": None,
    "eta": None,
    "group": None,
    "group_index": None,
    "retries": 0,
    "timelimit": [None, None],
    "replaced_task_nesting": 0,
    "stamped_headers": None,
    "stamps": {},
}
_SAME_PROPERTIES: Final = {"delivery_mode": 2, "priority": 0, "body_encoding": "base64"}
_NOTHING_FOLLOWS: Final = dict.fromkeys(("callbacks", "errbacks", "chain", "chord"))
_TEXTS: Final = ("argsrepr", "kwargsrepr", "origin")


class NotAMessage(Exception):
    """A file was not written by the site. The message is the reason, without its contents."""


def checked(content: bytes, *, queue: str) -> dict[str, Any]:
    """Return the message in a file of this queue, built again from its checked values.

    Raises:
        NotAMessage: The file was not written by the site.
    """
    try:
        return _rebuilt(json.loads(content), queue)
    except NotAMessage:
        raise
    except Exception as error:  # noqa: BLE001 -- any error that a foreign file may cause
        raise NotAMessage(type(error).__name__) from None


def _rebuilt(message: dict[str, Any], queue: str) -> dict[str, Any]:
    headers, properties = message["headers"], message["properties"]
    _ensure_same(message, _SAME_FIELDS)
    _ensure_same(headers, _SAME_HEADERS)
    _ensure_same(properties, _SAME_PROPERTIES)
    _ensure(all(isinstance(headers.get(name, ""), str) for name in _TEXTS))
    _ensure(headers.get("ignore_result") in (None, True, False))
    _ensure(properties["delivery_info"] == {"exchange": "", "routing_key": queue})
    job_id = _id(headers["id"])
    _ensure(properties.get("correlation_id", job_id) == job_id)
    _ensure(isinstance(properties.get("reply_to", ""), str))
    return {
        "body": _rebuilt_body(message["body"], headers["task"]),
        **_SAME_FIELDS,
        "headers": {
            **_SAME_HEADERS,
            "task": headers["task"],
            "id": job_id,
            "root_id": _id(headers.get("root_id", job_id)),
            "parent_id": _optional_id(headers.get("parent_id")),
            "expires": _time(headers.get("expires")),
            "ignore_result": True,
        },
        "properties": {
            **_SAME_PROPERTIES,
            "correlation_id": job_id,
            "delivery_info": {"exchange": "", "routing_key": queue},
            "delivery_tag": str(uuid.uuid4()),
            RETURNS: _count(properties.get(RETURNS, 0)),
        },
    }


def _rebuilt_body(body: str, task: str) -> str:
    row_ids, keywords, embedded = json.loads(base64.b64decode(body, validate=True))
    _ensure(task in app.tasks and task.startswith("picprocure."), "not a job of this site")
    _ensure(isinstance(row_ids, list) and keywords == {})
    _ensure(len(row_ids) == len(inspect.signature(app.tasks[task].run).parameters))
    _ensure_same(embedded, _NOTHING_FOLLOWS)
    parts = [[_id(row_id) for row_id in row_ids], {}, _NOTHING_FOLLOWS]
    return base64.b64encode(json.dumps(parts).encode()).decode()


def _ensure(condition: object, reason: str = "not as this site writes them") -> None:
    if not condition:
        raise NotAMessage(reason)


def _ensure_same(fields: dict[str, Any], expected: dict[str, Any]) -> None:
    """Check fields that are the same in all messages. Older versions may not write all of them."""
    _ensure(isinstance(fields, dict))
    _ensure(all(fields.get(name, value) == value for name, value in expected.items()))


def _id(value: str) -> str:
    _ensure(isinstance(value, str) and str(uuid.UUID(value)) == value)
    return value


def _optional_id(value: str | None) -> str | None:
    return None if value is None else _id(value)


def _time(value: str | None) -> str | None:
    return None if value is None else datetime.fromisoformat(value).astimezone(UTC).isoformat()


def _count(value: int) -> int:
    _ensure(type(value) is int and value >= 0)
    return value
