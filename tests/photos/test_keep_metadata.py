"""Events that keep what photos tell: the words come through, and no picture within the picture."""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any

import pytest
from PIL import ExifTags, Image

from picprocure.imaging.cleaning import jpeg
from picprocure.photos.intake import CleanPhoto

from . import pictures as p
from .test_conversion import avif, exif_of, heic, raw, tiff

XMP = b"<x:xmpmeta><dc:creator>Jo</dc:creator></x:xmpmeta>"
HIDDEN = b"HIDDEN-PICTURE"


def kept(content: bytes) -> CleanPhoto:
    return p.received(content, keep_metadata=True)


def place_of(content: bytes) -> Any:
    return p.opened(content).getexif().get_ifd(ExifTags.IFD.GPSInfo)


def photo(kind: str, **options: Any) -> bytes:
    return p.saved(kind=kind, exif=exif_of(), **options)


def made_by(maker: Callable[..., bytes]) -> bytes:
    return maker(p.pattern(), exif=exif_of())


EVERY_KIND = pytest.mark.parametrize(
    "content",
    [
        photo("JPEG"),
        photo("PNG"),
        photo("WebP"),
        *(made_by(maker) for maker in (heic, avif, tiff, raw)),
    ],
    ids=["jpeg", "png", "webp", "heic", "avif", "tiff", "raw"],
)


@EVERY_KIND
def test_place_and_owner_come_through_where_they_are_kept(content: bytes) -> None:
    received = kept(content)
    assert received.has_metadata
    exif = p.opened(received.content).getexif()
    assert exif[ExifTags.Base.Artist] == p.SECRET.decode()
    assert place_of(received.content)[ExifTags.GPS.GPSLatitude] == (48.0, 8.0, 15.0)


@EVERY_KIND
def test_and_nowhere_else(content: bytes) -> None:
    received = p.received(content)
    assert not received.has_metadata
    assert p.SECRET not in received.content
    assert not place_of(received.content)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WebP"])
@pytest.mark.parametrize("orientation", [1, *p.STORED_AS])
def test_it_is_turned_as_before(kind: str, orientation: int) -> None:
    content = p.turned(orientation, kind)
    received, plain = kept(content), p.received(content)
    assert (received.width, received.height) == (plain.width, plain.height) == (96, 64)
    turn = p.opened(received.content).getexif().get(ExifTags.Base.Orientation, 1)
    assert turn == orientation


@pytest.mark.parametrize("maker", [heic, avif, tiff])
def test_what_became_upright_is_not_turned_again(maker: Callable[..., bytes]) -> None:
    stored = p.pattern().transpose(p.STORED_AS[6])
    received = kept(maker(stored, exif=exif_of(orientation=6)))
    assert (received.width, received.height) == (96, 64)
    assert p.opened(received.content).getexif()[ExifTags.Base.Orientation] == 1


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WebP"])
def test_picture_data_is_the_same(kind: str) -> None:
    content = photo(kind)
    assert p.same_pixels(kept(content).content, content)
    if kind == "JPEG":
        scan = content[content.index(b"\xff\xda") :]
        assert kept(content).content.endswith(scan)


def test_the_thumbnail_is_gone_and_the_words_beside_it_stay() -> None:
    """Such as shows whom somebody cut out of the photo."""
    exif = exif_of()
    block = exif.tobytes()
    thumbnail = p.with_segments(p.saved(p.pattern(16, 16)), (p.COM, HIDDEN))
    content = p.with_segments(p.saved(), (p.APP1, block + thumbnail))
    assert HIDDEN in content
    received = kept(content)
    assert HIDDEN not in received.content
    assert place_of(received.content)


def test_a_linked_thumbnail_is_gone_too() -> None:
    first = struct.pack(">IH", 8, 1) + struct.pack(">HHI4s", 0x010F, 2, 4, b"Cam\0")
    link = struct.pack(">I", 8 + 2 + 12 + 4)
    second = struct.pack(">H", 2)
    second += struct.pack(">HHII", 0x0201, 4, 1, 8 + 2 + 12 + 4 + 2 + 24 + 4)
    second += struct.pack(">HHII", 0x0202, 4, 1, len(HIDDEN)) + bytes(4)
    block = b"Exif\0\0MM\0*" + first + link + second + HIDDEN
    received = kept(p.with_segments(p.saved(), (p.APP1, block)))
    exif = p.opened(received.content).getexif()
    assert exif[ExifTags.Base.Make] == "Cam"
    assert HIDDEN not in received.content
    assert not exif.get_ifd(ExifTags.IFD.IFD1)


def test_makers_notes_are_gone() -> None:
    exif = exif_of()
    exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.MakerNote] = HIDDEN
    assert HIDDEN not in kept(p.saved(exif=exif)).content


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WebP", "AVIF", "TIFF"])
def test_an_xmp_packet_that_may_name_others_does_not_come_through(kind: str) -> None:
    if kind == "PNG":
        chunk = (b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + XMP)
        content = p.with_chunks(p.saved(kind="PNG"), chunk)
    elif kind == "TIFF":
        content = p.saved(kind="TIFF", tiffinfo={700: XMP})
    else:
        content = p.saved(kind=kind, xmp=XMP)
    received = kept(content)
    assert XMP in content
    assert not received.has_metadata
    assert XMP not in received.content


def test_nothing_of_iptc_comes_through() -> None:
    caption = b"\x1c\x02\x78\0\x07Cheers!"
    resources = b"8BIM\x04\x0c\0\0" + struct.pack(">I", len(HIDDEN)) + HIDDEN
    resources += b"8BIM\x04\x04\0\0" + struct.pack(">I", len(caption)) + caption
    content = p.with_segments(p.saved(), (p.APP13, b"Photoshop 3.0\0" + resources))
    received = kept(content)
    assert caption not in received.content
    assert HIDDEN not in received.content


@pytest.mark.parametrize(
    "content",
    [
        p.telling_jpeg(),
        p.telling_png(),
        p.telling_webp(),
        p.with_segments(p.saved(), (p.APP1, b"Exif\0\0" + bytes(40))),
        p.with_segments(p.saved(), (p.APP1, b"Exif\0\0II*\0\xff\xff\xff\xff")),
    ],
    ids=["jpeg", "png", "webp", "nonsense", "out of the block"],
)
def test_nothing_behind_the_end_and_no_foreign_part_comes_through(content: bytes) -> None:
    received = kept(content + HIDDEN)
    assert HIDDEN not in received.content
    assert b"MPF\0" not in received.content
    assert b"ns.adobe.com/xmp/extension" not in received.content
    assert b"prvt" not in received.content.lower()
    assert isinstance(p.opened(received.content), Image.Image)


def test_a_photo_that_tells_nothing_is_as_without() -> None:
    content = p.saved()
    assert kept(content) == p.received(content)
    assert jpeg.clean(content).content == kept(content).content
