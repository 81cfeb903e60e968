"""Processing of rows in batches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, TypeVar

T = TypeVar("T")

# Small enough for one statement and a short lock. SQLite allows at most 1,000 ORs, which a
# prefetched foreign key becomes, and older versions allow 999 values in one statement.
CHUNK: Final = 500


def batched(rows: Sequence[T], size: int = CHUNK) -> Iterator[Sequence[T]]:
    """Yield parts of at most `size` rows, in order."""
    for start in range(0, len(rows), size):
        yield rows[start : start + size]
