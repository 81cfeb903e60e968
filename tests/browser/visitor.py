"""A visitor with their own browser: what they do on pages, and what they could get."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import urljoin, urlsplit

from playwright.sync_api import (
    APIResponse,
    BrowserContext,
    ConsoleMessage,
    Locator,
    Page,
    Request,
    expect,
)

from browser.mail import MailSink

PATIENCE_MS = 120_000


class Visitor:
    """One browser context with one tab. It writes down what should never happen."""

    def __init__(self, context: BrowserContext, address: str, mail: MailSink) -> None:
        self.mail = mail
        context.set_default_timeout(PATIENCE_MS)
        context.set_default_navigation_timeout(PATIENCE_MS)
        self.context = context
        self.address = address
        self.page: Page = context.new_page()
        self.complaints: list[str] = []
        self.secrets: set[str] = set()
        self.page.on("console", self._hear)
        self.page.on("pageerror", lambda error: self.complaints.append(f"script error: {error}"))
        self.page.on("request", self._watch)

    def open(self, path: str) -> None:
        """Go to a page that must be there."""
        response = self.page.goto(path)
        assert response is not None, path
        assert response.status == 200, f"{path} answered {response.status}"
        self._note_secrets()

    def follow(self, link: str | re.Pattern[str]) -> None:
        self.page.get_by_role("main").get_by_role("link", name=link).first.click()

    def press(self, button: str | re.Pattern[str]) -> None:
        """Press a button of the page's content."""
        self._note_secrets()
        self.page.get_by_role("main").get_by_role("button", name=button).click()

    def fill(self, **fields: str) -> None:
        """Type into fields, named by their labels with underscores for spaces."""
        for label, text in fields.items():
            self.field(label.replace("_", " ")).fill(text)

    def field(self, label: str) -> Locator:
        """Return the field with this label, without the note on optional fields."""
        name = re.compile(rf"^\s*{re.escape(label)}\s*(\(optional\))?\s*$")
        return self.page.get_by_role("main").get_by_label(name)

    def sees(self, text: str | re.Pattern[str]) -> None:
        """Wait until the page's content says so."""
        expect(self.page.get_by_role("main")).to_contain_text(text)

    def heading(self, text: str | re.Pattern[str]) -> None:
        """Wait until a page with this title is there, its scripts included."""
        h1 = self.page.get_by_role("heading", level=1)
        expect(h1).to_have_text(text)
        self.page.wait_for_load_state()

    def addresses(self) -> set[str]:
        """Return path and query of everything that the page links to or shows."""
        found: list[str] = self.page.locator("[href], [src]").evaluate_all(
            "all => all.map(one => one.getAttribute('href') ?? one.getAttribute('src'))"
        )
        whole = (urlsplit(urljoin(self.page.url, address)) for address in found)
        return {part.path for part in whole if f"{part.scheme}://{part.netloc}" == self.address}

    def image_names(self) -> list[str]:
        """Return the names of the pictures in the page's content, without decoration."""
        images = self.page.get_by_role("main").get_by_role("img")
        return [image.get_attribute("alt") or "" for image in images.all()]

    def ask(self, path: str, method: str = "GET", **headers: str) -> APIResponse:
        """Return the site's response to this visitor, without following redirects."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.context.request.fetch(path, method=method, headers=named, max_redirects=0)

    def bytes_of(self, path: str) -> bytes:
        answer = self.ask(path)
        assert answer.status == 200, f"{path} answered {answer.status}"
        return answer.body()

    def download(self, link: str | re.Pattern[str]) -> tuple[str, bytes]:
        """Click a link that downloads: the name the file gets, and its content."""
        with self.page.expect_download() as begun:
            self.follow(link)
        download = begun.value
        return download.suggested_filename, download.path().read_bytes()

    def kept_by_scripts(self) -> dict[str, str]:
        """Return what scripts stored in this browser."""
        kept: dict[str, str] = self.page.evaluate("({...localStorage, ...sessionStorage})")
        return kept

    def all_secrets(self) -> set[str]:
        """Values of cookies and form tokens this browser ever held."""
        self._note_secrets()
        return self.secrets

    def _note_secrets(self) -> None:
        self.secrets |= {cookie["value"] for cookie in self.context.cookies() if cookie["value"]}
        tokens = self.page.locator("input[name=csrfmiddlewaretoken]")
        self.secrets |= set(tokens.evaluate_all("all => all.map(one => one.value)"))

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.complaints.append(f"{message.type} on {self.page.url}: {message.text}")

    def _watch(self, request: Request) -> None:
        if not request.url.startswith((self.address, "data:", "blob:")):
            self.complaints.append(f"{self.page.url} asked another site: {request.url}")


def ensure_shown(image: Locator) -> None:
    """Wait until a picture has come and could be decoded."""
    image.scroll_into_view_if_needed()
    expect(image).to_have_js_property("complete", value=True)
    expect(image).not_to_have_js_property("naturalWidth", value=0)


def paths_below(paths: Iterable[str], *beginnings: str) -> set[str]:
    return {path for path in paths if path.startswith(beginnings)}
