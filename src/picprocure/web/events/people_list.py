"""The list of an event's people, as its hosts see it: filters, search and order."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final, Self
from urllib.parse import urlencode

from django.db.models import (
    BooleanField,
    Case,
    Exists,
    ExpressionWrapper,
    OuterRef,
    Q,
    QuerySet,
    Value,
    When,
)

from picprocure.accounts.models import User
from picprocure.accounts.names import public_name
from picprocure.events.guest_requests import open_requests
from picprocure.events.models import Event, Registration
from picprocure.galleries import access
from picprocure.recognition.admission import has_open_collision
from picprocure.recognition.models import ManualGrant, Match

COLLIDING, WAITING, ADMITTED, REFUSED = "colliding", "waiting", "admitted", "refused"
SECTIONS: Final = (COLLIDING, WAITING, ADMITTED, REFUSED)
"""The sections of the page, in its order. Each person is in one."""

_SECTION_OF_FILTER: Final = {
    "check": COLLIDING,
    "waiting": WAITING,
    "approved": ADMITTED,
    "no-photos": ADMITTED,
    "unopened": ADMITTED,
    "declined": REFUSED,
}
FILTERS: Final = {
    "": "All",
    "requests": "Requests",
    "check": "Check these faces",
    "waiting": "Waiting",
    "approved": "Approved",
    "no-photos": "No photos yet",
    "unopened": "Not opened yet",
    "declined": "Declined",
}
"""The label of each filter, by its value in the address."""
_LEFT_OUT_IF_EMPTY: Final = {"requests", "check", "unopened"}
ORDERS: Final = {"": "First registered", "newest": "Last registered", "name": "Name"}
"""The label of each order, by its value in the address."""


@dataclass(frozen=True, slots=True)
class Person:
    """A registered person, with what filters, search and order need.

    Attributes:
        pk: The id of the registration.
        section: One of `SECTIONS`.
        has_photos: Whether a photo, perhaps an unreleased one, is matched or shared with them, or
            the host may not know that.
        name: The name that hosts see.
        registered_at: When they registered.
        is_hidden: Whether the host may not know what face recognition found.
        is_unopened: Whether the gallery has photos and they haven't opened it. False if the host
            may not know that.
        has_requests: Whether they asked the hosts for something, and no host has answered.
    """

    pk: int
    section: str
    has_photos: bool
    name: str
    registered_at: datetime
    is_hidden: bool = False
    is_unopened: bool = False
    has_requests: bool = False


@dataclass(frozen=True, slots=True)
class Choice:
    """Which people the page shows, and in which order. The page's address says it."""

    show: str = ""
    order: str = ""
    search: str = ""

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> Self:
        """Read the query of an address. Unknown filters and orders are the default ones."""
        show, order = query.get("show", ""), query.get("sort", "")
        return cls(
            show=show if show in FILTERS else "",
            order=order if order in ORDERS else "",
            search=query.get("q", "")[:100].strip(),
        )

    def query(self) -> dict[str, str]:
        """Return the query of the address that says this."""
        query = {"show": self.show, "sort": self.order, "q": self.search}
        return {name: value for name, value in query.items() if value}

    def includes(self, person: Person) -> bool:
        """Return whether the filter includes a person."""
        section = _SECTION_OF_FILTER.get(self.show)
        if section and person.section != section:
            return False
        if self.show == "requests":
            return person.has_requests
        if self.show == "unopened":
            return person.is_unopened
        return self.show != "no-photos" or not person.has_photos

    def people_among(self, people: Sequence[Person]) -> list[Person]:
        """Return the people to show, section by section."""
        words = _plain(self.search).split()
        found = [
            person
            for person in people
            if self.includes(person) and all(word in _plain(person.name) for word in words)
        ]
        if self.order == "name":
            found.sort(key=lambda person: _plain(person.name))
        else:
            newest_first = self.order == "newest"
            found.sort(key=lambda person: (person.registered_at, person.pk), reverse=newest_first)
        return sorted(found, key=lambda person: SECTIONS.index(person.section))


def _annotated(event: Event, host: User) -> QuerySet[Registration]:
    """Return the registrations of an event with the figures of `Person`."""
    visible = access.references_shown_in(event, host)
    news = visible.filter(user=OuterRef("user")).exclude(admissions__registration=OuterRef("pk"))
    status = Registration.Status
    # A co-host doesn't learn that their own registration waits because of a collision.
    is_own = Q(user=host) & ~Q(event__creator=host)
    section = Case(
        When(status=status.BLOCKED, then=Value(REFUSED)),
        When(has_open_collision() & ~is_own, then=Value(COLLIDING)),
        When(Exists(news) | Q(status=status.PENDING), then=Value(WAITING)),
        default=Value(ADMITTED),
    )
    matches = Match.objects.filter(registration=OuterRef("pk"), status=Match.Status.MATCHED)
    grants = ManualGrant.objects.filter(registration=OuterRef("pk"))
    seen = access.people_shown_in(event, host).filter(pk=OuterRef("pk"))
    is_hidden = ExpressionWrapper(
        Q(consent__isnull=False, consent__withdrawn_at=None) & ~Exists(seen), BooleanField()
    )
    return Registration.objects.filter(event=event).annotate(
        section=section,
        is_hidden=is_hidden,
        has_photos=Exists(matches) | Exists(grants) | Q(is_hidden=True),
        is_unopened=_is_unopened(event, matches, grants),
        has_requests=Exists(open_requests().filter(registration=OuterRef("pk"))),
    )


def _is_unopened(
    event: Event, matches: QuerySet[Match], grants: QuerySet[ManualGrant]
) -> ExpressionWrapper[Any]:
    """Return whether a person who may open their gallery has photos there and hasn't opened it.

    The photos are read only where some of them may be unreleased.
    """
    if event.has_unreleased_photos:
        matches = matches.filter(face__photo__waits_for_release=False)
        grants = grants.filter(photo__waits_for_release=False)
    is_there = Exists(matches) | Exists(grants)
    may_know = Q(section=ADMITTED, first_opened_at=None, is_hidden=False)
    return ExpressionWrapper(may_know & is_there, BooleanField())


def people_of(event: Event, host: User, *, only: int | None = None) -> list[Person]:
    """Return the people who registered for an event, in one query and no order.

    Args:
        event: The event.
        host: The host who sees them.
        only: The id of the only registration to read.
    """
    rows = _annotated(event, host).order_by()
    if only is not None:
        rows = rows.filter(pk=only)
    names = ("user__first_name", "user__last_name")
    flags = ("is_hidden", "is_unopened", "has_requests")
    columns = rows.values_list("pk", "section", "has_photos", *names, "registered_at", *flags)
    return [
        Person(pk, section, has_photos, public_name(first, last), *rest)
        for pk, section, has_photos, first, last, *rest in columns
    ]


@dataclass(frozen=True, slots=True)
class Filter:
    """A filter of the page, with the number of people it includes."""

    value: str
    label: str
    count: int
    address: str


def filters(everyone: Sequence[Person], choice: Choice) -> list[Filter]:
    """Return the filters of the page. Those of `_LEFT_OUT_IF_EMPTY` are left out if empty."""
    choices = [replace(choice, show=show) for show in FILTERS]
    counted = [(one, sum(map(one.includes, everyone))) for one in choices]
    return [
        Filter(one.show, FILTERS[one.show], count, f"?{urlencode(one.query())}")
        for one, count in counted
        if count or one.show not in _LEFT_OUT_IF_EMPTY
    ]


def list_context(
    event: Event, query: Mapping[str, str], everyone: Sequence[Person]
) -> dict[str, Any]:
    """Return what the page and its parts need of the whole list."""
    choice = Choice.from_query(query)
    return {
        "event": event,
        "choice": choice,
        "count": len(everyone),
        "filters": filters(everyone, choice),
        "query": urlencode(choice.query()),
        "here": place_in_list(query),
    }


def place_in_list(query: Mapping[str, str]) -> str:
    """Return the part of the page's address that says which people it shows, or an empty text."""
    place, page = Choice.from_query(query).query(), query.get("page", "")
    if page.isdecimal():
        place["page"] = page
    return f"?{urlencode(place)}" if place else ""


def _plain(text: str) -> str:
    """Return text without case and accents, so that “jose” finds “José”."""
    parts = unicodedata.normalize("NFKD", text.casefold())
    return "".join(part for part in parts if not unicodedata.combining(part))
