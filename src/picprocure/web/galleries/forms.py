"""The form with which guests ask the hosts for something."""

from __future__ import annotations

from typing import Any

from django import forms

from picprocure.events.models import GuestRequest
from picprocure.web.forms import TextField

_LONGEST_TEXT = 300


class _OneLineField(TextField):
    """Text whose lines become one, before its length is checked."""

    def to_python(self, value: Any) -> str:
        return " ".join(super().to_python(value).split())


class RequestForm(forms.Form):
    kind = forms.ChoiceField(choices=GuestRequest.Kind)
    text = _OneLineField(
        label="Which photos could it be?",
        max_length=_LONGEST_TEXT,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2, "maxlength": _LONGEST_TEXT}),
    )

    def clean_kind(self) -> GuestRequest.Kind:
        return GuestRequest.Kind(self.cleaned_data["kind"])
