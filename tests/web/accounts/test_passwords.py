"""A sign-in costs one hash, however many accounts claim an address; few hashes run at once."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Lock

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import Argon2PasswordHasher, check_password, make_password
from django.test import Client
from django.urls import reverse

from conftest import PASSWORD
from picprocure.accounts.models import User
from picprocure.accounts.passwords import PasswordHasher
from web.accounts.test_limits import count_hashes, sign_in
from web.accounts.test_squatters import ADDRESS

pytestmark = pytest.mark.django_db(transaction=True)


def claim(number: int) -> User:
    """Create another account with the address, as an older release allowed."""
    user = User.objects.create_user(ADDRESS, f"{PASSWORD}{number}")
    EmailAddress.objects.create(user=user, email=ADDRESS)
    return user


@pytest.mark.parametrize(
    "login", [ADDRESS, ADDRESS.title(), "nobody@example.org", "guest@example.org"]
)
def test_a_sign_in_costs_one_hash(monkeypatch: pytest.MonkeyPatch, login: str) -> None:
    for number in range(20):
        claim(number)
    User.objects.create_user("guest@example.org")  # without password
    hashes = count_hashes(monkeypatch)
    assert "not correct" in sign_in(login, "wrong")
    assert len(hashes) == 1


def test_address_signs_in_only_its_confirmed_account(make_user: Callable[..., User]) -> None:
    for number in range(3):
        claim(number)
        assert "not correct" in sign_in(ADDRESS, f"{PASSWORD}{number}")
    bob = make_user("bob")
    claim(3)
    assert "not correct" in sign_in(ADDRESS, f"{PASSWORD}3")
    client = Client()
    client.post(reverse("account_login"), {"login": ADDRESS, "password": PASSWORD})
    assert client.session["_auth_user_id"] == str(bob.pk)


def test_reauthentication_accepts_only_the_persons_own_password(
    make_user: Callable[..., User],
) -> None:
    client = Client()
    client.force_login(make_user("bob"))
    claim(1)
    again = reverse("account_reauthenticate")
    assert "correct" not in client.post(again, {"password": PASSWORD}).content.decode()
    assert client.post(again, {"password": PASSWORD}).status_code == 302


def test_two_hashes_run_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    lock, running, most = Lock(), 0, 0
    encode = Argon2PasswordHasher.encode

    def counting(hasher: Argon2PasswordHasher, password: str, salt: str) -> str:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        try:
            time.sleep(0.02)
            return encode(hasher, password, salt)
        finally:
            with lock:
                running -= 1

    monkeypatch.setattr(Argon2PasswordHasher, "encode", counting)
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda _: PasswordHasher().encode("word", "saltsaltsalt"), range(6)))
    assert most == 2


def test_stored_hashes_keep_working(settings: object) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]  # type: ignore[attr-defined]
    stored = make_password(PASSWORD)
    settings.PASSWORD_HASHERS = ["picprocure.accounts.passwords.PasswordHasher"]  # type: ignore[attr-defined]
    assert check_password(PASSWORD, stored)
    assert not check_password("wrong", stored)
