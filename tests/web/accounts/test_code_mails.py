"""The status of a mail on the page that waits for its code, whatever the mail server does."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from browser.patience import free_port
from conftest import PASSWORD
from mailing import send_through
from notifications.picky_server import PickyServer
from picprocure.accounts.models import User
from picprocure.notifications import delivery
from picprocure.notifications.models import Mail

pytestmark = pytest.mark.django_db(transaction=True)

REFUSED = "doesn't accept e-mail for"


@pytest.fixture
def server(settings: Any) -> Iterator[PickyServer]:
    with PickyServer() as running:
        send_through(settings, running.url)
        settings.ACCOUNT_EMAIL_VERIFICATION_SUPPORTS_CHANGE = True
        yield running


def sign_up(client: Client, email: str) -> str:
    form = {"first_name": "Dora", "last_name": "Example", "email": email}
    return led_to(client, "account_signup", form)


def led_to(client: Client, route: str, data: dict[str, str]) -> str:
    """Return the URL that a form redirects to."""
    answer = client.post(reverse(route), data)
    assert answer.status_code == 302, answer.content
    return str(answer["Location"])


def page_of(client: Client, address: str) -> str:
    page = client.get(address)
    assert page.status_code == 200
    return " ".join(page.content.decode().replace("&#x27;", "'").split())


def news(client: Client) -> str:
    """Return the fragment that the page loads every two seconds."""
    return page_of(client, reverse("account_code_mail"))


@pytest.mark.usefixtures("quick_worker")
class TestSigningUp:
    def test_address_that_the_server_refuses(self, server: PickyServer) -> None:
        client = Client()
        page = page_of(client, sign_up(client, "a@nosuch.example"))
        assert f"{REFUSED} <strong>a@nosuch.example</strong>" in page
        assert '<a href="#id_email">Correct the address.</a>' in page
        assert 'id="id_email"' in page.partition("<details")[2]
        corrected = {"action": "change", "email": "a@fine.example"}
        page = page_of(client, led_to(client, "account_email_verification_sent", corrected))
        assert REFUSED not in page
        led_to(
            client, "account_email_verification_sent", {"code": server.code_for("a@fine.example")}
        )
        assert User.objects.get().email == "a@fine.example"

    def test_address_that_the_server_defers(self, server: PickyServer) -> None:
        client = Client()
        page = page_of(client, sign_up(client, "a@grey.example"))
        assert "The mail server hasn't accepted it." in page
        assert "We'll keep trying for another 9 minutes." in page.replace("\xa0", " ")
        assert "We sent" not in page
        assert "hx-get" in page
        server.is_picky = False
        Mail.objects.update(due_at=timezone.now())
        delivery.deliver_due()
        assert "haven't been able to send" not in news(client)
        code = {"code": server.code_for("a@grey.example")}
        assert led_to(client, "account_email_verification_sent", code)

    def test_address_that_the_server_accepts(self, server: PickyServer) -> None:
        client = Client()
        page = page_of(client, sign_up(client, "a@fine.example"))
        assert REFUSED not in page
        assert "hx-get" not in page.partition("<form")[0]
        assert server.code_for("a@fine.example")

    def test_without_any_server(self, server: PickyServer, settings: Any) -> None:
        settings.EMAIL_PORT, port = free_port(), settings.EMAIL_PORT
        client = Client()
        assert "haven't been able to send" in page_of(client, sign_up(client, "a@fine.example"))
        settings.EMAIL_PORT = port
        Mail.objects.update(due_at=timezone.now())
        delivery.deliver_due()
        assert server.code_for("a@fine.example")


@pytest.mark.usefixtures("quick_worker")
@pytest.mark.parametrize("route", ["account_reset_password", "account_request_login_code"])
def test_refused_mail_links_to_the_page_that_requested_it(server: PickyServer, route: str) -> None:
    client = Client()
    page = page_of(client, led_to(client, route, {"email": "a@nosuch.example"}))
    assert REFUSED in page
    assert f'<a href="{reverse(route)}">Correct the address.</a>' in page


@pytest.mark.usefixtures("quick_worker")
def test_refused_new_address_is_corrected_in_the_profile(
    server: PickyServer, make_user: Callable[..., User]
) -> None:
    make_user("bob")
    client = Client()
    client.post(reverse("account_login"), {"login": "bob@example.org", "password": PASSWORD})
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    page = page_of(
        client, led_to(client, "account_email", {"email": "b@nosuch.example", "action_add": ""})
    )
    assert REFUSED in page
    assert f'<a href="{reverse("account_email")}">Correct the address.</a>' in page


@pytest.mark.usefixtures("quick_worker")
def test_refused_second_mail_links_to_the_same_page(
    server: PickyServer, make_user: Callable[..., User], settings: Any
) -> None:
    """The page with the code has no field for the address, except during a sign-up."""
    settings.ACCOUNT_RATE_LIMITS = {}
    make_user("bob")
    guest, bob = Client(), Client()
    led_to(guest, "account_request_login_code", {"email": "a@nosuch.example"})
    bob.post(reverse("account_login"), {"login": "bob@example.org", "password": PASSWORD})
    bob.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    led_to(bob, "account_email", {"email": "b@nosuch.example", "action_add": ""})
    for client, code_page, route in (
        (guest, "account_confirm_login_code", "account_request_login_code"),
        (bob, "account_email_verification_sent", "account_email"),
    ):
        page = page_of(client, led_to(client, code_page, {"action": "resend"}))
        assert f'<a href="{reverse(route)}">Correct the address.</a>' in page


@pytest.mark.usefixtures("quick_worker")
@pytest.mark.parametrize("domain", ["nosuch.example", "grey.example", "fine.example"])
@pytest.mark.parametrize(
    "route", ["account_reset_password", "account_request_login_code", "account_signup"]
)
def test_status_does_not_reveal_whether_there_is_an_account(
    server: PickyServer, make_user: Callable[..., User], domain: str, route: str
) -> None:
    bob = make_user("bob")
    User.objects.update(email=f"bob@{domain}")
    EmailAddress.objects.filter(user=bob).update(email=f"bob@{domain}")

    def shown(address: str) -> str:
        client = Client()
        if route == "account_signup":
            sign_up(client, address)
        else:
            led_to(client, route, {"email": address})
        return re.sub(r"another \d+", "", news(client).replace(address, "ADDRESS"))

    assert shown(f"bob@{domain}") == shown(f"eve@{domain}")


def test_another_browser_sees_no_status(server: PickyServer, quick_worker: None) -> None:
    sign_up(Client(), "a@nosuch.example")
    assert REFUSED not in news(Client())


class TestWithoutAWorker:
    def test_web_server_sends_the_mail_that_the_page_waits_for(self, server: PickyServer) -> None:
        client = Client()
        sign_up(client, "a@fine.example")
        news(client)
        assert not server.kept  # a worker may still take it
        Mail.objects.update(due_at=timezone.now() - timedelta(seconds=6))
        assert "hx-get" not in news(client)
        assert server.code_for("a@fine.example")

    def test_web_server_does_not_send_mails_of_others(self, server: PickyServer) -> None:
        sign_up(Client(), "a@fine.example")
        Mail.objects.update(due_at=timezone.now() - timedelta(seconds=6))
        news(Client())
        assert not server.kept


def test_expired_mail_can_be_requested_again(server: PickyServer) -> None:
    client = Client()
    page = sign_up(client, "a@fine.example")
    Mail.objects.update(valid_until=timezone.now())
    delivery.deliver_due()
    assert "Request a new code" in page_of(client, page)
