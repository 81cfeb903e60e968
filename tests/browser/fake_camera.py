"""A Chromium whose camera plays a file."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from browser.conftest import BROWSER_OPTIONS, SYSTEM_BROWSERS

FRAMES_PER_SECOND = 30


@contextmanager
def browser_with_camera(film: Path) -> Iterator[Browser]:
    """`film` is JPEGs one after the other (.mjpeg), played over and over."""
    asked = os.environ.get("PICPROCURE_BROWSER")
    path = asked or next(filter(None, map(shutil.which, SYSTEM_BROWSERS)), None)
    camera = [
        "--use-fake-ui-for-media-stream",
        "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-video-capture={film}",
    ]
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=path, args=[*BROWSER_OPTIONS, *camera]
        )
        yield chromium
        chromium.close()
