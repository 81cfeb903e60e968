"""Responses don't reveal which addresses are known."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse

from conftest import World

KNOWN, UNKNOWN = "bob@example.org", "eve@example.org"


def answer(response: Any) -> tuple[int, str, str]:
    """Return what a visitor can compare: status, redirect, and the page without tokens."""
    page = re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", response.content.decode())
    page = page.replace(KNOWN, "ADDRESS").replace(UNKNOWN, "ADDRESS")
    return response.status_code, response.get("Location", ""), page


def sign_up(email: str) -> dict[str, str]:
    return {
        "first_name": "Mal",
        "last_name": "Example",
        "email": email,
    }


@pytest.mark.parametrize(
    ("route", "data"),
    [
        ("account_reset_password", lambda email: {"email": email}),
        ("account_request_login_code", lambda email: {"email": email}),
        ("account_signup", sign_up),
        ("account_login", lambda email: {"login": email, "password": "wrong"}),
    ],
)
def test_known_and_unknown_addresses_get_the_same_response(
    world: World, route: str, data: Any
) -> None:
    known, unknown = Client(), Client()
    first = known.post(reverse(route), data(KNOWN)), unknown.post(reverse(route), data(UNKNOWN))
    assert answer(first[0]) == answer(first[1])
    if first[0].status_code == 302:
        pages = [client.get(first[0]["Location"]) for client in (known, unknown)]
        assert pages[0].status_code == 200
        assert answer(pages[0]) == answer(pages[1])
        wrong = [
            client.post(first[0]["Location"], {"code": "WRONG1"}) for client in (known, unknown)
        ]
        assert answer(wrong[0]) == answer(wrong[1])
    assert all(len(message.recipients()) == 1 for message in mail.outbox)
