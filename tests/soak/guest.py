"""A guest of the running site, without a browser."""

from __future__ import annotations

import re

import requests

PASSWORD = "correct-Horse-77-battery"


class Guest:
    """One session; forms are sent with their token."""

    def __init__(self, site: str, name: str) -> None:
        self.site, self.name, self.email = site, name, f"{name}@example.org"
        self.session = requests.Session()

    def open(self, path: str) -> requests.Response:
        return self.session.get(self.site + path)

    def post(self, path: str, **data: str) -> requests.Response:
        found = re.search(r'csrfmiddlewaretoken" value="([^"]+)', self.open(path).text)
        assert found, path
        return self._send(path, {"csrfmiddlewaretoken": found[1], **data})

    def copies(self, count: int) -> list[Guest]:
        """Other windows of the same session."""
        made = [Guest(self.site, self.name) for _ in range(count)]
        for copy in made:
            copy.session.cookies.update(self.session.cookies)
        return made

    def send_copy(self, path: str, **data: str) -> str:
        """Send a form without reading its page before, and give the page that comes back."""
        token = self.session.cookies["csrftoken"]
        assert token
        return self._send(path, {"csrfmiddlewaretoken": token, **data}).text

    def sign_up(self) -> requests.Response:
        return self.post(
            "/account/signup/",
            email=self.email,
            first_name="Guest",
            last_name=self.name,
            password1=PASSWORD,
        )

    def _send(self, path: str, data: dict[str, str]) -> requests.Response:
        referer = {"Referer": self.site + path}
        return self.session.post(self.site + path, data=data, headers=referer)
