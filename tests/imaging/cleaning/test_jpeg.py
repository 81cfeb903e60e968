"""Cleaning a JPEG keeps the picture unchanged and removes the rest."""

from __future__ import annotations

import io
import struct
from typing import TYPE_CHECKING

import pytest

from photos import pictures as p
from picprocure.imaging.cleaning import jpeg
from picprocure.imaging.cleaning.errors import Malformed, RareForm
from picprocure.imaging.cleaning.icc import MAX_PROFILE_BYTES, plain_profile

if TYPE_CHECKING:
    from typing import Any

ICC = b"ICC_PROFILE\0"


def cleaned(content: bytes) -> bytes:
    return jpeg.clean(content).content


def icc_parts(*parts: bytes) -> list[tuple[int, bytes]]:
    return [
        (p.APP2, ICC + bytes((number, len(parts))) + part)
        for number, part in enumerate(parts, start=1)
    ]


def kept_profile(content: bytes) -> bytes | None:
    return p.opened(cleaned(content)).info.get("icc_profile")


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"progressive": True},
        {"restart_marker_blocks": 1},
        {"restart_marker_rows": 1, "progressive": True},
        {"subsampling": "4:4:4", "quality": 100},
        {"optimize": True},
    ],
)
def test_picture_data_is_kept_byte_for_byte(options: dict[str, Any]) -> None:
    original = p.telling_jpeg(**options)
    frame = b"\xff\xc2" if options.get("progressive") else b"\xff\xc0"
    picture = original[original.rindex(frame) :]
    assert cleaned(original).endswith(picture)
    assert p.same_pixels(cleaned(original), original)


def test_nothing_but_what_the_picture_needs_is_kept() -> None:
    profile = p.srgb_profile()
    original = p.with_segments(p.telling_jpeg(orientation=6), *icc_parts(profile))
    app0, app1, app2, *tables = p.jpeg_segments(cleaned(original))
    assert app0 == (p.APP0, b"JFIF\0\x01\x01\0\0\x01\0\x01\0\0")
    assert app1 == (
        p.APP1,
        b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06" + bytes(6),
    )
    assert app2 == (p.APP2, ICC + b"\x01\x01" + (plain_profile(profile) or b""))
    assert {marker for marker, _ in tables} == {0xDB, 0xC0, 0xC4}


def test_upright_photo_needs_no_exif() -> None:
    markers = [marker for marker, _ in p.jpeg_segments(cleaned(p.telling_jpeg(orientation=1)))]
    assert p.APP1 not in markers


def test_first_exif_block_counts() -> None:
    first = (p.APP1, b"Exif\0\0" + p.telling_exif(3))
    second = (p.APP1, b"Exif\0\0" + p.telling_exif(6))
    assert jpeg.clean(p.with_segments(p.saved(), first, second)).orientation == 3


def test_jfif_thumbnail_is_left_out() -> None:
    plain = p.saved()
    thumbnail = b"\x01\x01" + p.SECRET[:3]
    jfif = (p.APP0, b"JFIF\0\x01\x02\x01\x01\x2c\x01\x2c" + thumbnail)
    assert next(p.jpeg_segments(cleaned(p.with_segments(plain, jfif)))) == (
        p.APP0,
        b"JFIF\0\x01\x02\x01\x01\x2c\x01\x2c\0\0",
    )


def test_profile_in_several_parts_out_of_order_is_kept() -> None:
    profile = p.srgb_profile()
    first, second, third = icc_parts(profile[:100], profile[100:300], profile[300:])
    content = p.with_segments(p.saved(), third, first, second)
    assert kept_profile(content) == plain_profile(profile)


def test_profile_longer_than_a_segment_is_split_again() -> None:
    big = p.profile_of(p.profile_tags(p.srgb_profile()) | {b"A2B0": bytes(150_000)})
    content = p.with_segments(
        p.saved(), *icc_parts(big[:60_000], big[60_000:120_000], big[120_000:])
    )
    assert kept_profile(content) == plain_profile(big)


@pytest.mark.parametrize(
    "segments",
    [
        icc_parts(p.srgb_profile()[:100], p.srgb_profile()[100:])[:1],
        icc_parts(b"not a profile"),
        icc_parts(b""),
        icc_parts(*[bytes(60_000)] * (MAX_PROFILE_BYTES // 60_000 + 1)),
        [(p.APP2, ICC + b"\0\0" + p.srgb_profile())],
    ],
    ids=["a part is missing", "nonsense", "empty", "too long", "numbered from 0"],
)
def test_profile_that_cannot_be_used_is_left_out(segments: list[tuple[int, bytes]]) -> None:
    content = p.with_segments(p.saved(), *segments)
    assert cleaned(content) == cleaned(p.saved())


def test_profile_says_nothing_about_its_owner() -> None:
    content = p.with_segments(p.saved(), *icc_parts(p.telling_profile()))
    assert p.SECRET in content
    assert p.SECRET not in cleaned(content)
    assert kept_profile(content)


@pytest.mark.parametrize("transform", [0, 2], ids=["cmyk", "ycck"])
def test_adobe_color_transform_is_kept(transform: int) -> None:
    original = p.saved(p.pattern(mode="CMYK"))
    assert original.count(b"Adobe") == 1
    at = original.index(b"Adobe") + 11
    original = original[:at] + bytes((transform,)) + original[at + 1 :]
    assert p.opened(cleaned(original)).info["adobe_transform"] == transform
    assert p.same_pixels(cleaned(original), original)


def test_rgb_jpeg_keeps_its_colors() -> None:
    """Only Adobe's segment tells that three colors are not YCbCr."""
    original = p.saved(keep_rgb=True)
    assert p.same_pixels(cleaned(original), original)


def test_adobe_segment_with_more_in_it_is_cut_to_its_fields() -> None:
    content = p.with_segments(p.saved(), (p.APP14, b"Adobe\0\x64\0\0\0\0\x01" + p.SECRET))
    assert p.SECRET not in cleaned(content)


def test_comment_between_passes_is_left_out() -> None:
    original = p.saved(progressive=True)
    at = original.rindex(b"\xff\xda")
    comments = p.segment(p.COM, p.SECRET) + p.segment(p.APP1, b"Exif\0\0" + p.telling_exif(6))
    assert cleaned(original[:at] + comments + original[at:]) == cleaned(original)


def test_tables_behind_the_last_pass_are_left_out() -> None:
    original = p.saved()
    table = p.segment(0xDB, b"\x03" + p.SECRET * 4 + bytes(8))
    assert cleaned(original[:-2] + table + p.EOI) == cleaned(original)


def test_number_of_lines_behind_the_picture_is_left_out() -> None:
    original = p.saved()
    assert cleaned(original[:-2] + p.segment(0xDC, b"\0\x40") + p.EOI) == cleaned(original)


@pytest.mark.parametrize("padding", [b"\xff", b"\xff" * 50, b"\0" * 7, b"\0\0\xff\xff"])
def test_padding_before_a_marker_is_left_out(padding: bytes) -> None:
    original = p.saved()
    assert cleaned(original[:20] + padding + original[20:]) == cleaned(original)


def test_only_the_first_picture_of_several_is_kept() -> None:
    second = p.pattern(32, 32)
    content = p.saved(p.pattern(), "MPO", save_all=True, append_images=[second])
    photo = p.opened(cleaned(content))
    assert (photo.format, photo.size, getattr(photo, "n_frames", 1)) == ("JPEG", (96, 64), 1)
    assert len(cleaned(content)) == len(cleaned(p.saved()))


def test_dimensions_need_no_more_than_the_frame_header() -> None:
    content = p.saved()
    assert jpeg.dimensions(content[: content.index(b"\xff\xc0") + 20]) == (96, 64)


def test_restart_markers_do_not_end_a_scan() -> None:
    content = p.saved(restart_marker_blocks=1)
    assert b"\xff\xd0" in content
    assert cleaned(content) == content


def test_long_run_of_fill_bytes_is_judged_quickly() -> None:
    with pytest.raises(Malformed):
        jpeg.clean(p.SOI + b"\xff" * 20_000_000)
    with pytest.raises(Malformed):
        jpeg.clean(p.SOI + bytes(20_000_000))
    picture = p.saved()
    assert cleaned(picture[:-2] + b"\xff" * 20_000_000) == cleaned(picture)


@pytest.mark.parametrize("marker", [0xC3, 0xC5, 0xC9, 0xCA, 0xCC, 0xDE, 0xDF])
def test_rare_forms_are_named(marker: int) -> None:
    content = p.SOI + p.segment(marker, bytes(20)) + p.saved()[2:]
    with pytest.raises(RareForm, match="rare form of JPEG"):
        jpeg.clean(content)


def test_two_colors_are_a_rare_form() -> None:
    frame = p.segment(0xC0, struct.pack(">BHHB", 8, 8, 8, 2) + bytes(6))
    with pytest.raises(RareForm, match="2 colors"):
        jpeg.dimensions(p.SOI + frame)


def test_thumbnail_is_never_taken_for_the_photo() -> None:
    """A broken length must not lead into the thumbnail inside the EXIF block."""
    exif = b"Exif\0\0" + p.telling_exif()
    content = bytearray(p.with_segments(p.saved(), (p.APP1, exif)))
    thumbnail = content.index(p.SOI, 10)
    struct.pack_into(">H", content, 4, thumbnail - 4)
    with pytest.raises(Malformed):
        jpeg.clean(bytes(content))


def test_cleaned_file_is_read_by_pillow_without_complaint() -> None:
    with io.BytesIO(cleaned(p.telling_jpeg(orientation=8))) as file:
        image = p.opened(file.getvalue())
    assert dict(image.getexif()) == {0x0112: 8}
