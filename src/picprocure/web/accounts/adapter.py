"""How django-allauth behaves on this site."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from picprocure.accounts.models import User
from picprocure.accounts.second_factor import seal_secret, unseal_secret
from picprocure.pipeline.queue import queue_mails
from picprocure.web.accounts import code_mails


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    def is_open_for_signup(self, request: HttpRequest) -> bool:  # noqa: ARG002
        return bool(settings.SIGN_UP == "everyone")

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:  # noqa: ARG002
        return reverse("accounts:profile")

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """With what every mail of ours says about the site; sent by the worker."""
        known = {
            "request": self.request,
            "email": email,
            "site_name": settings.SITE_NAME,
            "sign_up_is_open": settings.SIGN_UP == "everyone",
        }
        message = self.render_mail(template_prefix, email, {**known, **context})
        code_mails.post(self.request, message, template_prefix, context.get("user"))
        queue_mails()

    def send_notification_mail(
        self,
        template_prefix: str,
        user: User,
        context: dict[str, Any] | None = None,
        email: str | None = None,
    ) -> None:
        """It is about this account, and ends with it."""
        super().send_notification_mail(
            template_prefix, user, {**(context or {}), "user": user}, email
        )


class SecondFactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    def encrypt(self, text: str) -> str:
        return seal_secret(text)

    def decrypt(self, encrypted_text: str) -> str:
        return unseal_secret(encrypted_text)
