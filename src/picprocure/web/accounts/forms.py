"""Forms about one's own account."""

from __future__ import annotations

from typing import Any

from allauth.account.forms import SignupForm
from django import forms

from picprocure.accounts.models import User
from picprocure.web.forms import has_visible_text, is_on_one_line, time_zone_choices


class NameFields(forms.Form):
    first_name = forms.CharField(
        max_length=80,
        widget=forms.TextInput({"autocomplete": "given-name"}),
        validators=[has_visible_text, is_on_one_line],
    )
    last_name = forms.CharField(
        max_length=80,
        widget=forms.TextInput({"autocomplete": "family-name"}),
        validators=[has_visible_text, is_on_one_line],
    )


class SignUpForm(NameFields, SignupForm):  # type: ignore[misc]
    field_order = ("username", "first_name", "last_name", "email", "password1", "password2")


class ProfileForm(NameFields, forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = User
        fields = ("first_name", "last_name")


class PreferencesForm(forms.ModelForm):  # type: ignore[type-arg]
    time_zone = forms.ChoiceField(
        required=False, help_text="Times on the site and in mails are shown in it."
    )

    class Meta:
        model = User
        fields = ("notify_photos", "notify_hosts", "notify_people", "time_zone")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["time_zone"].choices = time_zone_choices()  # type: ignore[attr-defined]


class PasswordForm(forms.Form):
    """The password again, before something that nobody else may do."""

    password = forms.CharField(
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        help_text="To make sure that it is you.",
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._user = user

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        if not self._user.check_password(password):
            raise forms.ValidationError("This is not your password. Nothing has happened.")
        return password
