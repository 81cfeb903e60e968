"""The quick select of many choices is the same as Django's."""

from __future__ import annotations

from typing import Any

import pytest
from django import forms
from django.test import SimpleTestCase

from picprocure.web.forms import LongSelect

CHOICES = [("", "Site <default>"), ("A/B", "A/B"), ("C'D", 'C"D')]


def field(widget: type[forms.Select], options: dict[str, Any]) -> str:
    class ZoneForm(forms.Form):
        zone = forms.ChoiceField(
            choices=CHOICES, required=False, help_text="Help", widget=widget(attrs={"data-x": True})
        )

    return str(ZoneForm(**options)["zone"])


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"initial": {"zone": "A/B"}},
        {"initial": {"zone": None}},
        {"data": {"zone": "C'D"}},
        {"data": {"zone": "no choice"}},
        {"data": {}},
    ],
    ids=str,
)
def test_select_is_like_djangos(options: dict[str, Any]) -> None:
    SimpleTestCase().assertHTMLEqual(field(LongSelect, options), field(forms.Select, options))
