"""How passwords are checked: one account and one hash for each sign-in, and few hashes at once."""

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
    """django-allauth would check the password of every account that claims the address, twice."""

    def _authenticate(self, _request: object, **credentials: Any) -> User | None:
        account = account_called(name_typed(credentials))
        user: User | None = self._check_password(account, credentials["password"])
        return user


class PasswordHasher(Argon2PasswordHasher):
    """Each hash takes 100 MB and all cores, so few are made at once in a process."""

    def encode(self, password: str, salt: str) -> str:
        with _room:
            return super().encode(password, salt)

    def verify(self, password: str, encoded: str) -> bool:
        with _room:
            return super().verify(password, encoded)


def name_typed(credentials: dict[str, Any]) -> str:
    """django-allauth passes what was typed as a username, and also as an address if it is one."""
    return str(credentials.get("username") or credentials.get("email") or "")
