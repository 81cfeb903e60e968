from __future__ import annotations

import pytest

from picprocure.imaging import errors

UNUSABLE_IMAGES = [
    errors.UnreadableImage("a.jpg", "it is damaged"),
    errors.ImageTooLarge("a.jpg", 10_000, 8_000, 50_000_000),
    errors.FileTooLarge("a.tif", 300_000_000, 256_000_000),
]


@pytest.mark.parametrize("error", UNUSABLE_IMAGES, ids=lambda error: type(error).__name__)
def test_a_message_says_what_was_found_and_then_what_to_do(error: errors.UnusableImage) -> None:
    found, _, advice = str(error).partition(". ")
    assert found
    assert advice.endswith(".")


def test_messages_carry_the_values() -> None:
    _, too_many_pixels, too_many_bytes = map(str, UNUSABLE_IMAGES)
    assert "10,000 by 8,000 pixels, 80 megapixels" in too_many_pixels
    assert "50 megapixels" in too_many_pixels
    assert "a.tif is 300 MB; the limit here is 256 MB" in too_many_bytes


def test_the_tree_can_be_caught_by_its_branches() -> None:
    assert all(isinstance(error, errors.UnusableImage) for error in UNUSABLE_IMAGES)
    assert issubclass(errors.UnusableImage, errors.ImagingError)
