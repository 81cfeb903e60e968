"""Users and their consents."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from django.contrib.auth.models import AbstractUser, BaseUserManager
from django.db import models
from django.utils import timezone

from picprocure.accounts.names import public_name


class UserManager(BaseUserManager["User"]):
    """Creates accounts, which have an address instead of a username."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        from picprocure.accounts.emails import canonical_address  # noqa: PLC0415 -- has models

        user = self.model(email=canonical_address(email), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> User:
        """Create an operator, or make the account that signs in with this address one."""
        from picprocure.accounts.emails import (  # noqa: PLC0415 -- has models
            account_for_sign_in,
            canonical_address,
        )

        user = account_for_sign_in(canonical_address(email))
        if user is None:
            return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)
        user.is_staff = user.is_superuser = True
        if password:
            user.set_password(password)
        user.save(using=self._db)
        return user


class User(AbstractUser):
    username = None  # type: ignore[assignment]
    # Several sign-ups may claim an address, but only one account may confirm it. allauth's
    # EmailAddress ensures that.
    email = models.EmailField("e-mail address", db_index=True)
    first_name = models.CharField("first name", max_length=80)
    last_name = models.CharField("last name", max_length=80)
    time_zone = models.CharField("time zone", max_length=64, blank=True)  # the site's, if empty
    notify_photos = models.BooleanField("when photos of me are ready", default=True)
    notify_hosts = models.BooleanField("when a host writes to all guests of an event", default=True)
    notify_people = models.BooleanField("when guests wait for my approval", default=True)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["first_name", "last_name"]
    objects: ClassVar[UserManager] = UserManager()  # type: ignore[assignment]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """The name that other people see."""
        return public_name(self.first_name, self.last_name)


class Consent(models.Model):
    """A person's consent to face recognition, with its text, start, and end."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="consents")
    version = models.CharField(max_length=20)
    text = models.TextField(default="")  # the full text that the person agreed to
    given_at = models.DateTimeField(default=timezone.now)
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["given_at"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["user"],
                condition=models.Q(withdrawn_at__isnull=True),
                name="one_consent_in_force",
            )
        ]

    def __str__(self) -> str:
        return f"consent {self.version} of user {self.user_id}"

    def withdraw(self, now: datetime) -> None:
        self.withdrawn_at = now
        self.save(update_fields=["withdrawn_at"])


class CodeAttempts(models.Model):
    """The number of attempts at one mailed code."""

    key = models.CharField(max_length=64, unique=True)  # keyed digest of the code
    count = models.PositiveSmallIntegerField(default=0)
    made_at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        verbose_name_plural = "code attempts"

    def __str__(self) -> str:
        return f"{self.count} attempts at code {self.pk}"
