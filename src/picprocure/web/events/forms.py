"""Forms about events."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.conf import settings

from picprocure.web.forms import CoverField, PhotosField, has_visible_text, is_on_one_line

LONGEST_REGISTRATION_HOURS = 24 * 14


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

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        hours = settings.REGISTRATION_LENGTH // timedelta(hours=1)
        self.fields["registration_hours"].initial = hours

    @property
    def registration_length(self) -> timedelta:
        return timedelta(hours=self.cleaned_data["registration_hours"])


class UploadForm(forms.Form):
    photos = PhotosField(label="Photos")
