"""A crowd behind one address gets in; who guesses or bombs from there doesn't."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.conf import settings
from django.contrib.auth.hashers import MD5PasswordHasher
from django.core import mail
from django.core.cache import cache
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.urls import reverse

import fakes
from conftest import PASSWORD
from picprocure.accounts.models import User
from picprocure.events.invitations import create_invitation
from picprocure.events.models import Event
from picprocure.web import limits

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
            "username": f"visitor{number}x",
            "email": f"visitor{number}@example.org",
            "first_name": "Guest",
            "last_name": "Typed This",
            "password1": PASSWORD,
            "password2": PASSWORD,
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


def sign_in(login: str, password: str, address: str = "127.0.0.1") -> str:
    form = {"login": login, "password": password}
    response = Client(REMOTE_ADDR=address).post(reverse("account_login"), form)
    return response.content.decode()


def test_thirty_guests_at_the_venue_sign_up_within_a_minute() -> None:
    """Without an invitation."""
    assert {sign_up(number)[0] for number in range(30)} == {302}


@pytest.mark.parametrize("action", ["sign_up", "sign_in"])
def test_the_limits_of_a_network_are_above_a_hundred_guests(
    rf: RequestFactory, action: str
) -> None:
    """With three attempts each to sign up, as the forms ask."""
    request = rf.post("/")
    request.session = {}  # type: ignore[assignment]
    for _ in range(300):
        limits.count_from_network(request, action)


def test_one_too_many_keeps_what_was_typed_and_says_when(limit: Callable[..., None]) -> None:
    limit(sign_up="2/h/ip")
    assert [sign_up(number)[0] for number in range(2)] == [302, 302]
    status, page = sign_up(3)
    assert status == 429
    assert 'value="visitor3x"' in page
    assert 'value="Typed This"' in page
    assert PASSWORD not in page
    assert "Try again in 60 minutes. What you typed is still here." in page
    assert User.objects.count() == 2


def test_an_invitation_lets_more_in(event: Event, limit: Callable[..., None]) -> None:
    limit(sign_up="1/h/ip", sign_up_invited="3/h/ip")
    assert [sign_up(number)[0] for number in range(2)] == [302, 429]
    statuses = []
    for number in range(2, 6):
        guest = Client()
        token = create_invitation(event=event, valid_for=timedelta(days=1))
        guest.get(reverse("events:invitation", args=[token]) + "?to=sign-up")
        statuses.append(sign_up(number, guest)[0])
    assert statuses == [302, 302, 302, 429]


def test_a_revoked_invitation_lets_nobody_in(event: Event, limit: Callable[..., None]) -> None:
    limit(sign_up="1/h/ip")
    guest = Client()
    token = create_invitation(event=event, valid_for=timedelta(days=1))
    guest.get(reverse("events:invitation", args=[token]) + "?to=sign-up")
    event.invitations.all().delete()
    assert [sign_up(number, guest)[0] for number in range(1)] == [302]
    assert sign_up(2)[0] == 429


def test_who_guesses_a_password_is_stopped_at_the_account(bob: User) -> None:
    """By whichever name, from wherever; and the crowd around them still gets in."""
    names = ("bob", "BOB", "bob@example.org", "Bob@Example.org", " bob ", "bob", "bob")
    pages = [sign_in(name, "wrong", f"10.0.0.{place}") for place, name in enumerate(names)]
    assert sum("not correct" in page for page in pages) == 5
    assert "Too many attempts" in pages[-1]
    assert 'value="bob"' in pages[-1]
    assert "Too many attempts" in sign_in("bob", PASSWORD)
    assert sign_up(1)[0] == 302


def test_who_tries_one_password_at_many_accounts_is_stopped(
    make_user: Callable[..., User], limit: Callable[..., None]
) -> None:
    limit(sign_in_failed="4/h/ip")
    for number in range(3):
        make_user(f"guest{number}")
    sign_in("guest0", PASSWORD)  # what succeeds isn't counted
    pages = [sign_in(f"guest{number}", "wrong") for number in range(6)]
    assert ["not correct" in page for page in pages] == [True] * 4 + [False] * 2
    assert "not correct" in sign_in("guest1", "wrong", "10.0.0.9")


@pytest.mark.parametrize("names", ["nobody{}", "guest{}", "nobody{}@example.org", "guest0"])
def test_wrong_passwords_of_others_keep_nobody_out(
    bob: User, make_user: Callable[..., User], limit: Callable[..., None], names: str
) -> None:
    """Made-up names, typos of a crowd, made-up addresses, or one account."""
    limit(sign_in_failed="3/h/ip")
    for number in range(4):
        make_user(f"guest{number}")
    pages = [sign_in(names.format(number), "wrong") for number in range(4)]
    assert "from your network" in pages[-1]
    for login in ("bob", "bob@example.org"):
        form = {"login": login, "password": PASSWORD}
        response = Client().post(reverse("account_login"), form)
        assert response.status_code == 302


@pytest.mark.parametrize("login", ["bob", "bob@example.org", "nobody", "nobody@example.org"])
def test_in_a_crowd_all_names_get_one_attempt_and_the_same_answer(
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
        form = {"login": f"guest{number}", "password": "wrong"}
        pages.append(guest.post(reverse("account_login"), form).content.decode())
    assert ["not correct" in page for page in pages] == [True] * 3 + [False]


@pytest.mark.parametrize("route", ["account_reset_password", "account_request_login_code"])
def test_nobody_fills_the_box_of_an_address(
    bob: User, limit: Callable[..., None], route: str
) -> None:
    """Three a minute, from wherever, and no more in an hour than the setting says."""

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


def test_a_sign_up_with_an_address_that_just_got_a_code_takes_no_username() -> None:
    assert sign_up(1)[0] == 302
    status, page = sign_up(2, email="visitor1@example.org")
    assert status == 429
    assert "second" in page
    assert not User.objects.filter(username="visitor2x").exists()
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


@pytest.mark.parametrize("route", ["account_login", "account_reset_password"])
def test_every_page_before_the_sign_in_comes_back_filled(
    limit: Callable[..., None], route: str
) -> None:
    limit(sign_in="1/h/ip")
    form = {"login": "dora", "password": "secret-word", "email": "dora@example.org"}
    client = Client()
    client.post(reverse(route), form)
    refused = client.post(reverse(route), form)
    assert refused.status_code == 429
    page = refused.content.decode()
    assert 'value="dora' in page
    assert "secret-word" not in page
    assert "Try again in 60 minutes" in page


def test_long_texts_are_not_lost(bob: User, limit: Callable[..., None]) -> None:
    limit(feedback="1/h/user")
    client = Client()
    client.force_login(bob)
    client.post(reverse("pages:feedback"), {"text": "First"})
    refused = client.post(reverse("pages:feedback"), {"text": "A long second text"})
    assert refused.status_code == 429
    assert "A long second text" in refused.content.decode()


def test_the_page_of_other_limits_leads_back(bob: User) -> None:
    client = Client()
    client.force_login(bob)
    for _ in range(11):
        refused = client.post(reverse("accounts:delete"), {"password": "wrong"})
    assert refused.status_code == 429
    assert refused["Retry-After"] == "60"
    assert f'href="{reverse("accounts:delete")}"' in refused.content.decode()
