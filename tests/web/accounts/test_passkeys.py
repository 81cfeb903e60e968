"""Passkeys sign in, and are never the only way. The browser test uses a real one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth as totp
from allauth.mfa.webauthn.internal import auth as webauthn
from django.test import Client
from django.urls import reverse

from conftest import PASSWORD, browser_of, confirm_identity
from mailing import newest_code
from picprocure.accounts.models import User

pytestmark = pytest.mark.django_db(transaction=True)

OFFER = "Use a passkey"


@pytest.fixture
def bob(make_user: Callable[..., User]) -> User:
    """He has a passkey, which this machine doesn't."""
    user = make_user("bob")
    Authenticator.objects.create(user=user, type="webauthn", data={"name": "Phone"})
    return user


def signed_in_by_code(bob: User) -> str:
    client = Client()
    client.post(reverse("account_request_login_code"), {"email": bob.email})
    code = {"code": newest_code(bob.email)}
    return str(client.post(reverse("account_confirm_login_code"), code)["Location"])


def test_code_signs_in_without_the_passkey(bob: User) -> None:
    assert signed_in_by_code(bob) == reverse("events:home")
    client = Client()
    client.post(reverse("account_login"), {"login": bob.email, "password": PASSWORD})
    assert client.get(reverse("accounts:profile")).status_code == 200


def test_second_factor_is_asked_for_as_before(bob: User) -> None:
    totp.TOTP.activate(bob, totp.generate_totp_secret())
    assert signed_in_by_code(bob).startswith(reverse("mfa_authenticate"))


def test_passkey_is_for_the_host_name_of_the_site(
    make_user: Callable[..., User], settings: Any
) -> None:
    settings.SITE_URL, settings.ALLOWED_HOSTS = "https://photos.example.org:8443", ["*"]
    client = confirm_identity(browser_of(make_user("dora")))
    page = client.get(reverse("mfa_add_webauthn"), headers={"host": "evil.example"})
    assert page.context["js_data"]["creation_options"]["publicKey"]["rp"]["id"] == (
        "photos.example.org"
    )
    options = Client().get(
        reverse("mfa_login_webauthn"), headers={"accept": "application/json", "host": "x.example"}
    )
    assert options.json()["request_options"]["publicKey"]["rpId"] == "photos.example.org"


def test_passkey_asks_for_finger_face_or_pin_also_to_confirm_the_identity(
    bob: User, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.SITE_URL = "https://photos.example.org"
    monkeypatch.setattr(webauthn, "get_credentials", lambda _user: [])
    page = browser_of(bob).get(reverse("mfa_reauthenticate_webauthn"))
    options = page.context["js_data"]["request_options"]["publicKey"]
    assert options["userVerification"] == "required"


@pytest.mark.parametrize(
    ("site", "is_offered"),
    [
        ("https://photos.example.org", True),
        ("http://localhost:8000", True),
        ("http://photos.example.org", False),
        ("http://192.0.2.7:8000", False),
        ("https://192.0.2.7", False),
        ("https://[2001:db8::7]:8443", False),
    ],
)
def test_passkeys_are_offered_where_browsers_allow_them(
    bob: User, settings: Any, site: str, is_offered: bool
) -> None:
    settings.SITE_URL = site
    sign_in = Client().get(reverse("account_request_login_code")).content.decode()
    client = browser_of(bob)
    again = client.get(reverse("account_reauthenticate")).content.decode()
    security = client.get(reverse("mfa_index")).content.decode()
    assert (OFFER in sign_in, OFFER in again, "Add a passkey" in security) == (is_offered,) * 3
    assert "Phone" in security  # it can be removed in any case


def test_passkey_is_removed_only_by_its_owner(bob: User, make_user: Callable[..., User]) -> None:
    page = reverse("mfa_remove_webauthn", args=[Authenticator.objects.get().pk])
    assert confirm_identity(browser_of(make_user("mallory"))).post(page).status_code == 404
    assert confirm_identity(browser_of(bob)).post(page)["Location"] == reverse("mfa_index")
    assert not Authenticator.objects.exists()
