"""Checks of passwords: one account and one hash for each sign-in, and few hashes at once."""

from __future__ import annotations

from threading import BoundedSemaphore
from typing import Any

from allauth.account import auth_backends
from django.contrib.auth.hashers import Argon2PasswordHasher

from picprocure.accounts.emails import account_called
from picprocure.accounts.models import User

_AT_ONCE = 2
_room = BoundedSemaphore(_AT_ONCE)


class AuthenticationBackend(auth_backends.AuthenticationBackend):  # type: ignore[misc]
    """Checks one account. django-allauth checks every account that claims the address, twice."""

    def _authenticate(self, _request: object, **credentials: Any) -> User | None:
        account = account_called(name_typed(credentials))
        user: User | None = self._check_password(account, credentials["password"])
        return user


class PasswordHasher(Argon2PasswordHasher):
    """Makes few hashes at once in a process, since each takes 100 MB and all cores."""

    def encode(self, password: str, salt: str) -> str:
        with _room:
            return super().encode(password, salt)

    def verify(self, password: str, encoded: str) -> bool:
        with _room:
            return super().verify(password, encoded)


def name_typed(credentials: dict[str, Any]) -> str:
    """Return what was typed, which django-allauth passes as a username or an address."""
    return str(credentials.get("username") or credentials.get("email") or "")
