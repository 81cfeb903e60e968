"""Sessions are deleted with their account, and decoded while others can write."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from picprocure.accounts.models import User
from picprocure.pipeline import account_changes
from picprocure.retention.erasure import erase_account
from picprocure.retention.sessions import SessionIndex
from picprocure.retention.sweep import sweep
from web.accounts.test_passwords import claim
from web.accounts.test_squatters import ADDRESS

pytestmark = pytest.mark.django_db(transaction=True)


def create_session(**data: Any) -> str:
    store = SessionStore()
    store.update(data)
    store.create()
    return str(store.session_key)


def deactivate(user: User) -> None:
    chief = Client()
    chief.force_login(User.objects.create_superuser("chief@example.org", "x"))
    fields = {"is_staff": "", "is_superuser": ""}
    chief.post(reverse("operator:accounts_user_change", args=[user.pk]), fields)


def expire_and_sweep(user: User) -> None:
    User.objects.filter(pk=user.pk).update(date_joined=timezone.now() - timedelta(days=90))
    sweep()


ENDINGS: dict[str, Callable[[User], object]] = {
    "erased": erase_account,
    "deleted": account_changes.delete_account,
    "switched off": deactivate,
    "never confirmed": expire_and_sweep,
    "another proves the address": lambda user: account_changes.prove_address(
        user=user, email=ADDRESS
    ),
    "another confirmed the address": lambda user: account_changes.erase_other_sign_ups(
        email=ADDRESS, owner=User.objects.create_user(ADDRESS)
    ),
}


@pytest.mark.parametrize("ending", ENDINGS)
def test_no_session_is_decoded_under_the_write_lock(
    monkeypatch: pytest.MonkeyPatch, ending: str
) -> None:
    user = claim(0)
    User.objects.filter(pk=user.pk).update(last_login=timezone.now())
    sessions_of_user = [
        create_session(_auth_user_id=str(user.pk)),
        create_session(state={"user_id": str(user.pk)}),
    ]
    other_sessions = [
        create_session(_auth_user_id=f"{user.pk}0"),
        create_session(state={"email": "no@example.org"}),
    ]
    decode, decoded_while_locked = Session.get_decoded, []

    def decode_and_check(row: Session) -> Any:
        if connection.in_atomic_block:
            decoded_while_locked.append(row.pk)
        return decode(row)

    monkeypatch.setattr(Session, "get_decoded", decode_and_check)
    ENDINGS[ending](user)

    assert not decoded_while_locked
    assert not Session.objects.filter(pk__in=sessions_of_user).exists()
    assert Session.objects.filter(pk__in=other_sessions).count() == 2


def test_sessions_created_or_changed_since_the_index_are_deleted_too(
    make_user: Callable[..., User],
) -> None:
    bob = make_user("bob")
    other = create_session(state={"email": "no@example.org"})
    changed = create_session(state={})
    index = SessionIndex()
    store = SessionStore(changed)
    store["state"] = {"email": "Bob@Example.org"}
    store.save()
    new = create_session(_auth_user_id=str(bob.pk))

    erase_account(bob, index)

    assert not Session.objects.filter(pk__in=[changed, new]).exists()
    assert Session.objects.filter(pk=other).exists()


def test_more_sessions_than_fit_into_one_statement_are_deleted(
    make_user: Callable[..., User],
) -> None:
    bob = make_user("bob")
    data = SessionStore().encode({"_auth_user_id": str(bob.pk)})
    expires_at = timezone.now() + timedelta(days=1)
    rows = [
        Session(session_key=f"s{number}", session_data=data, expire_date=expires_at)
        for number in range(2_345)
    ]
    Session.objects.bulk_create(rows)
    other = create_session(state={})

    erase_account(bob)

    assert list(Session.objects.values_list("pk", flat=True)) == [other]
