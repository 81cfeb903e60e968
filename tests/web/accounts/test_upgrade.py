"""Who was signed in before an upgrade still is."""

from __future__ import annotations

from importlib import import_module

import pytest
from django.apps import apps
from django.contrib.auth import BACKEND_SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.test import Client
from django.urls import reverse

from conftest import World

pytestmark = pytest.mark.django_db(transaction=True)

BEFORE = "allauth.account.auth_backends.AuthenticationBackend"


def as_before(client: Client) -> None:
    session = client.session
    session[BACKEND_SESSION_KEY] = BEFORE
    session.save()


def test_sessions_of_an_older_release_stay(world: World) -> None:
    migration = import_module("picprocure.accounts.migrations.0007_session_backends")
    bob, charlie, stranger = world.client("bob"), world.client("charlie"), SessionStore()
    as_before(bob)
    stranger["state"] = {"email": "dora@example.org"}
    stranger.create()

    for _ in range(2):
        migration.rename_backend(apps, None)

    for client in (bob, charlie):
        assert client.get(reverse("accounts:profile")).status_code == 200
    assert SessionStore(stranger.session_key).load() == {"state": {"email": "dora@example.org"}}


def test_without_it_they_would_end(world: World) -> None:
    bob = world.client("bob")
    as_before(bob)

    assert bob.get(reverse("accounts:profile")).status_code == 302
