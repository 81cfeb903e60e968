"""Passkeys: a way to sign in without waiting for a code, never the only one.

For django-allauth, a passkey is also a second factor. Here, a code or a password signs in without
it. So people still get in after they lose a device, or after the site's host name changes.
"""

from __future__ import annotations

import ipaddress
from typing import Any
from urllib.parse import urlsplit

from allauth.account.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn import views
from allauth.mfa.webauthn.forms import AddWebAuthnForm
from allauth.mfa.webauthn.internal import auth, flows
from django.conf import settings
from django.forms import Form
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from picprocure.web.accounts import pending


def host() -> str:
    """Return the host name that passkeys are for: the site's own, not the one in the request."""
    return urlsplit(settings.SITE_URL).hostname or ""


def are_offered() -> bool:
    """Return whether browsers allow passkeys here: with HTTPS and a name, or on localhost."""
    is_https = settings.SITE_URL.startswith("https:")
    return (is_https and not _is_ip_address(host())) or host() == "localhost"


def _is_ip_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def second_factors(types: list[str] | None) -> list[str]:
    """Return which of these types django-allauth may ask for."""
    if types == [Authenticator.Type.WEBAUTHN]:  # to confirm one's identity
        return types if are_offered() else []
    all_types = [Authenticator.Type.TOTP, Authenticator.Type.RECOVERY_CODES]
    return [kind for kind in types or all_types if kind != Authenticator.Type.WEBAUTHN]


class PasskeyForm(AddWebAuthnForm):  # type: ignore[misc]
    """A passkey that is kept on the device and asks for a fingerprint, face or PIN."""

    passwordless = None

    def clean(self) -> dict[str, Any]:
        self.cleaned_data["passwordless"] = True
        cleaned: dict[str, Any] = super().clean()
        return cleaned


class AddPasskeyView(views.AddWebAuthnView):  # type: ignore[misc]
    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        context["js_data"] = {"creation_options": auth.begin_registration(self.request.user, True)}  # noqa: FBT003
        return context

    def form_valid(self, form: Form) -> HttpResponse:
        """Add the passkey without recovery codes, which belong to two-step sign-in."""
        flows.signup_authenticator(
            self.request,
            user=self.request.user,
            name=form.cleaned_data["name"],
            credential=form.cleaned_data["credential"],
        )
        get_adapter().send_notification_mail("mfa/email/webauthn_added", self.request.user)
        return redirect("mfa_index")


class RemovePasskeyView(views.RemoveWebAuthnView):  # type: ignore[misc]
    success_url = None

    def get_success_url(self) -> str:
        return reverse("mfa_index")


class PasskeySignInView(pending.BeginsAgain, views.LoginWebAuthnView):  # type: ignore[misc]
    def form_invalid(self, form: Form) -> HttpResponse:
        super().form_invalid(form)  # adds a message
        return redirect("account_request_login_code")
