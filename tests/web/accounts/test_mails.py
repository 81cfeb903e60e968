"""Every mail as a real mail server receives it: two parts, one recipient, working codes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from email.message import EmailMessage
from typing import Any, cast

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth as totp
from django.test import Client
from django.urls import reverse
from django.utils import timezone

import fakes
from browser.mail import CODE_ALONE_ON_ITS_LINE, MailSink
from conftest import PASSWORD, World, browser_of, confirm_identity
from mailing import send_through
from picprocure.accounts.emails import has_confirmed_email
from picprocure.accounts.models import User
from picprocure.events.models import Event
from picprocure.notifications import mails
from picprocure.pipeline.queue import queue_mails

pytestmark = pytest.mark.django_db(transaction=True)  # some mails wait for the commit

NEW_PASSWORD = "another-good-Pass-8"
ODD = "<b>O'Hara & Sons</b>"


@pytest.fixture
def sink(settings: Any, quick_worker: None) -> Iterator[MailSink]:
    with MailSink() as running:
        send_through(settings, running.url)
        yield running


@pytest.fixture
def bob(make_user: Callable[..., User]) -> User:
    return make_user("bob", fakes.BOB)


def newest(sink: MailSink, address: str) -> tuple[EmailMessage, str, str]:
    """Return text and HTML of the newest mail to an address, after checking the mail's form."""
    recipients, message = sink.kept[-1]
    assert recipients == [address]
    assert message["To"] == address
    assert message["Cc"] is message["Bcc"] is None
    assert "\n" not in message["Subject"]
    text, html = (
        cast("EmailMessage", message.get_body((kind,))).get_content() for kind in ("plain", "html")
    )
    assert {part.get_content_type() for part in message.walk()} == {
        "multipart/alternative",
        "text/plain",
        "text/html",
    }
    assert "PicProcure" in text
    assert '<p class="site">PicProcure</p>' in html
    assert "<img" not in html
    assert "&#x27;" not in text
    assert "&amp;" not in text
    assert not re.search(r"(sesame|token|key|code)=", text + html)
    return message, text, html


def signed_in_again() -> Client:
    """Return Bob's browser, after he entered his password again."""
    client = Client()
    client.post(reverse("account_login"), {"login": "bob@example.org", "password": PASSWORD})
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    return client


def test_code_confirms_an_address(sink: MailSink) -> None:
    client, email = Client(), "dora@example.org"
    form = {"first_name": "Dora", "last_name": "Example", "email": email}
    client.post(reverse("account_signup"), form)
    newest(sink, email)
    client.post(reverse("account_email_verification_sent"), {"code": sink.code_for(email)})
    assert has_confirmed_email(User.objects.get(email="dora@example.org"))


def test_signed_in_person_gets_no_code_for_the_address_of_another(
    sink: MailSink, bob: User, make_user: Callable[..., User]
) -> None:
    mallory = confirm_identity(browser_of(make_user("mallory")))
    User.objects.update(last_login=timezone.now())
    mallory.post(reverse("account_email"), {"email": bob.email, "action_add": ""})
    _, text, _ = newest(sink, bob.email)
    assert "already has an account" in text
    assert not CODE_ALONE_ON_ITS_LINE.search(text)


def test_code_signs_in(sink: MailSink, bob: User) -> None:
    client = Client()
    client.post(reverse("account_request_login_code"), {"email": bob.email})
    newest(sink, bob.email)
    client.post(reverse("account_confirm_login_code"), {"code": sink.code_for(bob.email)})
    assert client.get(reverse("accounts:profile")).status_code == 200


def test_code_works_once_and_only_in_the_browser_that_requested_it(
    sink: MailSink, bob: User
) -> None:
    client = Client()
    client.post(reverse("account_request_login_code"), {"email": bob.email})
    code = {"code": sink.code_for(bob.email)}
    thief = Client()
    thief.post(reverse("account_confirm_login_code"), code)
    assert thief.get(reverse("accounts:profile")).status_code == 302
    client.post(reverse("account_confirm_login_code"), code)
    client.logout()
    client.post(reverse("account_confirm_login_code"), code)
    assert client.get(reverse("accounts:profile")).status_code == 302


def test_unknown_address_gets_a_mail_and_the_page_reveals_nothing(sink: MailSink) -> None:
    Client().post(reverse("account_reset_password"), {"email": "nobody@example.org"})
    _, text, _ = newest(sink, "nobody@example.org")
    assert "no account with this address" in text


def test_code_allows_a_new_password(sink: MailSink, bob: User) -> None:
    client = Client()
    client.post(reverse("account_reset_password"), {"email": bob.email})
    newest(sink, bob.email)
    code = {"code": sink.code_for(bob.email)}
    client.post(reverse("account_confirm_password_reset_code"), code)
    passwords = {"password1": NEW_PASSWORD}
    client.post(reverse("account_complete_password_reset"), passwords)
    message, _, _ = newest(sink, bob.email)
    assert "password was reset" in message["Subject"]
    assert Client().login(email="bob@example.org", password=NEW_PASSWORD)


def test_code_changes_an_address(sink: MailSink, bob: User) -> None:
    client = signed_in_again()
    client.post(reverse("account_email"), {"email": "new@example.org", "action_add": ""})
    newest(sink, "new@example.org")
    bob.refresh_from_db()
    assert bob.email == "bob@example.org"
    code = {"code": sink.code_for("new@example.org")}
    client.post(reverse("account_email_verification_sent"), code)
    bob.refresh_from_db()
    assert bob.email == "new@example.org"
    assert has_confirmed_email(bob)
    message, text, _ = newest(sink, "bob@example.org")  # the old address is notified
    assert "address was changed" in message["Subject"]
    assert "new@example.org" in text


def test_second_factor_is_enabled_and_requested(sink: MailSink, bob: User) -> None:
    client = signed_in_again()
    page = client.get(reverse("mfa_activate_totp")).content.decode()
    found = re.search(r'<code class="secret">(\w+)</code>', page)
    assert found
    secret = found[1]

    def code_now() -> str:
        return str(
            totp.format_hotp_value(
                totp.hotp_value(secret, next(totp.yield_hotp_counters_from_time()))
            )
        )

    client.post(reverse("mfa_activate_totp"), {"code": code_now()})
    message, _, _ = newest(sink, bob.email)
    assert "two-step" in message["Subject"].lower() or "recovery" in message["Subject"]
    stored = Authenticator.objects.get(user=bob, type=Authenticator.Type.TOTP)
    assert secret not in str(stored.data)  # sealed
    thief = Client()
    response = thief.post(
        reverse("account_login"), {"login": "bob@example.org", "password": PASSWORD}
    )
    assert response["Location"].startswith(reverse("mfa_authenticate"))
    assert thief.get(reverse("accounts:profile")).status_code == 302


def test_mail_says_what_was_deleted_and_when(sink: MailSink, bob: User) -> None:
    client = Client()
    client.force_login(bob)
    confirm_identity(client).post(reverse("accounts:delete"))
    _, text, _ = newest(sink, bob.email)
    assert "1 photo of your face" in text
    assert str(timezone.now().year) in text
    assert bob.first_name not in text


def test_feedback_reaches_the_operator_who_can_answer(
    sink: MailSink, bob: User, settings: Any
) -> None:
    settings.OPERATOR_EMAIL = "operator@example.org"
    client = Client()
    client.force_login(bob)
    client.post(reverse("pages:feedback"), {"text": "Fine.\nBcc: all@example.org\n<script>"})
    message, text, html = newest(sink, "operator@example.org")
    assert message["Reply-To"] == bob.email
    assert "Fine.\nBcc: all@example.org\n<script>" in text.replace("\r", "")
    assert "<script>" not in html


def test_no_name_breaks_a_line_or_an_element(sink: MailSink, world: World) -> None:
    """Names may have been stored before there was a check."""
    Event.objects.update(name=f"{ODD}\r\nBcc: all@example.org")
    world.event.refresh_from_db()
    mails.photos_ready(user=world.bob, event=world.event)
    queue_mails()
    _, text, html = newest(sink, world.bob.email)
    assert f"“{ODD} Bcc: all@example.org”" in text
    assert "<b>" not in html
    alice = world.event.creator
    mails.people_wait(user=alice, event=world.event, count=2)
    queue_mails()
    newest(sink, alice.email)


def test_mail_before_deletion_says_what_will_be_deleted(world: World) -> None:
    alice = confirm_identity(world.client("alice"))
    page = alice.get(reverse("accounts:delete")).content.decode()
    assert "Alice&#x27;s garden party" in page
    assert "Your guests lose their photos." in page


def test_terminal_shows_the_text_of_mails(
    capsys: pytest.CaptureFixture[str], settings: Any, world: World
) -> None:
    settings.EMAIL_BACKEND = "picprocure.notifications.console.EmailBackend"
    mails.photos_ready(user=world.bob, event=world.event)
    queue_mails()
    printed = capsys.readouterr().out
    assert "Mail to bob@example.org: " in printed
    assert reverse("galleries:gallery", args=[world.event.pk]) in printed
    assert "<" not in printed
