"""A real site, a real mail server, and a real browser for each person.

Nothing here lives longer than a module: while Playwright runs, Django takes its event loop for
an asynchronous context and refuses its database to the tests that come after.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Protocol

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from browser.mail import MailSink
from browser.running_site import RunningSite
from browser.visitor import PATIENCE_MS, Visitor
from machine.browser import find_browser

expect.set_options(timeout=PATIENCE_MS)

BROWSER_OPTIONS = [
    "--no-sandbox",  # it can't have one when the tests run as root, as they do in containers
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]

WINDOW_HEIGHT = 664  # what is left of a phone below the address bar


class NewVisitor(Protocol):
    """Opens a browser context for one more person, or for one who is signed in elsewhere."""

    def __call__(
        self,
        *,
        width: int = 1280,
        javascript: bool = True,
        time_zone: str = "UTC",
        signed_in_like: Visitor | None = None,
    ) -> Visitor: ...


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """PICPROCURE_BROWSER, else this machine's Chromium, else Playwright's own."""
    path = find_browser(os.environ)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=BROWSER_OPTIONS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def mail() -> Iterator[MailSink]:
    with MailSink() as sink:
        yield sink


@pytest.fixture(scope="module")
def site_settings() -> dict[str, str]:
    """Return settings of the module's site. A module with other settings overrides this fixture.

    One process of each kind is enough here: starting more would cost the others time.
    """
    return {"web_processes": "1", "worker_processes": "1"}


@pytest.fixture(scope="module")
def site(
    tmp_path_factory: pytest.TempPathFactory, mail: MailSink, site_settings: dict[str, str]
) -> Iterator[RunningSite]:
    folder = tmp_path_factory.mktemp("site")
    with RunningSite(folder, email_url=mail.url, **site_settings) as running:
        yield running


@pytest.fixture(scope="module")
def new_visitor(site: RunningSite, browser: Browser, mail: MailSink) -> Iterator[NewVisitor]:
    """Return a function that makes visitors, each with their own browser context."""
    contexts = []

    def make(
        *,
        width: int = 1280,
        javascript: bool = True,
        time_zone: str = "UTC",
        signed_in_like: Visitor | None = None,
    ) -> Visitor:
        context = browser.new_context(
            base_url=site.address,
            viewport={"width": width, "height": WINDOW_HEIGHT},
            java_script_enabled=javascript,
            timezone_id=time_zone,
        )
        contexts.append(context)
        if signed_in_like:
            context.add_cookies([{**cookie} for cookie in signed_in_like.context.cookies()])  # type: ignore[typeddict-item] # the same fields
        return Visitor(context, site.address, mail)

    yield make
    for context in contexts:
        context.close()
