"""On PostgreSQL: the sweep vacuums deleted rows."""

from __future__ import annotations

import pytest
from django.db import connection

from browser.patience import wait_for
from conftest import World
from picprocure.pipeline import account_changes, changes
from picprocure.recognition.sealed_values import count_heads
from picprocure.retention.sweep import sweep

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


def test_sealed_values_are_counted_by_key(world: World) -> None:
    assert sum(count_heads().values()) == 12
