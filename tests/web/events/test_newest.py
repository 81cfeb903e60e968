"""Pages of events: each event is on one page, and a page costs the same on any site."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from html import unescape
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from conftest import browser_of
from picprocure.accounts.models import User
from picprocure.events.models import Event, Registration
from picprocure.web.events import newest

pytestmark = pytest.mark.django_db

SIZE = 5
ALL = reverse("events:list")
LISTS = (ALL, reverse("events:mine"), reverse("events:registrations"))
LINK = re.compile(r'href="(\?[^"]*)" rel="(prev|next)"')


@pytest.fixture(autouse=True)
def short_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(newest, "EVENTS_PER_PAGE", SIZE)


@pytest.fixture
def alice(make_user: Callable[..., User]) -> User:
    return make_user("alice")


@pytest.fixture
def browser(alice: User) -> Client:
    return browser_of(alice)


def make_events(host: User, count: int, *, name: str = "Picnic", **fields: Any) -> list[Event]:
    """Create events with times that three share. Every other one is listed. All are registered."""
    now = timezone.now()
    events = Event.objects.bulk_create(
        Event(
            **{
                "creator": host,
                "name": f"{name} {number}",
                "is_listed": number % 2 == 0,
                "created_at": now - timedelta(minutes=number // 3),
                "registration_closes_at": now,
                "expires_at": now + timedelta(days=2),
                **fields,
            }
        )
        for number in range(count)
    )
    Registration.objects.bulk_create(Registration(event=event, user=host) for event in events)
    return events


def shown(browser: Client, address: str) -> tuple[list[UUID], dict[str, str]]:
    """Return the events of a page, and its links by their relation."""
    response = browser.get(address)
    page = response.content.decode()
    links = {
        rel: address.split("?", maxsplit=1)[0] + unescape(query)
        for query, rel in LINK.findall(page)
    }
    return [event.pk for event in response.context["events"]], links


def followed(browser: Client, address: str, relation: str) -> Iterator[list[UUID]]:
    """Yield the events of a page, and of those that its links lead to."""
    while address:
        events, links = shown(browser, address)
        yield events
        address = links.get(relation, "")


@pytest.mark.parametrize("address", LISTS)
def test_each_event_is_on_one_page_newest_first(alice: User, browser: Client, address: str) -> None:
    make_events(alice, 2 * SIZE + 4)
    expected = list(Event.objects.order_by("-created_at", "-pk").values_list("pk", flat=True))
    pages = list(followed(browser, address, "next"))
    assert [event for page in pages for event in page] == expected
    assert [len(page) for page in pages] == [SIZE, SIZE, 4]
    back = list(followed(browser, f"{address}?older={pages[1][-1]}", "prev"))
    assert back == pages[::-1]


def test_a_full_page_alone_has_no_links(alice: User, browser: Client) -> None:
    events = make_events(alice, SIZE)
    assert shown(browser, ALL)[1] == {}
    # As after the events of the page before were deleted: this one is first now.
    assert shown(browser, f"{ALL}?newer={events[-1].pk}") == shown(browser, ALL)


def test_links_keep_the_search(alice: User, browser: Client) -> None:
    make_events(alice, SIZE + 3, name="Tea & cake")
    make_events(alice, SIZE + 3)
    pages = list(followed(browser, f"{ALL}?q=tea+%26", "next"))
    assert [len(page) for page in pages] == [SIZE, 3]
    assert {event.name[:3] for page in pages for event in Event.objects.filter(pk__in=page)} == {
        "Tea"
    }
    assert list(followed(browser, f"{ALL}?q=tea+%26&older={pages[0][-1]}", "prev")) == pages[::-1]


@pytest.mark.parametrize("parameter", ["older", "newer"])
def test_an_address_tells_nothing_of_an_event_that_the_visitor_may_not_see(
    alice: User, browser: Client, make_user: Callable[..., User], parameter: str
) -> None:
    make_events(alice, SIZE + 6)
    middle = timezone.now() - timedelta(minutes=1, seconds=30)
    (hidden,) = make_events(make_user("bob"), 1, is_listed=False, created_at=middle)
    (ended,) = make_events(alice, 1, created_at=middle, expires_at=timezone.now())
    first = shown(browser, ALL)
    for named in (hidden.pk, ended.pk, uuid4(), "", "x", "0", "9" * 5_000, "%00"):
        assert shown(browser, f"{ALL}?{parameter}={named}") == first


def test_an_event_that_is_not_in_the_list_names_no_page_of_it(
    alice: User, browser: Client, make_user: Callable[..., User]
) -> None:
    make_events(alice, SIZE + 6)
    (of_bob,) = make_events(make_user("bob"), 1, is_listed=True)
    mine = reverse("events:mine")
    Event.objects.filter(pk=of_bob.pk).update(created_at=timezone.now() - timedelta(minutes=2))
    assert shown(browser, f"{mine}?older={of_bob.pk}") == shown(browser, mine)


def test_after_the_last_event_comes_the_first_page(alice: User, browser: Client) -> None:
    events = make_events(alice, 3)
    last = min(events, key=lambda event: (event.created_at, event.pk))
    assert shown(browser, f"{ALL}?older={last.pk}") == shown(browser, ALL)


PAGES = (*LISTS, f"{ALL}?q=picnic", f"{ALL}?q=nothing", f"{ALL}?older=", f"{ALL}?newer=")


@pytest.fixture(params=PAGES)
def page(alice: User, request: pytest.FixtureRequest) -> str:
    """Return the address of a page, of two. Some are named by an event in the middle."""
    events = make_events(alice, SIZE + 6)
    address: str = request.param
    return f"{address}{events[8].pk}" if address.endswith("=") else address


def test_a_page_asks_the_same_on_a_large_site(
    page: str, browser: Client, make_user: Callable[..., User]
) -> None:
    few = statements(browser, page)
    make_events(make_user("bob"), 50, is_listed=False)
    many = statements(browser, page)
    assert len(many) == len(few) < 10
    assert not any("OFFSET" in sql or sql.startswith("SELECT COUNT") for sql in many)


@pytest.mark.skipif(connection.vendor != "sqlite", reason="reads small tables in another way")
def test_no_page_reads_all_events_of_the_site(page: str, browser: Client) -> None:
    of_events = [sql for sql in statements(browser, page) if 'FROM "events_event"' in sql]
    assert of_events
    steps = [step for sql in of_events for step in plan(sql)]
    assert not [step for step in steps if "SCAN" in step and "INDEX listed_events" not in step]


def statements(browser: Client, address: str) -> list[str]:
    browser.get(address)  # a first request asks more
    with CaptureQueriesContext(connection) as queries:
        assert browser.get(address).status_code == 200
    return [query["sql"] for query in queries]


def plan(sql: str) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN QUERY PLAN {sql.replace('%', '%%')}")
        return [row[3] for row in cursor.fetchall()]
