"""Ask PostgreSQL from many threads that share connections, and print what they found.

The connections are ended from outside in between, as by a restart of the server.
"""

from __future__ import annotations

import json
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import django
import psycopg

django.setup()

from django.contrib.contenttypes.models import ContentType  # noqa: E402
from django.db import connection  # noqa: E402

from picprocure.storage.connections import release_connection, share_connections  # noqa: E402
from picprocure.storage.prepared_queries import PreparedQuery, Slot  # noqa: E402

THREADS, CONNECTIONS, ROUNDS = 8, 3, 20

one_row = PreparedQuery(lambda: ContentType.objects.filter(pk=Slot("id", ContentType._meta.pk)))
together = Barrier(THREADS)


def ask(_: int) -> tuple[set[int], int]:
    """Return the server's processes that this thread used, and the plans that they kept."""
    together.wait()
    processes, plans = set(), 0
    for _ in range(ROUNDS):
        one_row.rows(id=1)
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid(), count(*) FROM pg_prepared_statements")
            process, kept = cursor.fetchone()
        release_connection()
        processes.add(process)
        plans = max(plans, kept)
    return processes, plans


def asked_by_all() -> tuple[set[int], int]:
    with ThreadPoolExecutor(THREADS) as pool:
        found = list(pool.map(ask, range(THREADS)))
    return set().union(*(processes for processes, _ in found)), max(kept for _, kept in found)


if __name__ == "__main__":
    share_connections(CONNECTIONS)
    with connection.schema_editor() as editor:
        editor.create_model(ContentType)
    release_connection()
    before, kept = asked_by_all()
    with psycopg.connect(os.environ["PICPROCURE_DATABASE_URL"], autocommit=True) as other:
        for process in before:
            other.execute("SELECT pg_terminate_backend(%s, 10000)", [process])
    after, _ = asked_by_all()
    with connection.schema_editor() as editor:
        editor.delete_model(ContentType)
    release_connection()
    connection.close_pool()  # type: ignore[attr-defined]
    found = {"connections": len(before), "kept_plans": kept, "survivors": len(before & after)}
    sys.stdout.write(json.dumps(found))
