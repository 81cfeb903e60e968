"""Password checks: one account and one hash for each sign-in, and few concurrent hashes."""

from __future__ import annotations

from threading import BoundedSemaphore
from typing import Any

from allauth.account import auth_backends
from django.contrib.auth.hashers import Argon2PasswordHasher

from picprocure.accounts.emails import account_for_sign_in
from picprocure.accounts.models import User
from picprocure.storage.prepared_queries import PreparedQuery, Slot

_MAX_CONCURRENT_HASHES = 2
_hash_slots = BoundedSemaphore(_MAX_CONCURRENT_HASHES)


class AuthenticationBackend(auth_backends.AuthenticationBackend):  # type: ignore[misc]
    """A backend that checks one account.

    django-allauth checks every account that claims the address, twice.
    """

    def _authenticate(self, _request: object, **credentials: Any) -> User | None:
        account = account_for_sign_in(sign_in_address(credentials))
        user: User | None = self._check_password(account, credentials["password"])
        return user

    def get_user(self, user_id: int) -> User | None:
        """Return the account of a session, as Django's backend does."""
        rows = _account.rows(user=user_id)
        return rows[0] if rows and self.user_can_authenticate(rows[0]) else None


_account = PreparedQuery(lambda: User.objects.filter(pk=Slot("user", User._meta.pk)))


class PasswordHasher(Argon2PasswordHasher):
    """A hasher that limits concurrent hashes in a process: each takes 100 MB and all cores."""

    def encode(self, password: str, salt: str) -> str:
        with _hash_slots:
            return super().encode(password, salt)

    def verify(self, password: str, encoded: str) -> bool:
        with _hash_slots:
            return super().verify(password, encoded)


def sign_in_address(credentials: dict[str, Any]) -> str:
    """Return the address that the user typed. Django's admin passes it as a username."""
    return str(credentials.get("email") or credentials.get("username") or "")
