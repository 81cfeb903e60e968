"""Sign-ins and sign-ups that wait for a code, and the pages that begin another one."""

from __future__ import annotations

from typing import Any

from allauth.account.internal.flows.email_verification_by_code import (
    EMAIL_VERIFICATION_CODE_SESSION_KEY,
)
from allauth.account.internal.stagekit import clear_login, unstash_login
from allauth.account.stages import LoginStage
from django.forms import Form
from django.http import HttpRequest, HttpResponse


class BeginsAgain:
    """A page that opens while a code is pending, filled with that address.

    django-allauth would lead back to the code page, so a mistyped address couldn't be corrected.
    """

    address_field = "email"
    request: HttpRequest

    def _redirect_to_pending_stage(self, _request: HttpRequest, _stage: LoginStage) -> None:
        return None

    def get_initial(self) -> dict[str, Any]:
        return {self.address_field: address(self.request), **super().get_initial()}  # type: ignore[misc]

    def form_valid(self, form: Form) -> HttpResponse:
        forget(self.request)
        response: HttpResponse = super().form_valid(form)  # type: ignore[misc]
        return response


def address(request: HttpRequest) -> str:
    """Return the address of the sign-in or sign-up that waits for a code, or ""."""
    login = unstash_login(request, peek=True)
    if login is None:
        return ""
    return str(login.email or getattr(login.user, "email", ""))


def destination(request: HttpRequest) -> str:
    """Return the page that the sign-in or sign-up leads to, or ""."""
    login = unstash_login(request, peek=True)
    return str(login.redirect_url or "") if login else ""


def is_sign_up(request: HttpRequest) -> bool:
    """Return whether a sign-up waits for its code."""
    login = unstash_login(request, peek=True)
    return bool(login and login.signup)


def forget(request: HttpRequest) -> None:
    """End the sign-in or sign-up that waits for a code."""
    clear_login(request)
    request.session.pop(EMAIL_VERIFICATION_CODE_SESSION_KEY, None)
