"""Bob, who has an account but no reference yet."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from picprocure.accounts.models import User


@pytest.fixture
def bob(make_user: Callable[..., User]) -> User:
    return make_user("bob")


@pytest.fixture
def browser(bob: User) -> Client:
    client = Client()
    client.force_login(bob)
    return client
