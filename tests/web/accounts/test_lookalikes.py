"""An address that only looks like another one, to people or to a database, is another address."""

from __future__ import annotations

import pytest
from django.core import mail
from django.core.cache import cache
from django.core.exceptions import PermissionDenied, ValidationError
from django.test import Client
from django.urls import reverse

from conftest import PASSWORD, new_user
from picprocure.accounts.emails import (
    account_for_sign_in,
    canonical_address,
    other_claimants,
    unconfirmed_sign_ups,
)
from picprocure.accounts.models import User
from picprocure.pipeline import account_changes
from picprocure.pipeline.account_changes import prove_address
from picprocure.web.accounts.forms import AddAddressForm, CorrectAddressForm
from picprocure.web.events.forms import CoHostForm
from picprocure.web.events.guest_list_reader import read_guests

pytestmark = pytest.mark.django_db(transaction=True)

SPELLINGS = [
    '"ross"@example.org',
    "ross@ｅxample.org",
    "ross@ⓔxample.org",
    "ſross@example.org",
    "ross@example.org。",
    "ross@[::1]",
    "ross@" + 60 * "ü" + ".example",
    "ross@straße.example",
    "ross@STRAẞE.example",
    "ross@βόλος.example",
    "ross@نامه\u200cای.example",
    "ross@exa\u1806mple.org",
]
LOOKALIKES = ["steve@vıſits.com", "ſteve@visits.com", "STEVE@VİSITS.COM"]


@pytest.mark.parametrize("typed", LOOKALIKES)
def test_other_letters_are_another_address(typed: str) -> None:
    """In upper case, PostgreSQL and Python take "ı" for "i" and "ſ" for "s"."""
    User.objects.create(email="Steve@visits.com", is_superuser=True)
    User.objects.create_user("steve@visits.com")
    bob = new_user("bob")
    User.objects.filter(pk=bob.pk).update(email="steve@visits.com")
    for email, found in (("STEVE@visits.COM", 1), (typed, 0)):
        assert unconfirmed_sign_ups(email).count() == found
        assert other_claimants(email).count() == found
        assert bool(account_for_sign_in(email)) == bool(found)


def test_code_opens_no_account_with_another_address(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also not if a database takes the two addresses for equal."""
    operator = User.objects.create_superuser("steve@visits.com", PASSWORD)
    found = User.objects.filter(pk=operator.pk)
    monkeypatch.setattr(account_changes, "confirmed_accounts", lambda _email: found)
    sign_up = User.objects.create(email=LOOKALIKES[0])
    with pytest.raises(PermissionDenied):
        prove_address(user=sign_up, email=LOOKALIKES[0], sign_up=sign_up)
    assert prove_address(user=sign_up, email="STEVE@visits.com") == operator


@pytest.mark.parametrize("typed", SPELLINGS)
def test_no_other_spelling_of_an_address_gets_mail(typed: str) -> None:
    """Mail servers deliver most of these to ross@example.org, or to one of two domains."""
    with pytest.raises(ValidationError):
        canonical_address(typed)
    for page, field in (
        ("account_signup", "email"),
        ("account_request_login_code", "email"),
        ("account_reset_password", "email"),
        ("account_login", "login"),
    ):
        names = {"first_name": "Ross", "last_name": "Example", "password": PASSWORD}
        response = Client().post(reverse(page), {**names, field: typed})
        assert response.context["form"].errors[field]
    assert not mail.outbox
    for form in (AddAddressForm, CorrectAddressForm, CoHostForm):
        assert form(data={"email": typed}).errors["email"]
    with pytest.raises(ValueError, match=r"Nothing was added\."):
        read_guests(f"Ross <{typed}>")


def test_domains_with_other_letters_are_stored_as_mail_servers_know_them() -> None:
    assert canonical_address("Ross@MÜLLER.example") == "ross@xn--mller-kva.example"
    assert read_guests("ross@müller.example") == {"ross@xn--mller-kva.example": ""}
    for typed in ("ross@müller.example", "ross@XN--mller-kva.example"):
        cache.clear()
        names = {"first_name": "Ross", "last_name": "Example"}
        Client().post(reverse("account_signup"), {**names, "email": typed})
        assert mail.outbox[-1].to == ["ross@xn--mller-kva.example"]
    assert unconfirmed_sign_ups("ross@xn--mller-kva.example").count() == 2


def test_letter_with_two_meanings_in_domains_leads_to_no_other_domain() -> None:
    """IDNA 2003 took "ß" for "ss". Since IDNA 2008, these are two domains with two owners."""
    with pytest.raises(ValidationError, match=r"could go to strasse\.example"):
        canonical_address("ross@straße.example")
    own = "ross@xn--strae-oqa.example"
    assert canonical_address(own) == own
    assert canonical_address("ross@strasse.example") == "ross@strasse.example"
