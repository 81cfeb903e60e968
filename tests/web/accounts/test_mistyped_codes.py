"""Mistyped codes and addresses don't end a sign-up."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.core import mail
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from mailing import newest_code
from picprocure.accounts.emails import has_confirmed_email
from picprocure.accounts.models import User

pytestmark = pytest.mark.django_db(transaction=True)

CODE_PAGE = "/account/signup/code/"


def sign_up(client: Client, email: str = "dora@exmaple.org", **changes: str) -> None:
    names = {"first_name": "Dora", "last_name": "Example"}
    form = {**names, "email": email, **changes}
    assert client.post(reverse("account_signup"), form)["Location"] == CODE_PAGE


def test_three_wrong_codes_use_up_only_the_code(client: Client) -> None:
    sign_up(client)
    for _ in range(5):
        answer = client.post(CODE_PAGE, {"code": "WRONG-CODE"})
        assert answer.status_code == 200
    page = answer.content.decode()
    assert "There were too many attempts with this code. Request a new one." in page
    assert "Send a new code" in page
    assert "Correct it" in page
    client.post(CODE_PAGE, {"code": newest_code("dora@exmaple.org")})
    assert not has_confirmed_email(User.objects.get())
    cache.clear()  # ten seconds later
    client.post(CODE_PAGE, {"action": "resend"})
    client.post(CODE_PAGE, {"code": newest_code("dora@exmaple.org")})
    assert has_confirmed_email(User.objects.get())
    assert client.get(reverse("enrollment:start")).status_code == 200


def test_third_wrong_code_says_that_the_code_is_used_up(client: Client) -> None:
    sign_up(client)
    pages = [client.post(CODE_PAGE, {"code": "WRONG-CODE"}).content.decode() for _ in range(4)]
    assert ["too many attempts with this code" in page for page in pages] == [
        False,
        False,
        True,
        True,
    ]
    assert ["not the right code" in page for page in pages] == [True, True, False, False]


def test_correct_code_works_at_the_third_attempt(client: Client) -> None:
    sign_up(client)
    for code in ("WRONG-CODE", "WRONG-CODE", newest_code("dora@exmaple.org")):
        client.post(CODE_PAGE, {"code": code})
    assert has_confirmed_email(User.objects.get())


def test_a_new_code_is_announced_where_one_is_sent(
    client: Client, make_user: Callable[..., User]
) -> None:
    sending = "sending a new code. Older codes no longer work."
    make_user("bob")
    client.post(reverse("account_request_login_code"), {"email": "bob@example.org"})
    again = {"action": "resend"}
    page = client.post(reverse("account_confirm_login_code"), again, follow=True)
    assert sending in page.content.decode()
    guest = Client()
    sign_up(guest)
    assert sending not in guest.post(CODE_PAGE, again, follow=True).content.decode()  # too soon
    cache.clear()
    assert sending in guest.post(CODE_PAGE, again, follow=True).content.decode()


def test_the_address_is_corrected_on_the_page(client: Client) -> None:
    sign_up(client)
    old_code = newest_code("dora@exmaple.org")
    client.post(CODE_PAGE, {"action": "change", "email": "Dora@example.org"})
    assert "dora@example.org" in client.get(CODE_PAGE).content.decode()
    client.post(CODE_PAGE, {"code": old_code})
    assert not has_confirmed_email(User.objects.get())
    client.post(CODE_PAGE, {"code": newest_code("dora@example.org")})
    dora = User.objects.get()
    assert (dora.email, dora.name) == ("dora@example.org", "Dora Example")
    assert has_confirmed_email(dora)


def test_invalid_address_is_an_error_on_the_page(client: Client) -> None:
    sign_up(client)
    page = client.post(CODE_PAGE, {"action": "change", "email": "dora"}).content.decode()
    assert "valid email address" in page
    assert User.objects.get().email == "dora@exmaple.org"


def test_code_requests_in_quick_succession_are_refused(client: Client) -> None:
    sign_up(client)
    answer = client.post(CODE_PAGE, {"action": "resend"}, follow=True)
    assert "We just sent a code" in answer.content.decode()
    again = client.post(CODE_PAGE, {"action": "change", "email": "dora@exmaple.org"})
    assert again.status_code == 429
    assert "Try again in" in again.content.decode()
    assert len(mail.outbox) == 1


def test_an_address_with_an_account_looks_like_any_other(make_user: Callable[..., User]) -> None:
    """The person who typed another person's address sees no difference and can correct it."""
    bob = make_user("bob")
    clients, pages = {"bob@example.org": Client(), "free@example.org": Client()}, []
    for place, (email, client) in enumerate(clients.items()):
        sign_up(client, email)
        wrong = client.post(CODE_PAGE, {"code": "WRONG-CODE"}).content.decode()
        client.post(CODE_PAGE, {"action": "change", "email": f"own{place}@example.org"})
        changed = client.get(CODE_PAGE).content.decode()
        token = re.compile(r'csrfmiddlewaretoken" value="\w+"|\w+@example.org')
        pages.append((token.sub("", wrong), token.sub("", changed)))
        client.post(CODE_PAGE, {"code": newest_code(f"own{place}@example.org")})
        assert client.get(reverse("enrollment:start")).status_code == 200
    assert pages[0] == pages[1]
    bob.refresh_from_db()
    assert bob.email == "bob@example.org"


def test_old_window_does_not_change_a_confirmed_account(client: Client) -> None:
    """The person confirmed in another browser. The first window must not change the account."""
    sign_up(client)
    other = Client()
    cache.clear()
    other.cookies.load(dict(client.cookies))
    other.post(CODE_PAGE, {"code": newest_code("dora@exmaple.org")})
    User.objects.update(last_login=None)
    client.post(CODE_PAGE, {"action": "change", "email": "thief@example.org"})
    assert User.objects.get().email == "dora@exmaple.org"
