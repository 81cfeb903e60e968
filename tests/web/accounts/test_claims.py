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


def sent() -> int:
    return len(mail.outbox)


def test_claims_of_strangers_do_not_end_a_sign_up(sign_up: Callable[..., HttpResponse]) -> None:
    guest = Client()
    sign_up("guesty", guest)
    code = newest_code()
    for name in ("anna", "berta", "clara", "dora"):
        sign_up(name)
    assert sent() == 3
    guest.post(reverse(CODE_PAGE), {"code": code})
    assert has_confirmed_email(User.objects.get(first_name="Guesty"))


@pytest.mark.parametrize("others", [2, 3])
def test_sign_up_beyond_the_limit_looks_the_same(
    sign_up: Callable[..., HttpResponse], later: Callable[..., None], others: int
) -> None:
    """Strangers can't find out whether the owner of an address is signing up."""
    for number in range(others):
        sign_up(f"other{number}")
    spy, before = Client(), sent()
    answer = sign_up("spy", spy)
    assert answer["Location"] == reverse(CODE_PAGE)
    page = spy.get(reverse(CODE_PAGE)).content.decode()
    assert "couldn't send" not in page
    for part in ("Correct it", "request a new code", reverse("account_request_login_code")):
        assert part in page
    for code in ("", "-", "000000"):
        assert spy.post(reverse(CODE_PAGE), {"code": code}).status_code == 200
    later(seconds=11)
    assert (
        "new code"
        in spy.post(reverse(CODE_PAGE), {"action": "resend"}, follow=True).content.decode()
    )
    assert sent() - before == (0 if others == 3 else 2)
    later(seconds=11)
    change_to(spy, "mallory@example.org")
    assert mail.outbox[-1].to == ["mallory@example.org"]


def test_sign_up_beyond_the_limit_can_get_a_code_later(
    sign_up: Callable[..., HttpResponse], later: Callable[..., None]
) -> None:
    for name in ("anna", "berta", "clara"):
        sign_up(name)
    later(minutes=9)
    sign_up("guesty", guest := Client())
    later(minutes=2)
    guest.post(reverse(CODE_PAGE), {"action": "resend"})
    guest.post(reverse(CODE_PAGE), {"code": newest_code()})
    assert has_confirmed_email(User.objects.get(first_name="Guesty"))


def test_corrected_address_does_not_end_other_sign_ups(
    sign_up: Callable[..., HttpResponse], later: Callable[..., None]
) -> None:
    for name in ("guesty", "anna", "berta"):
        sign_up(name)
    mallory = Client()
    sign_up("mallory", mallory, "mallory@example.org")
    later(seconds=11)
    assert change_to(mallory, ADDRESS).status_code == 302
    assert sent() == 4
    assert names() == {"guesty", "anna", "berta", "mallory"}


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
    sign_up("dora")
    assert sent() == 4


def test_claims_with_an_expired_code_do_not_count(
    sign_up: Callable[..., HttpResponse], later: Callable[..., None]
) -> None:
    for name in ("anna", "berta"):
        sign_up(name)
    later(minutes=9)
    sign_up("clara")
    later(minutes=2)
    sign_up("dora")
    assert sent() == 4


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
