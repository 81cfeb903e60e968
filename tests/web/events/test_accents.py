"""The colors of events."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.urls import reverse

from conftest import World
from picprocure.events.models import Event


@pytest.mark.django_db
def test_host_chooses_a_color_for_the_pages_of_an_event(world: World) -> None:
    event, alice = world.event, world.client("alice")
    edit, detail = (reverse(f"events:{name}", args=[event.pk]) for name in ("edit", "detail"))
    for sent, status, kept in (
        ({"accent": "berry"}, 302, "berry"),
        ({"accent": "pink"}, 200, "berry"),
        ({}, 302, "berry"),  # a form without the field
        ({"accent": "teal"}, 302, "teal"),
    ):
        form = {"name": event.name, "availability_days": event.availability_days, **sent}
        assert alice.post(edit, form).status_code == status
        assert Event.objects.get(pk=event.pk).accent == kept
        page = world.client("bob").get(detail).content.decode()
        assert f'class="accented accent-{kept}"' in page
        assert "style=" not in page


def shades_of(accent: str) -> tuple[str, str]:
    """Return the shades of a color for light and dark pages."""
    path = finders.find("picprocure/tokens.css")
    assert path
    style = Path(path).read_text()
    found = re.search(
        rf"\.accent-{accent},[^{{]*{{\s*--accent-on-light: (#\w{{6}});\s*"
        r"--accent-on-dark: (#\w{6});",
        style,
    )
    assert found
    return found[1], found[2]


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colors as WCAG defines it."""
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def luminance(color: str) -> float:
    parts = (int(color[start : start + 2], 16) / 255 for start in (1, 3, 5))
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("accent", Event.Accent.values)
def test_text_in_an_accent_can_be_read(accent: str) -> None:
    light, dark = shades_of(accent)
    for ground in ("#ffffff", "#faf7f1", "#f2ece1"):
        assert contrast(light, ground) >= 4.5
    for ground in ("#12191c", "#1a2327", "#222d31", "#0b2329"):
        assert contrast(dark, ground) >= 4.5
