"""The progress display: a bar in a terminal, otherwise a line from time to time."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import click
from rich.console import Console

from picprocure.folders.run import Progress

LINE_EVERY_SECONDS: Final = 10


@contextmanager
def progress_display() -> Iterator[Progress]:
    """Display progress on the error stream, apart from the command's output."""
    console = Console(stderr=True)
    if console.is_terminal:
        from picprocure.cli.progress_bar import progress_bar  # noqa: PLC0415 -- slow to import

        with progress_bar(console) as bar:
            task = bar.add_task("Photos", total=None)
            yield Progress(
                on_start=lambda total: bar.update(task, total=total),
                on_done=lambda count: bar.advance(task, count),
            )
    else:
        lines = _Lines()
        yield Progress(on_start=lines.start, on_done=lines.done)


class _Lines:
    def __init__(self) -> None:
        self._total = self._done = 0
        self._start = self._last = time.monotonic()

    def start(self, total: int) -> None:
        self._total = total
        self._start = self._last = time.monotonic()

    def done(self, count: int) -> None:
        self._done += count
        now = time.monotonic()
        if now - self._last >= LINE_EVERY_SECONDS:
            self._last = now
            speed = self._done / (now - self._start)
            left = (self._total - self._done) / speed
            click.echo(
                f"{self._done:,} of {self._total:,} photos, {speed:.1f} photos/s, "
                f"{_duration(left)} left",
                err=True,
            )


def _duration(seconds: float) -> str:
    return f"{seconds / 60:.0f} min" if seconds >= 90 else f"{seconds:.0f} s"  # noqa: PLR2004
