from __future__ import annotations

import base64
import json
import re
from hashlib import sha256
from html.parser import HTMLParser
from urllib.parse import unquote

import fakes
from picprocure.folders.output.page import render_page, write_page

from ..conftest import Folders


class Links(HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.tags: set[str] = set()
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.addresses += [value or "" for name, value in attrs if name in {"href", "src"}]

    def handle_data(self, data: str) -> None:
        self.text += data


def page(folders: Folders, *, copy: bool = False) -> Links:
    outcome, delivered = folders.deliver(copy=copy)
    write_page(outcome, delivered, folders.out)
    return Links((folders.out / "index.html").read_text(encoding="utf-8"))


def test_every_link_leads_to_a_file_in_the_folder(folders: Folders) -> None:
    folders.add_person("Twin.png", fakes.BOB, serial=9)
    folders.add_photo("c.png", fakes.CHARLIE, serial=12)
    addresses = [url for url in page(folders).addresses if not url.startswith("#")]
    assert len(addresses) > 10
    for address in addresses:
        assert address.startswith("./")
        assert (folders.out / unquote(address)).is_file()


def test_page_lists_people_photos_reviews_and_failures(folders: Folders) -> None:
    folders.add_person("Twin.png", fakes.BOB, serial=9)
    folders.add_photo("../people/Dana.png", (0, 0, 0))
    (folders.photos / "broken.jpg").write_bytes(b"\xff\xd8\xff")
    text = " ".join(page(folders).text.split())
    for expected in (
        "Bob",
        "Charlie",
        "Is this Twin?",
        "Bob and Twin look like one person.",
        "1.png",
        "We couldn't find a face",
        "broken.jpg can't be opened",
        "This page is only for the host of the event.",
    ):
        assert expected in text


def test_page_runs_only_its_own_script_and_loads_nothing(folders: Folders) -> None:
    outcome, delivered = folders.deliver()
    html = render_page(outcome, delivered, folders.out)
    assert not Links(html).tags & {"link", "iframe", "object", "form"}
    (policy,) = re.findall(r'Security-Policy" content="([^"]+)"', html)
    assert not re.search(r"https?:|//|url\(|@import", html.replace(policy, ""))
    (script,) = re.findall(r"<script>(.*?)</script>", html, re.DOTALL)
    digest = base64.b64encode(sha256(script.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'; connect-src 'none'" in policy
    assert html.count("<script") == 2  # the other one is data


def test_names_are_escaped(folders: Folders) -> None:
    evil = '<img src=x onerror="alert(1)">\'&amp;'
    folders.add_person(f"{evil}.png", fakes.CHARLIE, serial=4)
    folders.add_person("again <b>.png", fakes.CHARLIE, serial=5)
    (folders.people / "Charlie.png").unlink()
    folders.add_person("javascript:alert(1).png", fakes.ALICE)
    folders.add_photo(f"{evil}#?%41.png", fakes.CHARLIE, serial=5)
    folders.add_photo("javascript:alert(2).png", fakes.ALICE, serial=6)
    folders.add_photo(
        b"caf\xe9\x1b[31m.png".decode("utf-8", "surrogateescape"), fakes.BOB, serial=7
    )
    links = page(folders)
    assert evil in links.text
    assert f"{evil} and again <b> look like one person." in links.text
    assert "b" not in links.tags
    assert not [
        url for url in links.addresses if not url.startswith(("./", "#person-", "#decisions"))
    ]
    assert "caf\ufffd\ufffd[31m.png" in links.text
    assert [address for address in links.addresses if "caf%E9" in address]
    html = (folders.out / "index.html").read_text(encoding="utf-8")
    (data,) = re.findall(r'<script type="application/json" id="data">(.*?)</script>', html)
    assert "<" not in data
    assert evil in json.loads(data)["people"]


def test_page_knows_faces_and_decisions_but_no_embedding_and_no_absolute_path(
    folders: Folders,
) -> None:
    folders.deliver()
    (folders.out / "Bob/2.png").unlink()
    page(folders)
    html = (folders.out / "index.html").read_text(encoding="utf-8")
    assert str(folders.root) not in html
    (data,) = re.findall(r'<script type="application/json" id="data">(.*?)</script>', html)
    content = json.loads(data)
    (photo,) = content["photos"].values()
    assert photo.keys() == {"name", "picture", "size", "faces"}
    assert photo["size"] == [128, 64]
    assert photo["faces"] == [
        {"box": [0, 0, 64, 64], "person": "Bob", "decision": "match"},
        {"box": [64, 0, 128, 64], "person": None, "decision": "none"},
    ]
    assert [one["answer"] for one in content["decisions"]] == ["withheld"]


def test_page_mentions_links_only_if_there_are_any(folders: Folders) -> None:
    assert "--copy" in page(folders).text
    assert "--copy" not in page(folders, copy=True).text
