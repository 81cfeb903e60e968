"""Forms about events."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.core.validators import validate_email

from picprocure.events.models import Event
from picprocure.web.forms import CoverField, PhotosField, has_visible_text, is_on_one_line

LONGEST_REGISTRATION_HOURS = 24 * 14
MOST_ADDRESSES = 2_000


class EventForm(forms.Form):
    name = forms.CharField(max_length=80, validators=[has_visible_text, is_on_one_line])
    description = forms.CharField(
        max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 4})
    )
    cover = CoverField(
        label="Cover image",
        required=False,
        help_text="Everybody who is signed in sees it, so choose one that shows nobody.",
    )
    registration_hours = forms.IntegerField(
        label="Registration stays open for (hours)",
        min_value=1,
        max_value=LONGEST_REGISTRATION_HOURS,
        help_text="You can close it earlier. Photos are uploaded once it has closed.",
    )

    approval = forms.BooleanField(
        label="I admit people myself",
        required=False,
        initial=True,
        help_text="You see the name and the face of everybody who registers, and nothing is "
        "delivered to them before you have admitted them. Without this, whoever registers gets "
        "the photos that match the face they show: somebody could show another person's.",
    )

    live_capture = forms.ChoiceField(
        label="People turn their head before the camera",
        choices=Event.LiveCapture.choices,
        required=False,
        initial=Event.LiveCapture.OFF,
        help_text="It makes it harder to take part with a photo of somebody else. It proves "
        "nothing: a film of them would do. Who has no camera can't do it.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        hours = settings.REGISTRATION_LENGTH // timedelta(hours=1)
        self.fields["registration_hours"].initial = hours

    def clean_live_capture(self) -> Event.LiveCapture:
        return Event.LiveCapture(self.cleaned_data["live_capture"] or Event.LiveCapture.OFF)

    @property
    def registration_length(self) -> timedelta:
        return timedelta(hours=self.cleaned_data["registration_hours"])


class ExpectedForm(forms.Form):
    """E-mail addresses, one on each line; cleaned to a list of them."""

    addresses = forms.CharField(
        label="E-mail addresses",
        max_length=200_000,
        widget=forms.Textarea(attrs={"rows": 8, "autocapitalize": "off", "spellcheck": "false"}),
        help_text="One on each line.",
    )

    def clean_addresses(self) -> list[str]:
        lines = [line.strip() for line in self.cleaned_data["addresses"].splitlines()]
        addresses = [line for line in lines if line]
        if len(addresses) > MOST_ADDRESSES:
            raise forms.ValidationError(
                f"These are {len(addresses)} addresses; at most {MOST_ADDRESSES} are taken at once."
            )
        for address in addresses:
            try:
                validate_email(address)
            except forms.ValidationError as error:
                raise forms.ValidationError(
                    f"“{address[:80]}” is no e-mail address. Correct it; nothing was added."
                ) from error
        return addresses


class UploadForm(forms.Form):
    photos = PhotosField(label="Photos")
