from __future__ import annotations

import re

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse

from picprocure.accounts.emails import has_confirmed_email
from picprocure.accounts.models import User
from picprocure.web.accounts import forms

pytestmark = pytest.mark.django_db(transaction=True)


def details(**changes: object) -> dict[str, object]:
    return {
        "first_name": "Bob",
        "last_name": "Example",
        "email": "bob@example.org",
        **changes,
    }


def code_in_the_mail() -> str:
    (message,) = mail.outbox[-1:]
    found = re.search(r"^\s*(\d{6})\s*$", str(message.body), re.M)
    assert found, message.body
    return found[1]


def test_code_confirms_the_address_and_leads_to_enrollment(client: Client) -> None:
    response = client.post(reverse("account_signup"), details())
    assert response["Location"] == reverse("account_email_verification_sent")
    user = User.objects.get(email="bob@example.org")
    assert user.name == "Bob Example"
    assert not has_confirmed_email(user)
    assert client.get(reverse("events:list")).status_code == 302  # not signed in yet
    response = client.post(reverse("account_email_verification_sent"), {"code": code_in_the_mail()})
    assert response["Location"] == reverse("accounts:welcome")
    assert has_confirmed_email(user)
    assert client.get(reverse("enrollment:start")).status_code == 200


def test_an_invitation_is_kept_through_sign_up_and_code(client: Client) -> None:
    invitation = "/events/5f4dcc3b-5aa7-4d1c-8d1c-2f1d5a0e8a11/join/"
    client.post(reverse("account_signup") + f"?next={invitation}", details(next=invitation))
    response = client.post(reverse("account_email_verification_sent"), {"code": code_in_the_mail()})
    assert response["Location"] == invitation


def test_wrong_codes_use_up_the_code(client: Client) -> None:
    client.post(reverse("account_signup"), details())
    code = code_in_the_mail()
    for _ in range(3):
        client.post(reverse("account_email_verification_sent"), {"code": "WRONG1"})
    client.post(reverse("account_email_verification_sent"), {"code": code})
    assert not has_confirmed_email(User.objects.get())


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("password1", "12345", "too short"),
        ("email", "nowhere", "valid email address"),
        ("first_name", "", "required"),
        ("first_name", "\u200b\u2060", "This has no visible characters"),
        ("last_name", "Smith\nBcc: all@example.org", "line break"),
    ],
)
def test_invalid_sign_up_stores_nothing(
    client: Client, field: str, value: object, message: str
) -> None:
    response = client.post(reverse("account_signup"), details(**{field: value}))
    assert response.status_code == 200
    assert message in response.content.decode()
    assert not User.objects.exists()
    assert not mail.outbox


def test_sign_up_can_be_closed(client: Client, settings: object) -> None:
    settings.SIGN_UP = "nobody"  # type: ignore[attr-defined]
    response = client.post(reverse("account_signup"), details())
    assert response.status_code == 200
    assert not User.objects.exists()


def test_second_click_is_refused(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    real = forms.SignUpForm.save

    def the_first_click_is_faster(form: forms.SignUpForm, request: object) -> User:
        monkeypatch.setattr(forms.SignUpForm, "save", real)
        Client().post(reverse("account_signup"), details())
        return real(form, request)  # type: ignore[no-any-return]

    monkeypatch.setattr(forms.SignUpForm, "save", the_first_click_is_faster)
    response = client.post(reverse("account_signup"), details())
    assert response.status_code == 429
