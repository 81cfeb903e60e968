from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.utils import timezone

from picprocure.accounts.models import User
from picprocure.events.models import Event, EventQuerySet
from picprocure.storage.prepared_queries import PreparedQuery, Slot

BUILT: list[str] = []


def hosted() -> EventQuerySet:
    BUILT.append("once")
    host, now = Slot("host", User._meta.pk), Slot("now", Event._meta.get_field("expires_at"))
    return Event.objects.live(now).filter(creator=host, pk=Slot("event", Event._meta.pk))


@pytest.mark.django_db
def test_rows_are_those_of_the_query_with_these_values(
    event: Event, make_user: Callable[..., User]
) -> None:
    query, now = PreparedQuery(hosted), timezone.now()
    BUILT.clear()

    def found(host: User, event_id: UUID = event.pk, after: timedelta = timedelta()) -> list[Event]:
        return list(query.rows(host=host.pk, event=event_id, now=now + after))

    assert found(event.creator) == [event]
    assert found(event.creator)[0].registration_closes_at == event.registration_closes_at
    assert found(make_user("bob")) == []
    assert found(event.creator, uuid4()) == []
    assert found(event.creator, after=event.expires_at - now) == []
    assert found(event.creator, after=event.expires_at - now - timedelta(microseconds=1)) == [event]
    assert BUILT == ["once"]


def test_missing_value_is_an_error() -> None:
    with pytest.raises(KeyError, match="now"):
        PreparedQuery(hosted).rows(host=1, event=uuid4())


@pytest.mark.django_db
def test_part_of_the_rows(event: Event, make_user: Callable[..., User]) -> None:
    for name in ("bob", "charlie", "mallory"):
        make_user(name)
    query = PreparedQuery(lambda: User.objects.filter(pk__gt=Slot("after", User._meta.pk)))
    users = list(User.objects.order_by("pk"))
    first = users[0].pk
    assert len(users) == 4
    assert query.rows(after=first) == users[1:]
    assert query.rows(slice(1, 2), after=first) == users[2:3]
    assert query.rows(slice(2, None), after=first) == users[3:]


@pytest.mark.django_db
def test_values_are_converted_as_in_a_queryset(event: Event) -> None:
    chosen = Event.objects.filter(pk=Slot("event", Event._meta.pk))
    query = PreparedQuery(lambda: chosen.values("pk", "expires_at", "is_listed"))
    assert query.values(event=event.pk) == [[event.pk, event.expires_at, event.is_listed]]
    assert query.values(event=uuid4()) == []
