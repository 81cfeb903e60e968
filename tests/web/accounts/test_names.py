"""Names contain no invisible characters, and no username looks like another."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from conftest import PASSWORD
from picprocure.accounts.invisible_characters import remove_invisible
from picprocure.accounts.models import User
from picprocure.accounts.names import usernames_like
from picprocure.events.models import Event

pytestmark = pytest.mark.django_db


def sign_up(username: str, first_name: str = "Dora") -> str:
    """Return the page with the form again, or "" if the sign-up succeeded."""
    form = {"username": username, "first_name": first_name, "last_name": "Example"}
    passwords = {"password1": PASSWORD, "password2": PASSWORD}
    response = Client().post(
        reverse("account_signup"), {**form, **passwords, "email": "dora@example.org"}
    )
    return response.content.decode() if response.status_code == 200 else ""


@pytest.mark.parametrize(
    "lookalike",
    [
        "alic\u0435",  # a Cyrillic letter
        "\uff41lice",  # a full-width one
        "ali\u200bce",  # without a width
        "al\u00ecce",
        "\u0251lice",  # Latin alpha
        "alice\u202e",
        "ALICE",
        "a1ice",
        "al.ice",
        "alice_",
        "@lice",
        "alice@example.org",
    ],
)
def test_a_username_that_looks_like_another_is_refused(
    make_user: Callable[..., User], lookalike: str
) -> None:
    make_user("alice")
    assert sign_up(lookalike)
    assert User.objects.count() == 1


@pytest.mark.parametrize(
    ("known", "lookalike"),
    [
        ("victory", "v1ctory"),
        ("paulina", "pauiina"),
        ("ivan", "lvan"),
        ("1van", "ivan"),
        ("clark", "dark"),
        ("dark", "c1ark"),
        ("clark", "ciark"),
        ("clark", "c.lark"),
        ("uuma", "wma"),
        ("vvma", "uuma"),
        ("martin", "rnartin"),
        ("will", "vvi1l"),
        ("zoe", "z0e"),
    ],
)
def test_lookalike_username_is_refused_in_either_order(
    make_user: Callable[..., User], known: str, lookalike: str
) -> None:
    for first, second in ((known, lookalike), (lookalike, known)):
        User.objects.all().delete()
        make_user(first)
        assert "is too similar to another" in sign_up(second)


def test_search_for_lookalikes_needs_one_query(django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(1):
        assert not usernames_like("clark").exists()


@pytest.mark.parametrize("username", ["alice2", "bob", "co-host", "Dora.E", "alicia"])
def test_other_usernames_are_accepted(make_user: Callable[..., User], username: str) -> None:
    make_user("alice")
    assert sign_up(username) == ""
    assert User.objects.filter(username=username.lower()).exists()


@pytest.mark.parametrize("username", ["Jürgen", "олена", "bob@home"])
def test_existing_accounts_keep_their_usernames(
    make_user: Callable[..., User], username: str
) -> None:
    make_user("x").email = "x@example.org"
    User.objects.update(username=username.lower())
    client = Client()
    client.post(reverse("account_login"), {"login": username, "password": PASSWORD})
    assert client.get(reverse("accounts:profile")).status_code == 200


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("\u202eBob\u202c", "Bob"),  # turned around
        ("B\u2067o\u2069b", "Bob"),  # isolates
        ("Bo\u200bb\ufeff", "Bob"),
        ("B\u00ado\u2060b\u061c", "Bob"),
        ("Bo\u200db", "Bob"),
        ("Bob\U000e0042", "Bob"),  # tags
        ("\u3164Bob", "Bob"),  # a letter that is drawn as nothing
        ("Zoe\u0308", "Zoë"),
        ("می\u200cخواهم", "می\u200cخواهم"),  # Persian needs its joiner
        ("عمر", "عمر"),
        ("Party 👩\u200d👧", "Party 👩\u200d👧"),
    ],
)
def test_invisible_characters_are_removed_from_names(typed: str, kept: str) -> None:
    assert remove_invisible(typed) == kept


def test_every_form_removes_invisible_characters(event: Event) -> None:
    alice = Client()
    alice.force_login(event.creator)
    alice.post(reverse("accounts:profile"), {"first_name": "\u202eAl", "last_name": "E\u200b"})
    event.creator.refresh_from_db()
    assert event.creator.name == "Al E"
    form = {"name": "\u2066Picnic\u2069", "description": "a\u202e\nb", "availability_days": 30}
    alice.post(reverse("events:edit", args=[event.pk]), {**form, "place": "\u200fPark"})
    event.refresh_from_db()
    assert (event.name, event.place) == ("Picnic", "Park")
    assert "\u202e" not in event.description
    assert "This has no visible characters" in sign_up("dora", first_name="\u3164\u2800")
