"""An event on a cluster whose machines and servers are killed, with what must hold afterwards."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path

import fakes
from browser.patience import wait_for
from soak.cluster import Cluster

RESUME_SECONDS = 120  # the limit for work to go on after a disturbance
FINISH_SECONDS = 300
PEOPLE = {"Alice": fakes.ALICE, "Bob": fakes.BOB, "Charlie": fakes.CHARLIE}
PICTURES = ((fakes.BOB,), (fakes.CHARLIE,), (fakes.BOB, fakes.CHARLIE), (fakes.STRANGER,))

WORKER, CLOCK, WEB = "pipeline.process worker", "pipeline.process clock", "granian"


def make_people(folder: Path) -> Path:
    """Write a picture of each person."""
    folder.mkdir()
    for name, color in PEOPLE.items():
        (folder / f"{name}.png").write_bytes(fakes.portrait(color))
    return folder


def make_photos(folder: Path, count: int) -> list[Path]:
    """Write photos of one or two people each."""
    folder.mkdir()
    photos = [folder / f"{number:03}.png" for number in range(count)]
    for serial, (photo, colors) in enumerate(zip(photos, cycle(PICTURES), strict=False)):
        photo.write_bytes(fakes.stripes(*colors, serial=serial))
    return photos


def expected_galleries(photos: Sequence[Path]) -> dict[str, list[str]]:
    """Return what an undisturbed run gives to each person."""
    pictures = list(zip((photo.name for photo in photos), cycle(PICTURES), strict=False))
    return {
        name.lower(): [photo for photo, colors in pictures if color in colors]
        for name, color in PEOPLE.items()
    }


@dataclass
class Event:
    """An event that gets its photos in portions, one for each disturbance."""

    cluster: Cluster
    people: Path
    photos: list[Path]
    uploaded: int = 0
    figures: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.event_id = self.cluster.run("hold", str(self.people))
        self.session = self.cluster.run("session", self.event_id)

    def upload(self, count: int) -> None:
        """Upload the next photos."""
        photos = self.photos[self.uploaded : self.uploaded + count]
        self.cluster.upload(self.event_id, photos, session=self.session)
        self.uploaded += len(photos)

    def disturb(
        self, what: str, disturbance: Callable[[], None], *, photos: int, while_busy: bool = True
    ) -> None:
        """Upload photos, and disturb the site while they arrive, or before if it should be idle.

        Work must go on within two minutes after the disturbance.
        """
        if not while_busy:
            disturbance()
        with ThreadPoolExecutor(1) as uploading:
            upload = uploading.submit(self.upload, photos)
            if while_busy:
                wait_for(lambda: self._state("claimed") > 0, f"work for the {what} to interrupt")
                disturbance()
            over, before = time.monotonic(), self._state("analyzed")

            def went_on() -> bool:
                analyzed = self._state("analyzed")
                return analyzed > before or (upload.done() and analyzed == self.uploaded)

            wait_for(went_on, f"more photos after the {what}", seconds=2 * RESUME_SECONDS)
            resumed = time.monotonic() - over
            upload.result()
        self.wait_until_analyzed()
        finished = time.monotonic() - over
        self.figures.append(
            f"  {what:24} first photo after {resumed:3.0f} s, all {finished:3.0f} s"
        )
        assert resumed < RESUME_SECONDS, what

    def wait_until_analyzed(self) -> None:
        wait_for(
            lambda: self._state("analyzed") == self.uploaded,
            f"{self.uploaded} analyzed photos, but {self.cluster.state(self.event_id)}",
            seconds=FINISH_SECONDS,
        )

    def ensure_nothing_is_stuck(self) -> None:
        """Wait until the event is sorted, and check that no error was counted."""
        done = {"photos": self.uploaded, "analyzed": self.uploaded, "errors": 0}
        none = dict.fromkeys(("failed", "claimed", "unsorted", "sorting"), 0)
        wanted = {**done, **none}

        def is_done() -> bool:
            state = self.cluster.state(self.event_id)
            return {name: state[name] for name in wanted} == wanted

        wait_for(is_done, f"a sorted event, but {self.cluster.state(self.event_id)}")
        unaccounted = self.cluster.run("unaccounted")
        assert unaccounted == "[]", unaccounted

    def _state(self, name: str) -> int:
        return self.cluster.state(self.event_id)[name]
