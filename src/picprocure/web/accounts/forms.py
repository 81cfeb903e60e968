"""Forms about one's own account."""

from __future__ import annotations

from typing import Any

from allauth.account.forms import SignupForm
from django import forms
from django.db import transaction
from django.http import HttpRequest

from picprocure.accounts.consent import CURRENT_CONSENT
from picprocure.accounts.models import User
from picprocure.faces.errors import FacesError
from picprocure.photos.errors import RefusedPhoto
from picprocure.recognition.engines import current_engine
from picprocure.recognition.enrollment import (
    ReferencePhoto,
    enroll,
    read_reference,
    store_reference,
)
from picprocure.web.forms import PhotoInput, has_visible_text
from picprocure.web.uploads import decoding


class NameFields(forms.Form):
    first_name = forms.CharField(
        max_length=80,
        widget=forms.TextInput({"autocomplete": "given-name"}),
        validators=[has_visible_text],
    )
    last_name = forms.CharField(
        max_length=80,
        widget=forms.TextInput({"autocomplete": "family-name"}),
        validators=[has_visible_text],
    )


class EnrollmentFields(forms.Form):
    """A profile photo with one clear face, and consent to face recognition.

    The photo is looked at once everything else in the form is right, since it takes a while.
    """

    photo = forms.FileField(
        label="Profile photo",
        allow_empty_file=True,  # it is refused by name with the others
        widget=PhotoInput,
        help_text="A recent photo that shows your face, from the front, and nobody else's. "
        "JPEG, PNG or WebP.",
    )
    consent = forms.BooleanField(
        label=CURRENT_CONSENT.agreement,
        error_messages={
            "required": "Without your consent PicProcure can't look for you. Nothing was stored."
        },
    )

    reference_photo: ReferencePhoto

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        upload = cleaned.get("photo")
        if upload is not None and not self.errors:
            try:
                with decoding:
                    self.reference_photo = read_reference(
                        upload, name=upload.name, size=upload.size, engine=current_engine()
                    )
            except (RefusedPhoto, FacesError) as problem:
                self.add_error("photo", str(problem))
        return cleaned


class SignUpForm(NameFields, EnrollmentFields, SignupForm):  # type: ignore[misc]
    field_order = (
        "username",
        "first_name",
        "last_name",
        "email",
        "password1",
        "password2",
        "photo",
        "consent",
    )

    def save(self, request: HttpRequest) -> User:
        reference = store_reference(self.reference_photo)
        with transaction.atomic():
            user: User = super().save(request)
            enroll(user=user, reference=reference, consent_version=CURRENT_CONSENT.version)
        return user


class PhotoForm(EnrollmentFields):
    """Replace the profile photo."""


class ProfileForm(NameFields, forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = User
        fields = ("first_name", "last_name")


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
