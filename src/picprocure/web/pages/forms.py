"""Forms of the general pages."""

from __future__ import annotations

from django import forms


class FeedbackForm(forms.Form):
    text = forms.CharField(
        label="Your message",
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 8}),
    )
