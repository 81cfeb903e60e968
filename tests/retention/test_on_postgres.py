"""On PostgreSQL: the sweep vacuums deleted rows."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, transaction

from browser.patience import wait_for
from conftest import World
from picprocure.accounts.models import User
from picprocure.events import ended
from picprocure.events.models import EndedEventMember, Event
from picprocure.pipeline import account_changes, changes
from picprocure.recognition.sealed_values import count_heads
from picprocure.retention.erasure import erase_account, erase_event
from picprocure.retention.sessions import SessionIndex
from picprocure.retention.sweep import sweep
from threads import some_connection_waits_for_a_lock

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.postgres,
]

DEAD = "SELECT sum(n_dead_tup) FROM pg_stat_user_tables WHERE relname = %s"


def dead_rows(table: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_force_next_flush()")
        cursor.execute(DEAD, [table])
        return int(cursor.fetchone()[0])


@pytest.mark.parametrize("kind", ["account", "withdrawal", "photo"])
def test_sweep_vacuums_deleted_rows(world: World, kind: str) -> None:
    if kind == "account":
        account_changes.delete_account(world.bob)
    elif kind == "withdrawal":
        changes.withdraw(world.bob)
    else:
        changes.delete_photo(world.bobs_photo)
    table = "recognition_face" if kind == "photo" else "recognition_reference"
    assert dead_rows(table) > 0
    sweep()
    wait_for(lambda: dead_rows(table) == 0, "a table without dead rows")


def test_co_host_whose_account_is_being_deleted_leaves_no_hash(full_world: World) -> None:
    """The deletion of the event waits for that of the account."""
    co_host = full_world.others["co_host"]
    user_id, sessions = co_host.pk, SessionIndex()

    def erase() -> None:
        try:
            erase_event(full_world.event)
        finally:
            connection.close()

    with ThreadPoolExecutor() as threads:
        with transaction.atomic():
            erase_account(co_host, sessions)
            erasing = threads.submit(erase)
            wait_for(lambda: erasing.done() or some_connection_waits_for_a_lock(), "a lock")
        erasing.result()
    assert not Event.objects.exists()
    assert EndedEventMember.objects.exists()
    assert not list(ended.ends_known_to(User(pk=user_id)))


def test_sealed_values_are_counted_by_key(world: World) -> None:
    assert sum(count_heads().values()) == 12
