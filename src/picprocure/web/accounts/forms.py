"""Forms of a person's own account."""

from __future__ import annotations

from typing import Any

from allauth.account.forms import (
    AddEmailForm,
    ChangeEmailForm,
    LoginForm,
    RequestLoginCodeForm,
    ResetPasswordForm,
    ResetPasswordKeyForm,
    SetPasswordForm,
    SignupForm,
)
from django import forms

from picprocure.accounts.models import User
from picprocure.web.forms import AddressField, LongSelect, NameField, time_zone_choices


class NameFields(forms.Form):
    first_name = NameField(max_length=80, widget=forms.TextInput({"autocomplete": "given-name"}))
    last_name = NameField(max_length=80, widget=forms.TextInput({"autocomplete": "family-name"}))


class SignUpForm(NameFields, SignupForm):  # type: ignore[misc]
    field_order = ("first_name", "last_name", "email", "password1")
    email = AddressField()

    def validate_unique_email(self, value: str) -> str:
        """Accept every address. For an address with an account, the code signs in to it.

        So the pages are the same for all visitors, and the owner can still use an address that
        another person claimed without confirming it.
        """
        return value


class CorrectAddressForm(ChangeEmailForm):  # type: ignore[misc]
    """Another address for a sign-up. As in SignUpForm, addresses with an account are accepted."""

    account_already_exists = False
    email = AddressField()

    def clean_email(self) -> str:
        return str(self.cleaned_data["email"])


class AddAddressForm(AddEmailForm):  # type: ignore[misc]
    email = AddressField()


class RequestSignInCodeForm(RequestLoginCodeForm):  # type: ignore[misc]
    email = AddressField()


class RequestResetCodeForm(ResetPasswordForm):  # type: ignore[misc]
    email = AddressField()


class PasswordSignInForm(LoginForm):  # type: ignore[misc]
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"] = AddressField()


class FirstPasswordForm(SetPasswordForm):  # type: ignore[misc]
    """A password, typed once. Browsers can show it, and a code replaces a mistyped one."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["password2"]


class NewPasswordForm(ResetPasswordKeyForm):  # type: ignore[misc]
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["password2"]


class ProfileForm(NameFields, forms.ModelForm):  # type: ignore[type-arg]
    """A person's names, after sign-up and on their profile."""

    class Meta:
        model = User
        fields = ("first_name", "last_name")


class PreferencesForm(forms.ModelForm):  # type: ignore[type-arg]
    time_zone = forms.ChoiceField(
        required=False,
        widget=LongSelect,
        help_text="We show times on the site and in e-mails in this time zone.",
    )

    class Meta:
        model = User
        fields = ("notify_photos", "notify_hosts", "notify_people", "time_zone")
        labels = {  # noqa: RUF012
            "notify_photos": "when my photos are ready",
            "notify_hosts": "when a host writes to all guests of an event",
            "notify_people": "when guests are waiting for my approval",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        saved = self.initial.get("time_zone", "")
        zones = time_zone_choices(saved=saved, empty="That of my device")
        self.fields["time_zone"].choices = zones  # type: ignore[attr-defined]
