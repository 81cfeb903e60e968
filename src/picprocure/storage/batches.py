"""How many rows are handled at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, TypeVar

T = TypeVar("T")

# Few enough for one statement and a short lock. SQLite takes at most 1,000 ORs, which is what a
# prefetched foreign key becomes, and in older versions 999 values in one statement.
CHUNK: Final = 500


def batched(rows: Sequence[T]) -> Iterator[Sequence[T]]:
    for start in range(0, len(rows), CHUNK):
        yield rows[start : start + CHUNK]
