"""Forms for codes. Codes may contain other characters from pasting, and allow a few attempts."""

from __future__ import annotations

import unicodedata
from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.forms import (
    BaseConfirmCodeForm,
    ConfirmLoginCodeForm,
    ConfirmPasswordResetCodeForm,
)
from allauth.core import context
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.totp.forms import ActivateTOTPForm
from django import forms

from picprocure.accounts.code_attempts import is_used_up, may_try
from picprocure.web.accounts import code_limits


class _CodeField(forms.CharField):
    """Accepts codes that were copied with spaces, dashes or invisible characters."""

    def to_python(self, value: Any) -> str:
        typed = unicodedata.normalize("NFKC", super().to_python(value) or "")
        return "".join(character for character in typed if character.isalnum())


class _PastedCode(forms.Form):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        old = self.fields["code"]
        old.widget.attrs["autofocus"] = True
        self.fields["code"] = _CodeField(label=old.label, widget=old.widget)


class _CountedCode(_PastedCode):
    """A mailed code with a limited number of attempts.

    `counter_key` identifies the code, even if no account has the address and no code was mailed.
    """

    def __init__(self, *args: Any, counter_key: str = "", address: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._counter_key, self._address = counter_key, address
        self.fields["code"].widget.attrs["inputmode"] = "numeric"

    def clean_code(self) -> str:
        counted = code_limits.count_attempt(context.request, self._address)
        if not may_try(self._counter_key):
            counted.rollback()  # nothing was tried
            raise get_adapter().validation_error("code_used_up")
        try:
            code: str = super().clean_code()  # type: ignore[misc]
        except forms.ValidationError:
            if is_used_up(self._counter_key):  # say so now, not after another attempt
                raise get_adapter().validation_error("code_used_up") from None
            raise
        counted.rollback()
        return code


class AddressCodeForm(_CountedCode, BaseConfirmCodeForm):  # type: ignore[misc]
    """The code that confirms an address.

    Whether the address has an account is checked later, when it is marked as confirmed.
    """

    def __init__(self, *args: Any, user: Any = None, email: str = "", **kwargs: Any) -> None:  # noqa: ARG002
        super().__init__(*args, **kwargs)


class SignInCodeForm(_CountedCode, ConfirmLoginCodeForm):  # type: ignore[misc]
    pass


class ResetCodeForm(_CountedCode, ConfirmPasswordResetCodeForm):  # type: ignore[misc]
    pass


class SecondFactorForm(_PastedCode, AuthenticateForm):  # type: ignore[misc]
    """The code of a second factor. django-allauth counts attempts for each account."""


class SecondFactorReauthenticationForm(_PastedCode, ReauthenticateForm):  # type: ignore[misc]
    pass


class SecondFactorActivationForm(_PastedCode, ActivateTOTPForm):  # type: ignore[misc]
    pass
