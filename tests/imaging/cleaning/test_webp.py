"""Cleaning a WebP keeps the picture unchanged and removes the rest."""

from __future__ import annotations

import pytest

from photos import pictures as p
from picprocure.imaging.cleaning import webp
from picprocure.imaging.cleaning.icc import plain_profile

LOSSY = p.riff_chunks(p.saved(kind="WEBP"))[b"VP8 "]
ALPHA = p.pattern(mode="RGBA")
ALPHA.putalpha(p.pattern(mode="L"))


def cleaned(content: bytes) -> bytes:
    return webp.clean(content).content


def test_picture_data_is_kept_byte_for_byte() -> None:
    assert p.riff_chunks(cleaned(p.telling_webp())) == {b"VP8 ": LOSSY}


@pytest.mark.parametrize("lossless", [True, False])
def test_alpha_is_kept(lossless: bool) -> None:
    original = p.saved(ALPHA, "WEBP", lossless=lossless)
    assert p.same_pixels(cleaned(original), original)
    assert p.opened(cleaned(original)).mode == "RGBA"


def test_alpha_is_kept_beside_an_orientation() -> None:
    for lossless in (True, False):
        original = p.saved(ALPHA, "WEBP", lossless=lossless, exif=p.telling_exif(6))
        result = webp.clean(original)
        assert result.orientation == 6
        assert p.riff_chunks(result.content)[b"VP8X"][0] == 0x18  # alpha and EXIF
        assert p.same_pixels(result.content, original)


def test_orientation_is_kept_bare() -> None:
    result = cleaned(p.telling_webp(orientation=3))
    chunks = p.riff_chunks(result)
    assert list(chunks) == [b"VP8X", b"VP8 ", b"EXIF"]
    assert chunks[b"VP8X"] == p.extended(96, 64, 0x08)[1]
    assert len(chunks[b"EXIF"]) == 26
    assert dict(p.opened(result).getexif()) == {0x0112: 3}


def test_profile_is_kept_plain() -> None:
    original = p.saved(kind="WEBP", icc_profile=p.telling_profile(), xmp=p.SECRET)
    result = cleaned(original)
    assert p.SECRET not in result
    assert p.riff_chunks(result)[b"VP8X"][0] == 0x20
    assert p.opened(result).info["icc_profile"] == plain_profile(p.telling_profile())


def test_profile_that_cannot_be_used_is_left_out() -> None:
    content = p.riff(p.extended(96, 64, 0x20), (b"ICCP", p.SECRET), (b"VP8 ", LOSSY))
    assert cleaned(content) == p.riff((b"VP8 ", LOSSY))


def test_flags_that_promise_what_is_not_there_are_corrected() -> None:
    content = p.riff(p.extended(96, 64, 0x3C), (b"VP8 ", LOSSY))
    assert cleaned(content) == p.riff((b"VP8 ", LOSSY))


def test_alpha_of_another_kind_of_picture_is_left_out() -> None:
    lossless = p.riff_chunks(p.saved(kind="WEBP", lossless=True))[b"VP8L"]
    content = p.riff(p.extended(96, 64, 0x10), (b"ALPH", p.SECRET), (b"VP8L", lossless))
    assert cleaned(content) == p.riff((b"VP8L", lossless))


def test_second_picture_is_left_out() -> None:
    content = p.riff(p.extended(96, 64, 0), (b"VP8 ", LOSSY), (b"VP8 ", p.SECRET))
    assert cleaned(content) == p.riff((b"VP8 ", LOSSY))


def test_odd_lengths_are_padded() -> None:
    for width in range(20, 30):
        original = p.saved(p.pattern(width, 9), "WEBP", lossless=True)
        assert len(cleaned(original)) % 2 == 0
        assert p.same_pixels(cleaned(original), original)
