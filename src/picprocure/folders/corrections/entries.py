"""The form of decisions in files, which docs/sorting.md describes."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any, Final, TypeVar

from picprocure.faces.types import Box
from picprocure.folders.corrections.types import Answer, Correction, Source

VERSION: Final = 1
ABOUT: Final = "What you decided about photos and faces. `picprocure sort` reads it."
SAVED_BY_PAGE: Final = "page"
MAX_NAME_LENGTH: Final = 4096

_DIGEST: Final = re.compile(r"[0-9a-f]{64}")
_KEYS: Final = frozenset(
    {"photo", "sha256", "box", "answer", "person", "source", "at", "undone"},
)
_FURTHEST_PIXEL: Final = 10_000_000


_Choice = TypeVar("_Choice", Answer, Source)


class BadEntries(ValueError):
    """The content isn't what decisions look like. The message says where and why."""


def parse(content: bytes) -> tuple[list[Correction], bool]:
    """Return the decisions of a file, and whether the page saved it.

    Raises:
        BadEntries: The content has another form.
    """
    try:
        data = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise BadEntries(f"it isn't JSON ({error})") from error
    if not isinstance(data, dict) or not isinstance(data.get("decisions"), list):
        raise BadEntries('it has no list named "decisions"')
    if data.get("version") != VERSION:
        raise BadEntries(
            f"it has version {_shown(data.get('version'))}, and this program reads {VERSION}"
        )
    _refuse_others(data, {"version", "about", "saved_by", "decisions"}, "it")
    decisions = [
        _parsed(entry, f"decision {number}")
        for number, entry in enumerate(data["decisions"], start=1)
    ]
    return decisions, data.get("saved_by") == SAVED_BY_PAGE


def written(corrections: tuple[Correction, ...]) -> bytes:
    """Return the content of a file, with one decision in each line."""
    # ASCII keeps the bytes of names that can't be decoded.
    lines = ",\n".join(f"  {json.dumps(entry_of(one))}" for one in corrections)
    decisions = f"[\n{lines}\n ]" if lines else "[]"
    head = f'{{\n "version": {VERSION},\n "about": {json.dumps(ABOUT)},\n'
    return f'{head} "decisions": {decisions}\n}}\n'.encode("ascii")


def entry_of(one: Correction) -> dict[str, Any]:
    entry: dict[str, Any] = {"photo": one.name, "answer": one.answer.value}
    if one.person is not None:
        entry["person"] = one.person
    if one.box is not None:
        entry["box"] = [one.box.left, one.box.top, one.box.right, one.box.bottom]
    entry |= {"source": one.source.value, "at": _time_text(one.at)}
    if one.undone is not None:
        entry["undone"] = _time_text(one.undone)
    return entry | {"sha256": one.photo}


def now() -> datetime:
    """Return the time, as exact as files keep it."""
    time = datetime.now(UTC)
    return time.replace(microsecond=time.microsecond // 1000 * 1000)


def _time_text(time: datetime) -> str:
    return time.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _parsed(entry: object, place: str) -> Correction:
    if not isinstance(entry, dict):
        raise BadEntries(f"{place} is {_shown(entry)}, not an object")
    _refuse_others(entry, _KEYS, place)
    digest = entry.get("sha256")
    if not isinstance(digest, str) or not _DIGEST.fullmatch(digest):
        raise BadEntries(f'{place}: "sha256" is {_shown(digest)}, not 64 digits from 0 to f')
    answer = _one_of(Answer, entry, "answer", place)
    undone = entry.get("undone")
    return Correction(
        photo=digest,
        name=_name(entry, "photo", place),
        answer=answer,
        source=_one_of(Source, entry, "source", place),
        at=_time(entry.get("at"), "at", place),
        person=_person(entry, answer, place),
        box=_box(entry, answer, place),
        undone=None if undone is None else _time(undone, "undone", place),
    )


def _refuse_others(entry: dict[str, Any], known: frozenset[str] | set[str], place: str) -> None:
    """Refuse entries that would be lost when the file is written again."""
    for key in entry.keys() - known:
        raise BadEntries(f"{place} has an unknown entry {_shown(key)}")


def _name(entry: dict[str, Any], key: str, place: str) -> str:
    name = entry.get(key)
    if not isinstance(name, str) or not 0 < len(name) <= MAX_NAME_LENGTH:
        raise BadEntries(
            f'{place}: "{key}" is {_shown(name)}, not a text of up to {MAX_NAME_LENGTH:,} letters'
        )
    return name


def _person(entry: dict[str, Any], answer: Answer, place: str) -> str | None:
    if answer.has_person:
        return _name(entry, "person", place)
    if "person" in entry:
        raise BadEntries(f'{place}: "{answer}" can\'t have a person')
    return None


def _box(entry: dict[str, Any], answer: Answer, place: str) -> Box | None:
    box = entry.get("box")
    if not answer.is_about_a_face:
        if box is not None:
            raise BadEntries(f'{place}: "{answer}" is about a photo, and can\'t have a box')
        return None
    if (
        not isinstance(box, list)
        or len(box) != 4  # noqa: PLR2004 -- as a box has
        or not all(type(side) is int and abs(side) < _FURTHEST_PIXEL for side in box)
        or box[0] >= box[2]
        or box[1] >= box[3]
    ):
        raise BadEntries(
            f'{place}: "box" is {_shown(box)}, not [left, top, right, bottom] in pixels'
        )
    return Box(*box)


def _one_of(choices: type[_Choice], entry: dict[str, Any], key: str, place: str) -> _Choice:
    value = entry.get(key)
    try:
        return choices(str(value))
    except ValueError as error:
        known = ", ".join(f'"{choice}"' for choice in choices)
        raise BadEntries(f'{place}: "{key}" is {_shown(value)}, not one of {known}') from error


def _time(value: object, key: str, place: str) -> datetime:
    problem = BadEntries(
        f'{place}: "{key}" is {_shown(value)}, not a time like 2026-05-30T14:00:00.000Z'
    )
    try:
        time = datetime.fromisoformat(str(value))
    except ValueError as error:
        raise problem from error
    if time.utcoffset() != timedelta(0):
        raise problem
    return time.astimezone(UTC)


def _shown(value: object) -> str:
    text = json.dumps(value)
    return text if len(text) < 60 else f"{text[:60]}…"  # noqa: PLR2004 -- enough to find it
