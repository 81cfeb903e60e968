"""The adapters that adjust django-allauth to this site."""

from __future__ import annotations

import contextlib
import ipaddress
from typing import Any, Final, cast

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.userkit import did_user_login
from allauth.account.models import EmailAddress
from allauth.core.internal import ratelimit
from allauth.mfa.adapter import DefaultMFAAdapter
from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from picprocure.accounts.emails import account_for_sign_in, confirmed_accounts
from picprocure.accounts.models import User
from picprocure.accounts.passwords import sign_in_address
from picprocure.accounts.second_factor import seal_secret, unseal_secret
from picprocure.pipeline.account_changes import erase_other_sign_ups, has_room_for_claim
from picprocure.pipeline.queue import queue_mails
from picprocure.web import limits
from picprocure.web.accounts import code_mails, devices, passkeys
from picprocure.web.events.invitations import accept_followed_invitation
from picprocure.web.followed_links import ASKED_TO_HOST, may_sign_up
from picprocure.web.http import SignedInRequest

_NOT_CORRECT: Final = (
    "The address or the password is not correct, or there were too many attempts. Check both. If "
    "they are right, wait five minutes, or sign in with a code by e-mail."
)

_IDENTITY: Final = {
    "reauthenticate": "Use your password",
    "reauthenticate_by_code": "Send me a code by e-mail",
    "mfa_reauthenticate": "Use your authenticator app or a recovery code",
    "mfa_reauthenticate:webauthn": "Use a passkey",
}
"""Ways to confirm that it's the person, by django-allauth's names."""


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    error_messages = {  # noqa: RUF012
        **DefaultAccountAdapter.error_messages,
        "code_used_up": "There were too many attempts with this code. Request a new one.",
        "email_password_mismatch": _NOT_CORRECT,
        "incorrect_code": "That's not the right code. Use the one in our latest e-mail.",
        "too_many_codes": "There were too many wrong codes for this address. Request a new one %s.",
        "too_many_codes_at_once": "There were too many wrong codes from your network. "
        "Try again %s.",
        "too_many_at_once": "Too many people are signing in from your network. Wait a few seconds, "
        "then try again, or sign in with a code by e-mail.",
        "too_many_from_network": "There were too many wrong passwords from your network. Check "
        "your password and try again in five minutes, or sign in with a code by e-mail.",
        "too_many_login_attempts": "Too many attempts. Wait five minutes, then try again.",
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return may_sign_up(request)

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:  # noqa: ARG002
        return reverse("accounts:profile")

    def confirm_email(self, request: HttpRequest, email_address: EmailAddress) -> bool:
        with transaction.atomic():
            list(User.objects.select_for_update().filter(pk=email_address.user_id))
            is_confirmed = bool(super().confirm_email(request, email_address))
        if is_confirmed:
            erase_other_sign_ups(email=email_address.email, owner=email_address.user)
        return is_confirmed

    def send_confirmation_mail(
        self,
        request: HttpRequest,
        emailconfirmation: Any,
        signup: bool,  # noqa: FBT001
    ) -> None:
        """Send a code. If the address has an account, the code signs in to it.

        If too many sign-ups with the address wait for their code, the page and the wait for the
        mail are the same, but no code is sent, and every code is wrong.
        """
        address = emailconfirmation.email_address
        is_sign_up = not did_user_login(address.user)
        if is_sign_up and not has_room_for_claim(address.email, excluding=address.user):
            emailconfirmation.state["code"] = ""
        if not confirmed_accounts(address.email).exclude(pk=address.user_id).exists():
            super().send_confirmation_mail(request, emailconfirmation, signup)
        elif did_user_login(address.user):  # a signed-in person wants this address for themselves
            self.send_account_already_exists_mail(address.email)
        else:
            self.send_mail(
                "account/email/login_code", address.email, {"code": emailconfirmation.key}
            )

    def get_reauthentication_methods(self, user: User) -> list[dict[str, Any]]:
        """Return the ways to confirm that it's the person.

        With two-step sign-in, neither a mailed code nor a password is enough. A code could reset
        the password, and so turn two-step sign-in off.
        """
        methods: list[dict[str, Any]] = super().get_reauthentication_methods(user)
        if any(method["id"] == "mfa_reauthenticate" for method in methods):
            methods = [method for method in methods if method["id"].startswith("mfa_")]
        return [{**method, "description": _IDENTITY[method["id"]]} for method in methods]

    def get_client_ip(self, request: HttpRequest) -> str:
        """Unwrap IPv4 addresses. A server that also listens on IPv6 sees all of them in one /64."""
        address = ipaddress.ip_address(super().get_client_ip(request))
        return str(getattr(address, "ipv4_mapped", None) or address)

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Count an attempt as django-allauth does, but correctly for simultaneous attempts.

        On devices that the person has signed in with before, attempts of strangers don't count.

        Raises:
            forms.ValidationError: The attempts for this address or device are used up.
        """
        mark = self._known_device(request, credentials)
        try:
            self._login_failed_rl_usage = (
                limits.count(request, "login_failed_known", key=mark)
                if mark
                else limits.count(request, "login_failed", key=_key(credentials))
            )
        except limits.RateLimitReached as refused:
            raise self.validation_error("too_many_login_attempts") from refused

    def authenticate(self, request: HttpRequest, **credentials: Any) -> User | None:
        """Check a password, and count attempts for each account and each network.

        Devices that the person has signed in with before don't count for the network.
        """
        if self._is_known(request, **credentials):
            return super().authenticate(request, **credentials)  # type: ignore[no-any-return]
        try:
            limits.count_from_network(request, "sign_in")
        except limits.RateLimitReached:
            self._wait_for_turn(request)
            return self._authenticate_throttled(request, **credentials)
        try:
            counted = limits.count_from_network(request, "sign_in_failed")
        except limits.RateLimitReached:
            return self._authenticate_throttled(request, **credentials)
        user: User | None = super().authenticate(request, **credentials)
        if user:
            counted.rollback()
        return user

    def _is_known(self, request: HttpRequest, **credentials: Any) -> bool:
        mark = self._known_device(request, credentials)
        try:
            if mark:
                limits.count(request, "sign_in_known", key=mark)
        except limits.RateLimitReached:
            return False
        return bool(mark)

    @staticmethod
    def _known_device(request: HttpRequest, credentials: dict[str, Any]) -> str:
        """Return the device token of the account, or "" if this device is new to it."""
        account = account_for_sign_in(sign_in_address(credentials))
        if account and (account == request.user or devices.is_known(request, account)):
            return devices.mark(account)
        return ""

    def _wait_for_turn(self, request: HttpRequest) -> None:
        """Let people sign in one at a time if too many do so from one network.

        Raises:
            forms.ValidationError: It is another person's turn.
        """
        try:
            limits.count_from_network(request, "sign_in_turn")
        except limits.RateLimitReached as refused:
            raise self.validation_error("too_many_at_once") from refused

    def _authenticate_throttled(self, request: HttpRequest, **credentials: Any) -> User:
        """Allow one attempt per address from a network that sent too many passwords.

        Correct passwords still work. Addresses without an account get the same response after the
        same time.

        Raises:
            forms.ValidationError: The password is wrong, or the address had its attempt.
        """
        user: User | None = None
        with contextlib.suppress(limits.RateLimitReached):
            counted = _count_throttled(request, _key(credentials))
            user = super().authenticate(request, **credentials)
            if user:
                counted.rollback()
        if not user:
            raise self.validation_error("too_many_from_network")
        return user

    def post_login(self, request: HttpRequest, user: User, **details: Any) -> HttpResponse:
        response: HttpResponse = super().post_login(request, user, **details)
        devices.remember(request, response, user)
        request.session.pop(ASKED_TO_HOST, None)
        accept_followed_invitation(cast("SignedInRequest", request), leads_to=response["Location"])
        return response

    def _delete_login_attempts_cached_email(self, request: HttpRequest, **credentials: Any) -> None:
        """Reset the attempts of an account whose password was just changed."""
        key = _key(credentials)
        ratelimit.clear(request, app="allauth.account", action="login_failed", key=key)

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Render a mail with the variables that all mails have, and queue it."""
        defaults = {
            "request": self.request,
            "email": email,
            "site_name": settings.SITE_NAME,
            "sign_up_is_open": may_sign_up(self.request),
        }
        message = self.render_mail(template_prefix, email, {**defaults, **context})
        is_withheld = context.get("code") == ""
        user = context.get("user")
        code_mails.post(self.request, message, template_prefix, user, is_withheld=is_withheld)
        queue_mails()

    def send_notification_mail(
        self,
        template_prefix: str,
        user: User,
        context: dict[str, Any] | None = None,
        email: str | None = None,
    ) -> None:
        """Send a mail that is deleted together with its account."""
        super().send_notification_mail(
            template_prefix, user, {**(context or {}), "user": user}, email
        )


def _key(credentials: dict[str, Any]) -> str:
    """Return what attempts at a password are counted for."""
    return sign_in_address(credentials).lower()


def _count_throttled(request: HttpRequest, key: str) -> limits.Counted:
    """Count the one attempt that is allowed after the last failed one.

    Raises:
        RateLimitReached: The attempt was already used.
    """
    if limits.is_counted(request, "login_failed", key):
        raise limits.RateLimitReached(1)
    return limits.count(request, "sign_in_crowd", key=key)


class SecondFactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    error_messages = {  # noqa: RUF012
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": "Incorrect code or passkey. Try again, or use another way.",
    }

    def is_mfa_enabled(self, user: User, types: list[str] | None = None) -> bool:
        return bool(super().is_mfa_enabled(user, passkeys.second_factors(types)))

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        return {"id": passkeys.host(), "name": settings.SITE_NAME}

    def generate_authenticator_name(self, user: User, type: str) -> str:  # noqa: A002, ARG002
        return "My device"

    def encrypt(self, text: str) -> str:
        return seal_secret(text)

    def decrypt(self, encrypted_text: str) -> str:
        return unseal_secret(encrypted_text)
