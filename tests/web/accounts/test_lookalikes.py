"""An address that only looks like another one, to people or to a database, is another address."""

from __future__ import annotations

import pytest
from django.core.exceptions import PermissionDenied

from conftest import PASSWORD, new_user
from picprocure.accounts.emails import account_for_sign_in, other_claimants, unconfirmed_sign_ups
from picprocure.accounts.models import User
from picprocure.pipeline import account_changes
from picprocure.pipeline.account_changes import prove_address

pytestmark = pytest.mark.django_db(transaction=True)

LOOKALIKES = ["steve@vıſits.com", "ſteve@visits.com", "STEVE@VİSITS.COM"]


@pytest.mark.parametrize("typed", LOOKALIKES)
def test_other_letters_are_another_address(typed: str) -> None:
    """In upper case, PostgreSQL and Python take "ı" for "i" and "ſ" for "s"."""
    User.objects.create_superuser("Steve@visits.com", PASSWORD)
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
    sign_up = User.objects.create_user(LOOKALIKES[0])
    with pytest.raises(PermissionDenied):
        prove_address(user=sign_up, email=LOOKALIKES[0], sign_up=sign_up)
    assert prove_address(user=sign_up, email="STEVE@visits.com") == operator
