"""Many guests behind one network address can sign in, attackers from there can't."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from datetime import timedelta

import pytest
from allauth.core.internal import ratelimit
from django.conf import settings
from django.contrib.auth.hashers import MD5PasswordHasher
from django.core import mail
from django.core.cache import cache
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.urls import reverse

import fakes
from conftest import PASSWORD
from mailing import newest_code
from picprocure.accounts.models import User
from picprocure.events.invitations import create_invitation
from picprocure.events.models import Event
from picprocure.web import limits
from picprocure.web.accounts import devices

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def bob(make_user: Callable[..., User]) -> User:
    return make_user("bob", fakes.BOB)


@pytest.fixture
def limit(settings: object) -> Callable[..., None]:
    def set_limits(**limits: str) -> None:
        settings.ACCOUNT_RATE_LIMITS = {**settings.ACCOUNT_RATE_LIMITS, **limits}  # type: ignore[attr-defined]

    return set_limits


def sign_up(number: int, client: Client | None = None, **changes: str) -> tuple[int, str]:
    response = (client or Client()).post(
        reverse("account_signup"),
        {
            "email": f"visitor{number}@example.org",
            "first_name": "Guest",
            "last_name": "Typed This",
            **changes,
        },
    )
    return response.status_code, response.content.decode()


def count_hashes(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    hashes: list[str] = []
    encode = MD5PasswordHasher.encode

    def counting(hasher: MD5PasswordHasher, password: str, salt: str) -> str:
        hashes.append(salt)
        return encode(hasher, password, salt)

    monkeypatch.setattr(MD5PasswordHasher, "encode", counting)
    return hashes


def address_of(name: str) -> str:
    return name if "@" in name else f"{name}@example.org"


def sign_in(login: str, password: str, address: str = "127.0.0.1") -> str:
    form = {"login": address_of(login), "password": password}
    response = Client(REMOTE_ADDR=address).post(reverse("account_login"), form)
    return response.content.decode()


def test_thirty_guests_in_one_network_can_sign_up_within_a_minute() -> None:
    """The visitors have no invitation."""
    assert {sign_up(number)[0] for number in range(30)} == {302}


@pytest.mark.parametrize("action", ["sign_up", "sign_in", "ask_code"])
def test_limits_of_a_network_allow_a_hundred_guests(rf: RequestFactory, action: str) -> None:
    """Each guest needs three attempts to sign up."""
    request = rf.post("/")
    request.session = {}  # type: ignore[assignment]
    for _ in range(300):
        limits.count_from_network(request, action)


def test_refused_attempt_keeps_the_form_and_says_when_to_retry(limit: Callable[..., None]) -> None:
    limit(sign_up="2/h/ip")
    assert [sign_up(number)[0] for number in range(2)] == [302, 302]
    status, page = sign_up(3)
    assert status == 429
    assert 'value="visitor3@example.org"' in page
    assert 'value="Typed This"' in page
    assert "Try again in 60 minutes. What you typed is still here." in page
    assert User.objects.count() == 2


def test_invitation_raises_the_limit(event: Event, limit: Callable[..., None]) -> None:
    limit(sign_up="1/h/ip", sign_up_invited="3/h/ip")
    assert [sign_up(number)[0] for number in range(2)] == [302, 429]
    statuses = []
    for number in range(2, 6):
        guest = Client()
        token = create_invitation(event=event, valid_for=timedelta(days=1))
        guest.get(reverse("events:invitation", args=[token]) + "?to=sign-up")
        statuses.append(sign_up(number, guest)[0])
    assert statuses == [302, 302, 302, 429]


def test_revoked_invitation_does_not_raise_the_limit(
    event: Event, limit: Callable[..., None]
) -> None:
    limit(sign_up="1/h/ip")
    guest = Client()
    token = create_invitation(event=event, valid_for=timedelta(days=1))
    guest.get(reverse("events:invitation", args=[token]) + "?to=sign-up")
    event.invitations.all().delete()
    assert [sign_up(number, guest)[0] for number in range(1)] == [302]
    assert sign_up(2)[0] == 429


def test_password_guesses_are_limited_per_account(bob: User) -> None:
    """This holds for every spelling and network, and other guests can still sign in."""
    names = ("bob", "BOB@example.org", "bob@EXAMPLE.org", "Bob@Example.org", " bob@example.org ")
    for place, name in enumerate(names):
        assert "not correct" in sign_in(name, "wrong", f"10.0.0.{place}")
    for name in names:
        assert sign_in(name, PASSWORD, "10.0.1.1") != ""
    assert sign_up(1)[0] == 302


@pytest.mark.parametrize("name", ["bob@example.org", "nobody@example.org"])
def test_limit_of_an_address_is_reported(bob: User, name: str) -> None:
    pages = [sign_in(name, "wrong") for _ in range(7)]
    assert ["Too many attempts" in page for page in pages] == [False] * 5 + [True] * 2
    assert f'value="{name}"' in pages[-1]


@pytest.mark.parametrize("is_known", [True, False])
def test_claim_does_not_reveal_whether_an_address_has_an_account(
    make_user: Callable[..., User], is_known: bool
) -> None:
    """Mallory signs up with the address, and then signs in with it and her own password."""
    if is_known:
        make_user("visitor1")
    sign_up(1, password1="her-own-long-word-9")
    assert "not correct" in sign_in("visitor1", "her-own-long-word-9")


def test_person_can_sign_in_immediately_after_a_password_reset(bob: User) -> None:
    for _ in range(5):
        sign_in("bob", "wrong")
    client = Client()
    client.post(reverse("account_reset_password"), {"email": bob.email})
    client.post(reverse("account_confirm_password_reset_code"), {"code": newest_code()})
    new = {"password1": "another-long-word-9"}
    client.post(reverse("account_complete_password_reset"), new)
    assert sign_in("bob", "another-long-word-9") == ""


def test_trying_one_password_for_many_accounts_is_limited(
    make_user: Callable[..., User], limit: Callable[..., None]
) -> None:
    limit(sign_in_failed="4/h/ip")
    for number in range(3):
        make_user(f"guest{number}")
    sign_in("guest0", PASSWORD)  # what succeeds isn't counted
    pages = [sign_in(f"guest{number}", "wrong") for number in range(6)]
    assert ["not correct" in page for page in pages] == [True] * 4 + [False] * 2
    assert "not correct" in sign_in("guest1", "wrong", "10.0.0.9")


@pytest.mark.parametrize("names", ["nobody{}", "guest{}", "guest0"])
def test_wrong_passwords_of_others_do_not_lock_people_out(
    bob: User, make_user: Callable[..., User], limit: Callable[..., None], names: str
) -> None:
    """Invented addresses, typos of many guests, or one account."""
    limit(sign_in_failed="3/h/ip")
    for number in range(4):
        make_user(f"guest{number}")
    pages = [sign_in(names.format(number), "wrong") for number in range(4)]
    assert "from your network" in pages[-1]
    assert sign_in("bob", PASSWORD) == ""


@pytest.mark.parametrize("login", ["bob", "nobody"])
def test_throttled_network_allows_each_address_one_attempt_with_the_same_answer(
    bob: User, limit: Callable[..., None], monkeypatch: pytest.MonkeyPatch, login: str
) -> None:
    limit(sign_in_failed="1/h/ip")
    sign_in("another", "wrong")
    hashes = count_hashes(monkeypatch)
    for count in (1, 1, 1):
        page = sign_in(login, "wrong")
        assert "from your network" in page
        assert "not correct" not in page
        assert len(hashes) == count
    assert "from your network" in sign_in(login, PASSWORD)


def test_an_invitation_allows_more_typos(
    event: Event, make_user: Callable[..., User], limit: Callable[..., None]
) -> None:
    limit(sign_in_failed="1/h/ip", sign_in_failed_invited="3/h/ip")
    guest = Client()
    token = create_invitation(event=event, valid_for=timedelta(days=1))
    guest.get(reverse("events:invitation", args=[token]) + "?to=sign-in")
    pages = []
    for number in range(4):
        form = {"login": address_of(f"guest{number}"), "password": "wrong"}
        pages.append(guest.post(reverse("account_login"), form).content.decode())
    assert ["not correct" in page for page in pages] == [True] * 3 + [False]


@pytest.mark.parametrize("route", ["account_reset_password", "account_request_login_code"])
def test_codes_for_one_address_are_limited(
    bob: User, limit: Callable[..., None], route: str
) -> None:
    """Three a minute from all networks, and per hour no more than the setting."""

    def ask(place: int) -> HttpResponse:
        client = Client(REMOTE_ADDR=f"10.0.0.{place}")
        return client.post(reverse(route), {"email": bob.email})  # type: ignore[return-value]

    answers = [ask(place) for place in range(5)]
    assert [answer.status_code for answer in answers] == [302] * 3 + [429] * 2
    assert 'value="bob@example.org"' in answers[-1].content.decode()
    assert int(answers[-1]["Retry-After"]) <= 60
    cache.clear()
    mail.outbox.clear()
    limit(code=settings.ACCOUNT_RATE_LIMITS["code"].split(",")[1])
    assert [ask(place).status_code for place in range(12)] == [302] * 10 + [429] * 2
    assert len(mail.outbox) == 10


def test_sign_up_with_an_address_that_just_got_a_code_makes_no_second_one() -> None:
    assert sign_up(1)[0] == 302
    status, page = sign_up(2, email="visitor1@example.org")
    assert status == 429
    assert "second" in page
    assert User.objects.count() == 1
    assert len(mail.outbox) == 1


@pytest.mark.parametrize(
    ("first", "second", "is_one"),
    [
        ("2001:db8:0:1::1", "2001:db8:0:1:ffff::9", True),  # one network of a provider
        ("2001:db8:0:1::1", "2001:db8:0:2::1", False),
        ("::ffff:192.0.2.1", "::ffff:192.0.2.2", False),  # IPv4, on a socket for both
        ("::ffff:192.0.2.1", "192.0.2.1", True),
    ],
)
def test_what_counts_as_one_network(
    limit: Callable[..., None], first: str, second: str, is_one: bool
) -> None:
    limit(sign_up="1/h/ip")
    assert sign_up(1, Client(REMOTE_ADDR=first))[0] == 302
    assert sign_up(2, Client(REMOTE_ADDR=second))[0] == (429 if is_one else 302)


@pytest.mark.parametrize("route", ["account_request_login_code", "account_reset_password"])
def test_refused_code_request_keeps_the_form(limit: Callable[..., None], route: str) -> None:
    limit(ask_code="1/h/ip")
    form = {"email": "dora@example.org"}
    Client().post(reverse(route), form)
    refused = Client().post(reverse(route), form)
    assert refused.status_code == 429
    page = refused.content.decode()
    assert 'value="dora@example.org"' in page
    assert "Try again in 60 minutes" in page


class TestNetworkAtItsSignInLimit:
    @pytest.fixture(autouse=True)
    def used_up(self, bob: User, limit: Callable[..., None]) -> None:
        limit(sign_in="3/h/ip")
        for number in range(3):
            sign_in(f"nobody{number}", "wrong")

    def test_correct_password_works_after_some_seconds(
        self, make_user: Callable[..., User], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        make_user("charlie")
        assert sign_in("bob", PASSWORD) == ""
        refused = sign_in("charlie", PASSWORD)
        assert "Wait a few seconds" in refused
        assert 'value="charlie@example.org"' in refused
        now = time.time()
        monkeypatch.setattr(time, "time", lambda: now + 6)
        assert sign_in("charlie", PASSWORD) == ""

    def test_guesses_are_allowed_one_at_a_time_and_once_per_name(
        self, limit: Callable[..., None], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        hashes = count_hashes(monkeypatch)
        for number in range(10):
            sign_in(f"guest{number}", "wrong")
        assert len(hashes) == 1
        limit(sign_in="3/h/ip", sign_in_turn="100/h/ip")
        for _ in range(10):
            assert "from your network" in sign_in("bob", "wrong")
        assert len(hashes) == 2

    def test_invited_visitors_are_counted_separately(self, event: Event) -> None:
        guest = Client()
        token = create_invitation(event=event, valid_for=timedelta(days=1))
        guest.get(reverse("events:invitation", args=[token]) + "?to=sign-in")
        for login, status in (("nobody", 200), ("bob", 302)):
            form = {"login": address_of(login), "password": PASSWORD}
            assert guest.post(reverse("account_login"), form).status_code == status

    def test_codes_are_still_sent(self, bob: User) -> None:
        response = Client().post(reverse("account_request_login_code"), {"email": bob.email})
        assert response.status_code == 302
        assert mail.outbox

    def test_signed_in_person_can_reauthenticate(self, bob: User) -> None:
        sign_in("nobody", "wrong")
        client = Client()
        client.force_login(bob)
        again = client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
        assert again.status_code == 302


class TestKnownDevice:
    @pytest.fixture
    def device(self, bob: User) -> Client:
        client = Client()
        client.post(reverse("account_login"), {"login": "bob@example.org", "password": PASSWORD})
        client.post(reverse("account_logout"))
        return client

    @pytest.fixture(autouse=True)
    def crowded(self, device: Client, limit: Callable[..., None]) -> None:
        limit(sign_in="1/h/ip", sign_in_failed="1/h/ip", sign_in_turn="1/h/ip")
        for number in range(3):
            sign_in(f"nobody{number}", "wrong")

    @staticmethod
    def try_in(device: Client, login: str, password: str) -> str:
        form = {"login": address_of(login), "password": password}
        response = device.post(reverse("account_login"), form)
        return response.content.decode()

    def test_person_can_sign_in_whatever_others_do(self, device: Client) -> None:
        assert "not correct" in self.try_in(device, "bob", "a typo")
        assert self.try_in(device, "bob", PASSWORD) == ""
        assert "Wait a few seconds" in sign_in("bob", PASSWORD)

    def test_guesses_of_strangers_do_not_lock_the_person_out(
        self, device: Client, limit: Callable[..., None]
    ) -> None:
        limit(sign_in="100/h/ip", sign_in_failed="100/h/ip")
        for _ in range(6):
            sign_in("bob", "wrong")
        assert "not correct" in self.try_in(device, "bob", "a typo")
        assert self.try_in(device, "bob", PASSWORD) == ""
        assert self.try_in(Client(), "bob", PASSWORD) != ""

    def test_forged_cookie_is_not_a_known_device(
        self, bob: User, limit: Callable[..., None]
    ) -> None:
        limit(sign_in="100/h/ip", sign_in_failed="100/h/ip")
        for _ in range(5):
            sign_in("bob", "wrong")
        forged = Client()
        forged.cookies[devices.COOKIE] = "f" * 64
        assert "Too many attempts" in self.try_in(forged, "bob", PASSWORD)

    def test_guesses_on_the_device_are_counted(self, device: Client) -> None:
        pages = [self.try_in(device, "bob", "wrong") for _ in range(7)]
        assert ["not correct" in page for page in pages] == [True] * 5 + [False] * 2
        assert "Too many attempts" in self.try_in(device, "bob", PASSWORD)

    def test_device_is_not_known_for_other_accounts(
        self, device: Client, make_user: Callable[..., User]
    ) -> None:
        make_user("charlie")
        assert "Wait a few seconds" in self.try_in(device, "charlie", PASSWORD)

    def test_several_people_may_share_a_device(
        self, device: Client, make_user: Callable[..., User], limit: Callable[..., None]
    ) -> None:
        make_user("charlie")
        limit(sign_in_turn="100/h/ip")
        assert self.try_in(device, "charlie", PASSWORD) == ""
        device.post(reverse("account_logout"))
        limit(sign_in_turn="1/h/ip")
        for login in ("bob", "charlie"):
            assert self.try_in(device, login, PASSWORD) == ""
            device.post(reverse("account_logout"))

    def test_new_password_makes_the_device_unknown(self, device: Client, bob: User) -> None:
        bob.set_password("another-long-word")
        bob.save()
        assert "Wait a few seconds" in self.try_in(device, "bob", "another-long-word")

    def test_correct_passwords_are_limited_too(
        self, device: Client, limit: Callable[..., None]
    ) -> None:
        limit(sign_in_known="2/m/key")
        pages = []
        for _ in range(3):
            pages.append(self.try_in(device, "bob", PASSWORD))
            device.post(reverse("account_logout"))
        assert ["Wait a few seconds" in page for page in pages] == [False, False, True]

    def test_cookie_identifies_no_person(self, device: Client, bob: User) -> None:
        cookie = device.cookies[devices.COOKIE]
        assert re.fullmatch(r"[0-9a-f]{64}", cookie.value)
        pages = ("login_code", "reauthentication_code")
        codes = [reverse(f"account_request_{page}") for page in pages]
        for page in (*codes, reverse("account_signup"), reverse("account_reset_password")):
            assert page.startswith(cookie["path"])
        assert cookie["httponly"]
        assert cookie["samesite"] == "Lax"


def test_uncountable_attempt_is_refused(
    rf: RequestFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Other requests lock the counter for too long."""
    monkeypatch.setattr(limits, "_LOCK_ATTEMPTS", 1)
    monkeypatch.setattr(ratelimit, "CACHE_LOCK_WAIT_TIMEOUT", 0)
    monkeypatch.setattr(ratelimit.cache, "add", lambda *_, **__: False)
    request = rf.post("/")
    request.session = {}  # type: ignore[assignment]
    with pytest.raises(limits.RateLimitReached):
        limits.count_from_network(request, "sign_in")


def test_long_texts_are_not_lost(bob: User, limit: Callable[..., None]) -> None:
    limit(feedback="1/h/user")
    client = Client()
    client.force_login(bob)
    client.post(reverse("pages:feedback"), {"text": "First"})
    refused = client.post(reverse("pages:feedback"), {"text": "A long second text"})
    assert refused.status_code == 429
    assert "A long second text" in refused.content.decode()


def test_page_of_other_limits_links_back(bob: User) -> None:
    client = Client()
    client.force_login(bob)
    for _ in range(11):
        refused = client.post(reverse("account_reauthenticate"), {"password": "wrong"})
    assert refused.status_code == 429
    assert 0 < int(refused["Retry-After"]) <= 60
    assert f'href="{reverse("account_reauthenticate")}"' in refused.content.decode()
