"""On a real site, pages are served while pictures are decoded that take as long as they may."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from urllib.parse import urlsplit

import psutil
import pytest

from browser.running_site import RunningSite
from imaging import hostile

pytestmark = [pytest.mark.soak, pytest.mark.browser]

SENDERS = ("mallory", "mallory", "trudy")

SIGNED_IN = """
import django
django.setup()
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.conf import settings
from picprocure.accounts.emails import confirm_email
from picprocure.accounts.models import User
for name in ("mallory", "trudy"):
    user = User.objects.create_user(
        name, f"{name}@example.org", "x", first_name=name, last_name="Example"
    )
    confirm_email(user)
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    print(session.session_key)
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSite]:
    with RunningSite(tmp_path_factory.mktemp("site")) as running:
        yield running


@pytest.fixture(scope="module")
def sessions(site: RunningSite) -> dict[str, str]:
    ran = subprocess.run(
        [sys.executable, "-c", SIGNED_IN],
        env=site.environment,
        capture_output=True,
        check=True,
        text=True,
    )
    return dict(zip(("mallory", "trudy"), ran.stdout.split(), strict=True))


def ask(
    site: RunningSite, path: str, body: bytes | None = None, session: str = "", kind: str = ""
) -> int:
    connection = HTTPConnection(str(urlsplit(site.address).netloc), timeout=120)
    token = "t" * 32
    headers = {"Cookie": f"sessionid={session}; csrftoken={token}", "X-CSRFToken": token}
    method = "GET" if body is None else "POST"
    connection.request(method, path, body, {**headers, "Content-Type": kind})
    status = connection.getresponse().status
    connection.close()
    return status


def send(site: RunningSite, session: str, content: bytes) -> int:
    said = (
        b'--b\r\nContent-Disposition: form-data; name="consent"\r\n\r\non\r\n'
        b'--b\r\nContent-Disposition: form-data; name="photo"; filename="me.jpg"\r\n\r\n'
    )
    body = said + content + b"\r\n--b--\r\n"
    return ask(site, "/profile/face/new/", body, session, "multipart/form-data; boundary=b")


def resident(site: RunningSite) -> int:
    """Return the bytes in use by the largest web process."""
    pids = [process.pid for process in site.web() if "imaging.child" not in process.command]
    return max(int(psutil.Process(pid).memory_info().rss) for pid in pids)


def test_pages_are_served_while_others_send_the_longest_pictures(
    site: RunningSite,
    sessions: dict[str, str],
    record_property: Callable[[str, object], None],
) -> None:
    content, ordinary = (
        hostile.jpeg_of_scans(7_000, 7_000, 12),
        hostile.jpeg_of_scans(2_000, 1_500, 1),
    )
    for _ in range(8):  # all processes load their detector
        assert send(site, sessions["trudy"], ordinary) == 200
    before, seconds = resident(site), []
    with ThreadPoolExecutor(len(SENDERS)) as threads:
        sent = [threads.submit(send, site, sessions[name], content) for name in SENDERS]
        while not all(one.done() for one in sent):
            begun = time.monotonic()
            assert ask(site, "/") == 200
            seconds.append(time.monotonic() - begun)
            time.sleep(0.05)
    assert {one.result() for one in sent} <= {200, 503}
    median, most = statistics.median(seconds), max(seconds)
    record_property("table", f"{len(seconds)} pages: median {median:.3f} s, most {most:.3f} s")
    assert len(seconds) > 10
    assert statistics.quantiles(seconds, n=20)[-1] < 1
    # The detector keeps buffers for as many pictures as are looked at at once.
    assert resident(site) - before < 200_000_000
