"""The parts of *Download my data*, which apps register.

Models of `photos` are covered by `galleries`, which knows who may see what.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from allauth.account.models import EmailAddress

from picprocure.accounts.models import User

Facts = dict[str, Any]
"""A part of `data.json`."""


def _no_files(_: User) -> Iterable[tuple[str, bytes]]:
    return ()


@dataclass(frozen=True, slots=True)
class Part:
    """What one app includes in the download, and what it leaves out.

    Attributes:
        facts: Returns the app's entries of `data.json` for a person.
        files: Yields names and contents of the app's files for a person.
        included: Labels of the models that the facts and files cover.
        left_out: Labels of other models with a path to an account, each with the reason.
    """

    facts: Callable[[User], Facts]
    included: frozenset[str]
    files: Callable[[User], Iterable[tuple[str, bytes]]] = _no_files
    left_out: Mapping[str, str] = field(default_factory=dict)


_parts: Final[list[Part]] = []


def register(part: Part) -> None:
    """Add an app's part. Apps call this when they are ready."""
    _parts.append(part)


def registered() -> tuple[Part, ...]:
    """Return all parts, in the order of the apps."""
    return tuple(_parts)


def facts_about(user: User) -> Facts:
    """Return `data.json` without the parts that need a photo archive."""
    return {name: value for part in _parts for name, value in part.facts(user).items()}


def files_of(user: User) -> Iterator[tuple[str, bytes]]:
    """Yield names and contents of a person's files, one at a time."""
    for part in _parts:
        yield from part.files(user)


def iso(moment: datetime | None) -> str | None:
    """Return a moment as ISO 8601 in whole seconds, or None."""
    return moment.isoformat(timespec="seconds") if moment else None


def consent_facts(consent: Any) -> Facts:
    """Return the facts of a recorded consent: which text, when given, when withdrawn."""
    return {
        "version": consent.version,
        "text": consent.text,
        "given": iso(consent.given_at),
        "withdrawn": iso(consent.withdrawn_at),
    }


def _facts(user: User) -> Facts:
    return {
        "account": {
            "first_name": user.first_name,
            "last_name": user.last_name,
            "email": user.email,
            "joined": iso(user.date_joined),
            "last_sign_in": iso(user.last_login),
            "time_zone": user.time_zone,
            "mails_when_photos_are_ready": user.notify_photos,
            "mails_from_hosts": user.notify_hosts,
            "mails_when_people_wait": user.notify_people,
        },
        "email_addresses": [
            {"email": row.email, "confirmed": row.verified, "primary": row.primary}
            for row in EmailAddress.objects.filter(user=user)
        ],
        "consents": [consent_facts(consent) for consent in user.consents.all()],
    }


PART: Final = Part(
    facts=_facts,
    included=frozenset({"account.EmailAddress", "accounts.Consent", "accounts.User"}),
    left_out={
        "account.EmailConfirmation": "unused: addresses are confirmed by a code in the session",
        "admin.LogEntry": "what operators did in the admin; deleted with the operator's account",
        "mfa.Authenticator": "secrets of the second factor, which would be worth stealing",
        "usersessions.UserSession": "listed at Profile, Security, and deleted at sign-out",
    },
)
