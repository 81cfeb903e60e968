"""Sessions with data about a person: indexed before a transaction begins, deleted in it."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from allauth.account import app_settings
from allauth.account.internal.flows.email_verification_by_code import (
    EMAIL_VERIFICATION_CODE_SESSION_KEY,
)
from allauth.account.utils import user_pk_to_url_str
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.models import Session

from picprocure.accounts.models import User
from picprocure.storage.batches import batched

_BATCH: Final = 1_000
# The keys with which Django and django-allauth identify a person.
_IDENTIFYING_KEYS: Final = {SESSION_KEY, "user_id", "user_pk"}


@dataclass(frozen=True, slots=True)
class _SessionPeople:
    """The people that a session contains data about.

    Attributes:
        digest: A hash of the session's data, to notice changes.
        marks: Identifiers of people: user ids with their keys, and lower-case addresses.
        code: The user whose address a code confirms, and the POSIX time since when.
    """

    digest: int
    marks: frozenset[str]
    code: tuple[int, float] | None

    @property
    def identifies_user(self) -> bool:
        return any(mark.partition(" ")[0] in _IDENTIFYING_KEYS for mark in self.marks)


class SessionIndex:
    """An index of the people in all sessions.

    Decoding a session takes 1,000 times as long as reading it. So make the index before a
    transaction begins, and call `erase` in the transaction, which decodes only sessions that are
    new or have changed since.
    """

    def __init__(self) -> None:
        self._known: dict[str, _SessionPeople] = {}
        self._refresh()

    def erase(self, user: User, addresses: Iterable[str]) -> None:
        """Delete all sessions with data about a person.

        These include unfinished sign-ins, and sessions with an address of the person, such as those
        of a password reset. Another account's session stays, even if it has such an address, such
        as a sign-up that waits for a code. Otherwise, strangers would see that the address's owner
        joined or left. On PostgreSQL, another session may begin at the same time. It is useless
        once the account is deleted or deactivated.
        """
        self._refresh()
        marks = {f"{SESSION_KEY} {user.pk}", f"user_id {user.pk}"}
        marks.add(f"user_pk {user_pk_to_url_str(user)}")
        own = {address.lower() for address in addresses}
        keys = [
            key
            for key, people in self._known.items()
            if marks & people.marks or (own & people.marks and not people.identifies_user)
        ]
        for batch in batched(keys):
            Session.objects.filter(pk__in=batch).delete()

    def confirming(self) -> set[int]:
        """Return the ids of users whose address can be confirmed by a code that is still valid."""
        self._refresh()
        since = time.time() - app_settings.EMAIL_VERIFICATION_BY_CODE_TIMEOUT
        codes = (people.code for people in self._known.values() if people.code)
        return {user_id for user_id, at in codes if at >= since}

    def _refresh(self) -> None:
        """Read all sessions, and decode those that are new or have changed."""
        earlier, self._known = self._known, {}
        for session in _sessions():
            digest = hash(session.session_data)
            known = earlier.get(session.pk)
            if known is None or known.digest != digest:
                decoded = session.get_decoded()
                known = _SessionPeople(digest, frozenset(_marks_in(decoded)), _code_in(decoded))
            self._known[session.pk] = known


def _sessions() -> Iterator[Session]:
    """Yield all sessions, read in batches: a long read keeps SQLite from truncating its log."""
    last = ""
    while batch := list(Session.objects.filter(pk__gt=last).order_by("pk")[:_BATCH]):
        yield from batch
        last = batch[-1].pk


def _code_in(data: dict[str, Any]) -> tuple[int, float] | None:
    state = data.get(EMAIL_VERIFICATION_CODE_SESSION_KEY) or {}
    has_code = {"user_id", "at"} <= state.keys() and state.get("code")  # none was sent if empty
    return (int(state["user_id"]), state["at"]) if has_code else None


def _marks_in(data: Any) -> Iterator[str]:
    """Yield the identifiers of people in a session's data, or in a part of it."""
    if isinstance(data, dict):
        yield from (f"{key} {data[key]}" for key in _IDENTIFYING_KEYS & data.keys())
        data = [*data, *data.values()]
    if isinstance(data, list):
        for item in data:
            yield from _marks_in(item)
    elif isinstance(data, str) and "@" in data:
        yield data.lower()
