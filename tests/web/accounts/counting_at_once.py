"""Count attempts from thirty threads at once, and print how many were allowed.

The script waits for a line of input, so that several processes can start together.
"""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import django

django.setup()

from django.db import connection  # noqa: E402
from django.test import RequestFactory  # noqa: E402

from picprocure.web import limits  # noqa: E402

THREADS = 30

together = Barrier(THREADS)


def is_let_in(_: int) -> bool:
    request = RequestFactory().post("/")
    together.wait()
    try:
        limits.count(request, sys.argv[1], key="account:1")
    except limits.RateLimitReached:
        return False
    finally:
        connection.close()
    return True


if __name__ == "__main__":
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    with ThreadPoolExecutor(THREADS) as pool:
        sys.stdout.write(f"{sum(pool.map(is_let_in, range(THREADS)))}\n")
