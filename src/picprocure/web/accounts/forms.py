"""Forms of a person's own account."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.fields import PasswordField, SetPasswordField
from allauth.account.forms import ChangeEmailForm, SignupForm
from django import forms

from picprocure.accounts.models import User
from picprocure.web.forms import LongSelect, NameField, time_zone_choices


class NameFields(forms.Form):
    first_name = NameField(max_length=80, widget=forms.TextInput({"autocomplete": "given-name"}))
    last_name = NameField(max_length=80, widget=forms.TextInput({"autocomplete": "family-name"}))


class SignUpForm(NameFields, SignupForm):  # type: ignore[misc]
    field_order = ("username", "first_name", "last_name", "email", "password1", "password2")

    def validate_unique_email(self, value: str) -> str:
        """Accept every address. An address with an account gets a mail that says so, and no code.

        So the pages are the same for all visitors, and the owner can still use an address that
        another person claimed without confirming it.
        """
        return value


class CorrectAddressForm(ChangeEmailForm):  # type: ignore[misc]
    """Another address for a sign-up. As in SignUpForm, addresses with an account are accepted."""

    account_already_exists = False

    def clean_email(self) -> str:
        return str(self.cleaned_data["email"]).lower()


class FinishForm(NameFields, forms.ModelForm):  # type: ignore[type-arg]
    """The fields of a sign-up, for an account that only has an address."""

    field_order = ("username", "first_name", "last_name", "password1", "password2")

    class Meta:
        model = User
        fields = ("username", "first_name", "last_name")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["username"] = ""  # not the generated one
        self.fields["username"].help_text = "You can sign in with it, or with your e-mail address."
        if not self.instance.has_usable_password():
            self.fields["password1"] = SetPasswordField(label="Password")
            self.fields["password2"] = PasswordField(
                label="Password (again)", autocomplete="new-password"
            )
        self.order_fields(self.field_order)

    def clean_username(self) -> str:
        return str(get_adapter().clean_username(self.cleaned_data["username"])).lower()

    def clean_password2(self) -> str:
        password: str = self.cleaned_data["password2"]
        if password != self.cleaned_data.get("password1", password):
            raise forms.ValidationError(
                "The two passwords don't match. Type the same password twice."
            )
        return password

    def save(self, commit: bool = True) -> User:  # noqa: FBT001, FBT002
        if password := self.cleaned_data.get("password1"):
            self.instance.set_password(password)
        user: User = super().save(commit)
        return user


class ProfileForm(NameFields, forms.ModelForm):  # type: ignore[type-arg]
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
        zones = time_zone_choices(saved=self.initial.get("time_zone", ""))
        self.fields["time_zone"].choices = zones  # type: ignore[attr-defined]


class PasswordForm(forms.Form):
    """The person's password, requested again before a critical action."""

    password = forms.CharField(
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        help_text="Enter your password to confirm it's you.",
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._user = user

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        if not self._user.check_password(password):
            raise forms.ValidationError("Wrong password. Nothing was changed.")
        return password
