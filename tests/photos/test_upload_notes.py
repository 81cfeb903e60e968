"""Notes at the upload name the parts of a photo that are removed, and the parts are removed."""

from __future__ import annotations

import pytest

from picprocure.photos.upload_notes import END_MISSING, HDR_REMOVED, VIDEO_REMOVED

from . import pictures as p
from .test_conversion import avif, heic

XMP = b"http://ns.adobe.com/xap/1.0/\0"
ULTRA_HDR = b'<x:xmpmeta xmlns:hdrgm="http://ns.adobe.com/hdr-gain-map/1.0/" hdrgm:Version="1.0"/>'
APPLE = b'<x:xmpmeta xmlns:HDRGainMap="http://ns.apple.com/HDRGainMap/1.0/"/>'
MOTION = (
    b'<x:xmpmeta xmlns:GCamera="http://ns.google.com/photos/1.0/camera/" GCamera:MotionPhoto="1"/>'
)


def gain_map() -> bytes:
    """Return the second picture of a file with its own XMP, as phones write it."""
    return p.with_segments(p.saved(p.pattern(24, 16, "L")), (p.APP1, XMP + ULTRA_HDR + p.SECRET))


def ultra_hdr() -> bytes:
    return p.with_segments(p.saved(), (p.APP1, XMP + ULTRA_HDR), (p.APP2, b"MPF\0" + bytes(20))) + gain_map()  # noqa: E501 # fmt: skip


def iso_jpeg() -> bytes:
    return p.with_segments(p.saved(), (p.APP2, b"urn:iso:std:iso:ts:21496:-1\0" + bytes(4)))


def apple_jpeg() -> bytes:
    return p.saved() + p.with_segments(p.saved(p.pattern(24, 16, "L")), (p.APP1, XMP + APPLE))


@pytest.mark.parametrize(
    ("content", "note"),
    [
        (ultra_hdr(), HDR_REMOVED),
        (iso_jpeg(), HDR_REMOVED),
        (apple_jpeg(), HDR_REMOVED),
        (p.with_segments(p.saved(), (p.APP1, XMP + MOTION)) + bytes(500), VIDEO_REMOVED),
    ],
    ids=["ultra hdr", "iso", "apple", "motion photo"],
)
def test_part_is_removed_with_a_note(content: bytes, note: str) -> None:
    photo = p.received(content)
    assert photo.notes == (note,)
    assert p.same_pixels(photo.content, p.saved())
    for trace in (p.SECRET, b"hdr", b"HDR", b"MPF", b"urn:", b"Motion", b"xmpmeta"):
        assert trace not in photo.content
    assert photo.content.count(p.SOI) == 1


@pytest.mark.parametrize(
    "mark", [b"urn:com:apple:photo:2020:aux:hdrgainmap\0", b"infe\0\0\0\0tmap\0"]
)
def test_converted_photo_has_a_note(mark: bytes) -> None:
    plain = heic(p.pattern())
    marked = plain[:16] + mark[-5:-1] + plain[20:] if b"tmap" in mark else plain + mark
    photo = p.received(marked)
    assert photo.notes == (HDR_REMOVED,)
    assert p.received(plain).notes == ()


@pytest.mark.parametrize(
    "content",
    [
        p.saved(),
        p.telling_jpeg(),
        p.saved(kind="PNG"),
        p.saved(kind="WEBP"),
        heic(p.pattern()),
        avif(p.pattern()) + b"tmap",  # has no meaning after the compressed pictures
        p.saved(kind="MPO", save_all=True, append_images=[p.pattern()]),
    ],
    ids=["jpeg", "telling", "png", "webp", "heic", "avif", "mpo"],
)
def test_other_photos_have_no_notes(content: bytes) -> None:
    assert p.received(content).notes == ()


def test_missing_end_has_a_note_if_rows_of_the_picture_are_missing() -> None:
    content = p.saved(p.pattern(640, 480).effect_spread(30), quality=95)
    assert p.received(content[:-2]).notes == ()
    assert p.received(content[: len(content) * 98 // 100]).notes == (END_MISSING,)
    progressive = p.saved(p.pattern(640, 480).effect_spread(30), progressive=True)
    assert p.received(progressive[: len(progressive) * 98 // 100]).notes == (END_MISSING,)
    assert p.received(content).notes == ()
