"""Forms for enrollment and for joining events."""

from __future__ import annotations

from typing import Any

from django import forms

from picprocure.accounts.consent import CURRENT_CONSENT, EVENT_CONSENT
from picprocure.imaging.loaded_image import LoadedImage
from picprocure.photos.errors import RefusedPhoto
from picprocure.recognition.reference_photos import read_picture
from picprocure.web.forms import PORTRAIT_TYPES, PhotoInput

WITHOUT = "We need your consent to find you in photos. Nothing was saved."


class EnrollmentForm(forms.Form):
    """A photo of the person's face, and the consents. They are always requested again, unticked.

    Attributes:
        picture: The decoded photo. It is analyzed only if the rest of the form is valid.
    """

    photo = forms.FileField(
        label="Photo of you",
        allow_empty_file=True,  # read_picture refuses it by name
        widget=PhotoInput({"accept": PORTRAIT_TYPES}),
        help_text="Your face from the front, in good light. JPEG, PNG, WebP or HEIC.",
    )
    consent = forms.BooleanField(
        label=CURRENT_CONSENT.agreement, error_messages={"required": WITHOUT}
    )
    event_consent = forms.BooleanField(
        label=EVENT_CONSENT.agreement, error_messages={"required": WITHOUT}
    )

    picture: LoadedImage

    def __init__(self, *args: Any, for_event: bool, has_consented: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not for_event:
            del self.fields["event_consent"]
        if has_consented:
            del self.fields["consent"]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        upload = cleaned.get("photo")
        if upload is not None and not self.errors:
            try:
                self.picture = read_picture(upload, name=upload.name, size=upload.size)
            except RefusedPhoto as refused:
                self.add_error("photo", str(refused))
        return cleaned


class ChoiceForm(forms.Form):
    """Which of several faces is the person's own."""

    face = forms.TypedChoiceField(
        label="Which face is yours?",
        coerce=int,
        widget=forms.RadioSelect,
        error_messages={"required": "Choose your face."},
    )

    def __init__(self, *args: Any, count: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["face"].choices = [  # type: ignore[attr-defined]
            (index, f"Face {index + 1} of {count}, from the left") for index in range(count)
        ]


class JoinForm(forms.Form):
    event_consent = forms.BooleanField(
        label=EVENT_CONSENT.agreement, error_messages={"required": WITHOUT}
    )
