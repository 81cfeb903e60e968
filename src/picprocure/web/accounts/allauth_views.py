"""django-allauth's sign-up and sign-in pages, made for large events and typos.

When people reach a limit, their form stays filled. A mistyped code or address doesn't end a
sign-up. The first person to confirm an address may start with an empty account
(`pipeline/account_changes.py`).
"""

from __future__ import annotations

import time
from functools import cached_property
from typing import Any, Final
from urllib.parse import urlencode

from allauth.account import views as allauth
from allauth.account.internal.flows.email_verification import verify_email_indirectly
from allauth.account.internal.flows.login import perform_login, record_authentication
from allauth.account.internal.flows.login_by_code import LoginCodeVerificationProcess
from allauth.account.internal.flows.password_reset_by_code import PasswordResetVerificationProcess
from allauth.account.models import Login
from allauth.core.exceptions import ImmediateHttpResponse
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.db import transaction
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.decorators import method_decorator

from picprocure.accounts.emails import confirmed_accounts, has_confirmed_any
from picprocure.accounts.models import User
from picprocure.pipeline.account_changes import prove_address
from picprocure.web import limits
from picprocure.web.accounts import code_limits, pending
from picprocure.web.followed_links import may_sign_up

_NO_SIGN_UP: Final = (
    "There's no sign-up to confirm here. The code may have expired, or the address was already "
    "confirmed. Enter your address to get a new code."
)
_NOT_INVITED: Final = "Enter the address that got the invitation. Only that one can sign up here."
_NO_CODE: Final = "There's no code to enter here. It may have expired. Request a new one."


class _RateLimitedForm:
    """A form that stays filled, and says how long to wait, when a limit is reached."""

    limit: str
    request: HttpRequest

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            limits.count_from_network(request, self.limit)
        except limits.RateLimitReached as refused:
            typed = {"data": None, "files": None, "initial": request.POST.dict()}
            form = self.get_form_class()(**{**self.get_form_kwargs(), **typed})  # type: ignore[attr-defined]
            return self.refuse(form, refused)
        return super().post(request, *args, **kwargs)  # type: ignore[misc,no-any-return]

    def refuse(self, form: Form, refused: limits.RateLimitReached) -> HttpResponse:
        limits.add_message(self.request, refused)
        page = self.render_to_response(self.get_context_data(form=form))  # type: ignore[attr-defined]
        return limits.as_refusal(page, refused)


class SignUpView(_RateLimitedForm, pending.BeginsAgain, allauth.SignupView):  # type: ignore[misc]
    limit = "sign_up"

    def form_valid(self, form: Form) -> HttpResponse:
        email = form.cleaned_data["email"].lower()
        if pending.is_sign_up(self.request) and pending.address(self.request).lower() == email:
            return redirect("account_email_verification_sent")  # a second click
        if not may_sign_up(self.request, email):
            form.add_error("email", _NOT_INVITED)
            return self.form_invalid(form)  # type: ignore[no-any-return]
        try:
            limits.count(
                self.request, "confirm_email", key=form.cleaned_data["email"], check_only=True
            )
            response: HttpResponse = super().form_valid(form)
        except limits.RateLimitReached as refused:
            response = self.refuse(form, refused)
        return response


def _sign_in_url(next_url: str | None) -> str:
    begin = reverse("account_request_login_code")
    return f"{begin}?{urlencode({'next': next_url})}" if next_url else begin


class _SendsCode(_RateLimitedForm):
    """Limits the codes for one address, from all visitors together except its owner."""

    limit = "ask_code"
    recipient_field = "email"

    def form_valid(self, form: Form) -> HttpResponse:
        try:
            code_limits.count_code(self.request, form.cleaned_data[self.recipient_field])
        except limits.RateLimitReached as refused:
            return self.refuse(form, refused)
        return super().form_valid(form)  # type: ignore[misc,no-any-return]


class RequestSignInCodeView(_SendsCode, pending.BeginsAgain, allauth.RequestLoginCodeView):  # type: ignore[misc]
    pass


class PasswordSignInView(pending.BeginsAgain, allauth.LoginView):  # type: ignore[misc]
    address_field = "login"


class PasswordResetView(_SendsCode, allauth.PasswordResetView):  # type: ignore[misc]
    pass


class ReauthenticationCodeRequestView(_SendsCode, allauth.RequestReauthenticationCodeView):  # type: ignore[misc]
    recipient_field = "recipient"


class _ChecksCode:
    """Tells the form which code it checks, to count attempts per code, and announces new codes.

    The page stays after wrong codes. django-allauth would end the process after the third.
    """

    _process: Any
    request: HttpRequest

    def get_form_kwargs(self) -> dict[str, Any]:
        kwargs: dict[str, Any] = super().get_form_kwargs()  # type: ignore[misc]
        if "code" in kwargs:
            state = self._process.state
            sent = f"{state['email']} {state['at']} {state['resend_count']}"
            kwargs["counter_key"] = f"{sent} {self._process.code}"
            kwargs["address"] = state["email"]
        return kwargs

    def form_invalid(self, form: Form) -> HttpResponse:
        page: HttpResponse = self.render_to_response(self.get_context_data(form=form))  # type: ignore[attr-defined]
        return page

    def _resend_form_valid(self, form: Form) -> HttpResponse:
        resend_count = self._process.state["resend_count"]
        response: HttpResponse = super()._resend_form_valid(form)  # type: ignore[misc]
        if self._process.state["resend_count"] > resend_count:
            messages.info(self.request, "We're sending a new code. Older codes no longer work.")
        return response


def _owner(request: HttpRequest, process: Any, sign_up: User | None = None) -> User:
    """Return the account that the correct code opens, and end the sign-up that it was for."""
    claimant: User = process.user
    account = prove_address(user=claimant, email=process.state["email"], sign_up=sign_up)
    if account != claimant:
        request.session.cycle_key()  # the session was deleted with the erased account
    return account


class _ResendsCode(_ChecksCode):
    """Limits new codes, and gives each the same lifetime as the first."""

    def _resend_form_valid(self, form: Form) -> HttpResponse:
        try:
            code_limits.count_code(self.request, self._process.state["email"])
        except limits.RateLimitReached as refused:
            messages.error(self.request, str(refused))
            return redirect(self.request.get_full_path())
        self._process.state["at"] = time.time()
        return super()._resend_form_valid(form)


class ReauthenticationCodeView(_ResendsCode, allauth.ConfirmReauthenticationCodeView):  # type: ignore[misc]
    pass


@method_decorator(login_not_required, name="dispatch")
class SignInCodeView(_ResendsCode, allauth.ConfirmLoginCodeView):  # type: ignore[misc]
    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        response: HttpResponseBase = super().dispatch(request, *args, **kwargs)
        if response.get("Location") == reverse("account_request_login_code"):
            messages.warning(request, _NO_CODE)
            response = redirect(_sign_in_url(self.get_next_url()))
        return response

    def _verify_form_valid(self, form: Form) -> HttpResponse:
        self.stage.login.user = _owner(self.request, self._process)
        self._process = LoginCodeVerificationProcess(stage=self.stage)
        return super()._verify_form_valid(form)  # type: ignore[no-any-return]


@method_decorator(login_not_required, name="dispatch")
class ResetCodeView(_ChecksCode, allauth.ConfirmPasswordResetCodeView):  # type: ignore[misc]
    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        response: HttpResponseBase = super().dispatch(request, *args, **kwargs)
        if response.get("Location") == reverse("account_login"):  # there is no code
            messages.warning(request, _NO_CODE)
            response = redirect("account_reset_password")
        return response

    def form_valid(self, form: Form) -> HttpResponse:
        state, account = self._process.state, _owner(self.request, self._process)
        state["user_id"] = str(account.pk)
        self._process = PasswordResetVerificationProcess(self.request, state=state, user=account)
        return super().form_valid(form)  # type: ignore[no-any-return]


@method_decorator(login_not_required, name="dispatch")
class AddressCodeView(_ChecksCode, allauth.ConfirmEmailVerificationCodeView):  # type: ignore[misc]
    """The page for the code that confirms an address. Mistyped codes don't end the sign-up."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        next_url = pending.destination(request)
        response: HttpResponseBase = super().dispatch(request, *args, **kwargs)
        if response.get("Location") == reverse("account_login"):  # there is no sign-up
            messages.warning(request, _NO_SIGN_UP)
            response = redirect(_sign_in_url(next_url))
        return response

    @cached_property
    def _action(self) -> str:
        action: str = super()._action
        return "verify" if action == "change" and self._is_confirmed() else action

    def _is_confirmed(self) -> bool:
        return self._process.user is not None and has_confirmed_any(self._process.user)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        if self._action != "change":
            context["change_form"].initial["email"] = context["email"]
        return context

    def form_valid(self, form: Form) -> HttpResponse:
        if self._action != "verify":
            self._process.state["at"] = time.time()  # a new code has the same lifetime as the first
        try:
            response: HttpResponse = super().form_valid(form)
        except ImmediateHttpResponse:  # django-allauth's response to a code beyond the limit
            messages.error(self.request, "We just sent a code. Wait a moment, then try again.")
            response = redirect(self.request.get_full_path())
        return response

    def _change_form_valid(self, form: Form) -> HttpResponse:
        if not may_sign_up(self.request, form.cleaned_data["email"]):
            form.add_error("email", _NOT_INVITED)
            return self.form_invalid(form)
        try:
            limits.count_from_network(self.request, "sign_up")
            limits.count(
                self.request, "confirm_email", key=form.cleaned_data["email"], check_only=True
            )
        except limits.RateLimitReached as refused:
            limits.add_message(self.request, refused)
            return limits.as_refusal(self.form_invalid(form), refused)
        return self._change_unless_confirmed(form)

    def _change_unless_confirmed(self, form: Form) -> HttpResponse:
        """Change the address, unless another session has confirmed the account."""
        with transaction.atomic():
            user = User.objects.select_for_update().filter(pk=self._process.user.pk).first()
            if not user or self._is_confirmed():
                return redirect(self.request.get_full_path())
            response: HttpResponse = super()._change_form_valid(form)
        return response

    def _verify_form_valid(self, form: Form) -> HttpResponse:
        """Confirm the address. If it has an account, sign in to that one instead."""
        email, claimant = self._process.state["email"], self._process.user
        has_account = confirmed_accounts(email).exclude(pk=claimant.pk).exists()
        if not has_account or self.stage is None:
            return super()._verify_form_valid(form)  # type: ignore[no-any-return]
        redirect_url = self.stage.login.redirect_url
        self._process.abort()
        account = _owner(self.request, self._process, sign_up=claimant)
        record_authentication(self.request, account, method="code", email=email)
        verify_email_indirectly(self.request, account, email)
        login = Login(user=account, email=email, redirect_url=redirect_url)
        response: HttpResponse = perform_login(self.request, login)
        return response
