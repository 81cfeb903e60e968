"""Sessions with data of a person: found before the database is locked, then deleted."""

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
# Under these keys Django and django-allauth name the person.
_NAMING: Final = {SESSION_KEY, "user_id", "user_pk"}


@dataclass(frozen=True, slots=True)
class _Held:
    """What a session holds of people."""

    digest: int  # of its data
    marks: frozenset[str]
    code: tuple[int, float] | None  # the user whose address a code confirms, and since when


class SessionIndex:
    """What each session holds of people.

    Decoding a session takes 1,000 times as long as reading it. So make the index before a
    transaction begins, and erase in the transaction: there only sessions that are new or have
    changed since are decoded.
    """

    def __init__(self) -> None:
        self._known: dict[str, _Held] = {}
        self._refresh()

    def erase(self, user: User, addresses: Iterable[str]) -> None:
        """Delete sessions of the person, including half-finished sign-ins, and sessions with their
        address, such as those of a password reset.

        On PostgreSQL one more session may begin at the same time. It is useless once the account is
        deleted or switched off.
        """
        self._refresh()
        marks = {f"{SESSION_KEY} {user.pk}", f"user_id {user.pk}"}
        marks.add(f"user_pk {user_pk_to_url_str(user)}")
        marks.update(address.lower() for address in addresses)
        found = [key for key, held in self._known.items() if marks & held.marks]
        for keys in batched(found):
            Session.objects.filter(pk__in=keys).delete()

    def confirming(self) -> set[int]:
        """Return the users whose address can be confirmed with a code that is still valid."""
        self._refresh()
        since = time.time() - app_settings.EMAIL_VERIFICATION_BY_CODE_TIMEOUT
        codes = (held.code for held in self._known.values() if held.code)
        return {user_id for user_id, at in codes if at >= since}

    def _refresh(self) -> None:
        before, self._known = self._known, {}
        for session in _sessions():
            digest = hash(session.session_data)
            known = before.get(session.pk)
            if known is None or known.digest != digest:
                decoded = session.get_decoded()
                known = _Held(digest, frozenset(_marks_in(decoded)), _code_in(decoded))
            self._known[session.pk] = known


def _sessions() -> Iterator[Session]:
    """In batches: a long read would keep SQLite's log from being truncated."""
    last = ""
    while some := list(Session.objects.filter(pk__gt=last).order_by("pk")[:_BATCH]):
        yield from some
        last = some[-1].pk


def _code_in(held: dict[str, Any]) -> tuple[int, float] | None:
    state = held.get(EMAIL_VERIFICATION_CODE_SESSION_KEY) or {}
    return (int(state["user_id"]), state["at"]) if {"user_id", "at"} <= state.keys() else None


def _marks_in(held: Any) -> Iterator[str]:
    if isinstance(held, dict):
        yield from (f"{key} {held[key]}" for key in _NAMING & held.keys())
        held = [*held, *held.values()]
    if isinstance(held, list):
        for one in held:
            yield from _marks_in(one)
    elif isinstance(held, str) and "@" in held:
        yield held.lower()
