"""The form with which guests ask the hosts for something."""

from __future__ import annotations

from django import forms

from picprocure.events.models import GuestRequest

_LONGEST_TEXT = 300


class RequestForm(forms.Form):
    kind = forms.ChoiceField(choices=GuestRequest.Kind)
    text = forms.CharField(
        label="Which photos could it be?",
        max_length=_LONGEST_TEXT,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2, "maxlength": _LONGEST_TEXT}),
    )

    def clean_kind(self) -> GuestRequest.Kind:
        return GuestRequest.Kind(self.cleaned_data["kind"])

    def clean_text(self) -> str:
        """Return the text in one line."""
        return " ".join(self.cleaned_data["text"].split())
