from __future__ import annotations

import re

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse

from conftest import PASSWORD, World

NEW_PASSWORD = "another-good-Pass-8"


@pytest.fixture
def bob(world: World) -> World:
    return world


def test_code_from_the_mail_sets_a_new_password(bob: World, client: Client) -> None:
    client.post(reverse("account_reset_password"), {"email": bob.bob.email})
    (message,) = mail.outbox
    assert message.to == [bob.bob.email]
    code = re.search(r"^\s*(\d{6})\s*$", str(message.body), re.M)
    assert code, message.body
    client.post(reverse("account_confirm_password_reset_code"), {"code": code[1]})
    client.post(
        reverse("account_complete_password_reset"),
        {"password1": NEW_PASSWORD},
    )
    assert not Client().login(email="bob@example.org", password=PASSWORD)
    signed_in = Client().post(
        reverse("account_login"), {"login": "bob@example.org", "password": NEW_PASSWORD}
    )
    assert signed_in.status_code == 302


def test_wrong_code_changes_nothing(bob: World, client: Client) -> None:
    client.post(reverse("account_reset_password"), {"email": bob.bob.email})
    for _ in range(4):
        client.post(reverse("account_confirm_password_reset_code"), {"code": "WRONG1"})
    response = client.get(reverse("account_complete_password_reset"))
    assert response.status_code == 302


def test_known_and_unknown_addresses_get_the_same_answer(bob: World) -> None:
    def answer(address: str) -> tuple[int, str, str]:
        client = Client()
        asked = client.post(reverse("account_reset_password"), {"email": address})
        page = client.get(asked["Location"]).content.decode()
        shown = re.sub(r'value="[^"]*"', "", page).replace(address, "")
        return asked.status_code, asked["Location"], shown

    assert answer(bob.bob.email) == answer("nobody@example.org")
