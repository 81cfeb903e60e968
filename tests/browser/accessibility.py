"""What axe-core finds on a page, in light and in dark colors."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from django.conf import settings
from playwright.sync_api import Page

# The browser would run everything twice: only colors differ between light and dark.
_ALL_RULES = "{}"
_COLORS = "{runOnly: ['color-contrast']}"
_FINDINGS = """
async options => (await axe.run(document, options)).violations.map(
  found => `${found.id}: ${found.nodes.map(node => node.html.slice(0, 160)).join(" | ")}`
)
"""


def findings(page: Page) -> list[str]:
    """Return the rules that a page breaks, each with the elements."""
    page.evaluate(_axe())
    page.emulate_media(color_scheme="light", reduced_motion="reduce")  # no fading
    found = page.evaluate(f"({_FINDINGS})({_ALL_RULES})")
    page.emulate_media(color_scheme="dark")
    found += page.evaluate(f"({_FINDINGS})({_COLORS})")
    page.emulate_media(color_scheme=None, reduced_motion=None)
    return [str(one) for one in found]


@cache
def _axe() -> str:
    return (Path(settings.ASSETS_DIR) / "axe-core/axe.min.js").read_text()
