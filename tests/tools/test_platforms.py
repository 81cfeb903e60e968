from __future__ import annotations

import pytest

from machine.platforms import Platform, why_unsupported


@pytest.mark.parametrize(
    "here",
    [
        Platform("Linux", "x86_64", ""),
        Platform("Linux", "aarch64", ""),
        Platform("Darwin", "arm64", "14.0"),
        Platform("Darwin", "arm64", "26.1"),
    ],
)
def test_supported_machines_pass(here: Platform) -> None:
    assert why_unsupported(here) is None


@pytest.mark.parametrize(
    ("here", "way_out"),
    [
        (Platform("Darwin", "x86_64", "14.5"), "arm64 Python"),
        (Platform("Darwin", "arm64", "13.6.1"), "Update macOS"),
        (Platform("Linux", "armv7l", ""), "x86_64 and aarch64"),
    ],
)
def test_unsupported_machines_get_the_reason(here: Platform, way_out: str) -> None:
    assert way_out in (why_unsupported(here) or "")
