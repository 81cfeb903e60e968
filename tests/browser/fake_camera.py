"""A camera that shows what a test says, at the pace of the test.

Chromium can play a film as a camera, but at a pace of its own, which a busy machine misses.
"""

from __future__ import annotations

import base64
import json
from pathlib import Path

from browser.visitor import Visitor

SCRIPT = Path(__file__).with_suffix(".js")


class FakeCamera:
    """What the camera of a visitor shows on each page that they open from now on.

    It starts with the first of the stills, which are JPEGs of 640 by 480. With scenes, it shows
    the next of them whenever the page asks for something else, and the page's clock runs with
    the frames that it takes.
    """

    def __init__(self, visitor: Visitor, stills: dict[str, bytes], *scenes: str) -> None:
        self._page = visitor.page
        encoded = {name: base64.b64encode(still).decode() for name, still in stills.items()}
        given = f"{json.dumps(encoded)}, {json.dumps(scenes)}"
        visitor.context.add_init_script(f"({SCRIPT.read_text()})({given})")

    def show(self, still: str) -> None:
        self._page.evaluate("still => window.fakeCamera.show(still)", still)

    def hold_clock(self) -> None:
        """Stop the clock of the page that is open."""
        self._page.evaluate("window.fakeCamera.hold()")

    def run_clock_until(self, text: str) -> None:
        """Let it run until the page asks for this, and stop it there."""
        self._page.evaluate("text => window.fakeCamera.runUntil(text)", text)
