"""Several sign-ups may claim an address: strangers can't end one that waits for its code."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.core import mail
from django.db.models import F
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from mailing import newest_code
from picprocure.accounts.emails import account_for_sign_in, has_confirmed_email
from picprocure.accounts.models import User
from web.accounts.test_squatters import ADDRESS

pytestmark = pytest.mark.django_db(transaction=True)

CODE_PAGE = "account_email_verification_sent"
REFUSED = "Several sign-ups with this address are waiting for a code."
NO_SIGN_UP = "no sign-up to confirm here."


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Move the clock forward at each call, as an address gets a code only every ten seconds."""
    real, passed = time.time, timedelta()

    def wait(**duration: int) -> None:
        nonlocal passed
        step = timedelta(**duration)
        passed += step
        monkeypatch.setattr(time, "time", lambda: real() + passed.total_seconds())
        User.objects.update(date_joined=F("date_joined") - step)

    return wait


@pytest.fixture
def sign_up(later: Callable[..., None]) -> Callable[..., HttpResponse]:
    def post(name: str, client: Client | None = None, email: str = ADDRESS) -> HttpResponse:
        later(seconds=11)
        form = {"first_name": name.title(), "last_name": "Example", "email": email}
        route = reverse("account_signup")
        return (client or Client()).post(route, form)  # type: ignore[return-value]

    return post


def names() -> set[str]:
    return {name.lower() for name in User.objects.values_list("first_name", flat=True)}


def change_to(client: Client, email: str) -> HttpResponse:
    form = {"action": "change", "email": email}
    return client.post(reverse(CODE_PAGE), form)  # type: ignore[return-value]


def test_claims_of_strangers_do_not_end_a_sign_up(sign_up: Callable[..., HttpResponse]) -> None:
    guest = Client()
    sign_up("guesty", guest)
    code = newest_code()
    answers = [sign_up(name) for name in ("anna", "berta", "clara", "dora")]
    assert [answer.status_code for answer in answers] == [302, 302, 200, 200]
    assert REFUSED in answers[-1].content.decode()
    assert reverse("account_request_login_code") in answers[-1].content.decode()
    assert 'value="Dora"' in answers[-1].content.decode()
    assert len(mail.outbox) == 3
    assert names() == {"guesty", "anna", "berta"}
    guest.post(reverse(CODE_PAGE), {"code": code})
    assert has_confirmed_email(User.objects.get(first_name="Guesty"))


def test_corrected_address_does_not_end_other_sign_ups(
    sign_up: Callable[..., HttpResponse], later: Callable[..., None]
) -> None:
    for name in ("guesty", "anna", "berta"):
        sign_up(name)
    mallory = Client()
    sign_up("mallory", mallory, "mallory@example.org")
    later(seconds=11)
    assert REFUSED in change_to(mallory, ADDRESS).content.decode()
    assert names() == {"guesty", "anna", "berta", "mallory"}
    assert User.objects.get(email="mallory@example.org").email == "mallory@example.org"


def test_correcting_to_the_same_address_is_not_refused(
    sign_up: Callable[..., HttpResponse], later: Callable[..., None]
) -> None:
    guest = Client()
    sign_up("guesty", guest)
    for name in ("anna", "berta"):
        sign_up(name)
    later(seconds=11)
    assert change_to(guest, ADDRESS).status_code == 302


def test_refused_person_can_sign_in_with_a_code(sign_up: Callable[..., HttpResponse]) -> None:
    for name in ("anna", "berta", "clara", "guesty"):
        sign_up(name)
    owner = Client()
    owner.post(reverse("account_request_login_code"), {"email": ADDRESS})
    owner.post(reverse("account_confirm_login_code"), {"code": newest_code()})
    account = account_for_sign_in(ADDRESS)
    assert account
    assert account.first_name == ""  # a new account
    assert owner.session["_auth_user_id"] == str(account.pk)


def test_claims_with_an_ended_session_do_not_count(sign_up: Callable[..., HttpResponse]) -> None:
    for name in ("anna", "berta", "clara"):
        sign_up(name)
    Session.objects.all().delete()
    assert sign_up("dora").status_code == 302
    assert names() == {"dora"}


def test_claims_with_an_expired_code_do_not_count(
    sign_up: Callable[..., HttpResponse], later: Callable[..., None]
) -> None:
    """Sign-ups that still wait are not affected."""
    for name in ("anna", "berta"):
        sign_up(name)
    later(minutes=9)
    sign_up("clara")
    later(minutes=2)
    assert sign_up("dora").status_code == 302
    assert names() == {"clara", "dora"}


def test_browser_with_an_expired_sign_up_can_continue(
    sign_up: Callable[..., HttpResponse], later: Callable[..., None]
) -> None:
    browser = Client()
    sign_up("anna", browser)
    for name in ("berta", "clara"):
        sign_up(name)
    later(minutes=11)
    browser.get(reverse(CODE_PAGE))
    assert sign_up("dora", browser).status_code == 302
    assert names() == {"dora"}
    browser.post(reverse(CODE_PAGE), {"code": newest_code()})
    assert has_confirmed_email(User.objects.get(first_name="Dora"))


@pytest.mark.parametrize("method", ["get", "post"])
def test_person_without_a_sign_up_is_notified(
    sign_up: Callable[..., HttpResponse], method: str
) -> None:
    guest, owner = Client(), Client()
    sign_up("owner", owner)
    code = newest_code()
    owner.post(reverse(CODE_PAGE), {"code": code})
    send: Any = getattr(guest, method)
    page = send(reverse(CODE_PAGE), {"code": code}, follow=True).content.decode()
    assert NO_SIGN_UP in page
    assert "<h1>Sign in" in page
    assert NO_SIGN_UP not in owner.get(reverse(CODE_PAGE), follow=True).content.decode()


def test_person_with_an_expired_code_is_notified(
    sign_up: Callable[..., HttpResponse], later: Callable[..., None]
) -> None:
    guest = Client()
    sign_up("guesty", guest)
    later(minutes=11)
    page = guest.post(reverse(CODE_PAGE), {"code": newest_code()}, follow=True).content.decode()
    assert NO_SIGN_UP in page
