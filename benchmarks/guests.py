"""What guests of an event do, for locust. `load.py` runs this file.

A guest opens the gallery. The browser loads the page and its 60 thumbnails over six connections.
The guest looks at them for 10 to 20 seconds, opens one photo in web size, and returns to the
gallery. Thumbnails are loaded again each time, since browsers may not store them. Static files are
not loaded: browsers have them.
"""

from __future__ import annotations

import json
import os
import random
from itertools import cycle
from pathlib import Path
from typing import Any

import gevent
from gevent.pool import Pool
from locust import FastHttpUser, between, task

SITE: dict[str, Any] = json.loads(Path(os.environ["GUESTS"]).read_text())
GUESTS = cycle(SITE["guests"])
CONNECTIONS = 6
LONGEST_LOOK = 20


class Guest(FastHttpUser):  # type: ignore[misc]
    """A signed-in guest with a gallery of 60 photos."""

    wait_time = between(10, LONGEST_LOOK)
    concurrency = CONNECTIONS

    def on_start(self) -> None:
        """Come at a random moment, so that guests don't stay together."""
        session, self.photos = next(GUESTS)
        self.headers = {"Cookie": f"sessionid={session}"}
        gevent.sleep(random.uniform(0, LONGEST_LOOK))  # noqa: S311 -- not a secret

    @task
    def look(self) -> None:
        self.fetch("gallery", f"/galleries/{SITE['event']}/")
        connections = Pool(CONNECTIONS)
        for photo in self.photos:
            connections.spawn(self.fetch, "thumbnail", f"/media/photos/{photo}/thumbnail/")
        connections.join()
        chosen = random.choice(self.photos)  # noqa: S311
        self.fetch("photo", f"/galleries/{SITE['event']}/{chosen}/")
        self.fetch("web size", f"/media/photos/{chosen}/web/")

    def fetch(self, name: str, path: str) -> None:
        self.client.get(path, name=name, headers=self.headers)
