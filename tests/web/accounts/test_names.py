"""Names contain no invisible characters."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from picprocure.accounts.invisible_characters import remove_invisible
from picprocure.events.models import Event

pytestmark = pytest.mark.django_db


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
    form = {"first_name": "\u3164\u2800", "last_name": "Example", "email": "dora@example.org"}
    page = Client().post(reverse("account_signup"), form).content.decode()
    assert "This has no visible characters" in page
