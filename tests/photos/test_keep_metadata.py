"""Events that keep metadata: the text is kept, and embedded pictures are removed."""

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


def receive_with_metadata(content: bytes) -> CleanPhoto:
    return p.received(content, keep_metadata=True)


def gps_of(content: bytes) -> Any:
    return p.opened(content).getexif().get_ifd(ExifTags.IFD.GPSInfo)


def photo(kind: str, **options: Any) -> bytes:
    return p.saved(kind=kind, exif=exif_of(), **options)


def encoded_with(encode: Callable[..., bytes]) -> bytes:
    return encode(p.pattern(), exif=exif_of())


EVERY_KIND = pytest.mark.parametrize(
    "content",
    [
        photo("JPEG"),
        photo("PNG"),
        photo("WebP"),
        *(encoded_with(encode) for encode in (heic, avif, tiff, raw)),
    ],
    ids=["jpeg", "png", "webp", "heic", "avif", "tiff", "raw"],
)


@EVERY_KIND
def test_place_and_owner_are_kept(content: bytes) -> None:
    received = receive_with_metadata(content)
    assert received.has_metadata
    exif = p.opened(received.content).getexif()
    assert exif[ExifTags.Base.Artist] == p.SECRET.decode()
    assert gps_of(received.content)[ExifTags.GPS.GPSLatitude] == (48.0, 8.0, 15.0)


@EVERY_KIND
def test_place_and_owner_are_removed_if_the_event_keeps_no_metadata(content: bytes) -> None:
    received = p.received(content)
    assert not received.has_metadata
    assert p.SECRET not in received.content
    assert not gps_of(received.content)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WebP"])
@pytest.mark.parametrize("orientation", [1, *p.STORED_AS])
def test_orientation_is_kept(kind: str, orientation: int) -> None:
    content = p.turned(orientation, kind)
    received, plain = receive_with_metadata(content), p.received(content)
    assert (received.width, received.height) == (plain.width, plain.height) == (96, 64)
    received_orientation = p.opened(received.content).getexif().get(ExifTags.Base.Orientation, 1)
    assert received_orientation == orientation


@pytest.mark.parametrize("encode", [heic, avif, tiff])
def test_converted_photo_has_upright_orientation(encode: Callable[..., bytes]) -> None:
    stored = p.pattern().transpose(p.STORED_AS[6])
    received = receive_with_metadata(encode(stored, exif=exif_of(orientation=6)))
    assert (received.width, received.height) == (96, 64)
    assert p.opened(received.content).getexif()[ExifTags.Base.Orientation] == 1


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WebP"])
def test_picture_data_is_unchanged(kind: str) -> None:
    content = photo(kind)
    assert p.same_pixels(receive_with_metadata(content).content, content)
    if kind == "JPEG":
        scan = content[content.index(b"\xff\xda") :]
        assert receive_with_metadata(content).content.endswith(scan)


def test_thumbnail_is_removed_and_text_is_kept() -> None:
    """A thumbnail may show people who were cut out of the photo."""
    exif = exif_of()
    block = exif.tobytes()
    thumbnail = p.with_segments(p.saved(p.pattern(16, 16)), (p.COM, HIDDEN))
    content = p.with_segments(p.saved(), (p.APP1, block + thumbnail))
    assert HIDDEN in content
    received = receive_with_metadata(content)
    assert HIDDEN not in received.content
    assert gps_of(received.content)


def test_linked_thumbnail_is_removed() -> None:
    first = struct.pack(">IH", 8, 1) + struct.pack(">HHI4s", 0x010F, 2, 4, b"Cam\0")
    link = struct.pack(">I", 8 + 2 + 12 + 4)
    second = struct.pack(">H", 2)
    second += struct.pack(">HHII", 0x0201, 4, 1, 8 + 2 + 12 + 4 + 2 + 24 + 4)
    second += struct.pack(">HHII", 0x0202, 4, 1, len(HIDDEN)) + bytes(4)
    block = b"Exif\0\0MM\0*" + first + link + second + HIDDEN
    received = receive_with_metadata(p.with_segments(p.saved(), (p.APP1, block)))
    exif = p.opened(received.content).getexif()
    assert exif[ExifTags.Base.Make] == "Cam"
    assert HIDDEN not in received.content
    assert not exif.get_ifd(ExifTags.IFD.IFD1)


def test_maker_notes_are_removed() -> None:
    exif = exif_of()
    exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.MakerNote] = HIDDEN
    assert HIDDEN not in receive_with_metadata(p.saved(exif=exif)).content


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WebP", "AVIF", "TIFF"])
def test_xmp_is_removed(kind: str) -> None:
    if kind == "PNG":
        chunk = (b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + XMP)
        content = p.with_chunks(p.saved(kind="PNG"), chunk)
    elif kind == "TIFF":
        content = p.saved(kind="TIFF", tiffinfo={700: XMP})
    else:
        content = p.saved(kind=kind, xmp=XMP)
    received = receive_with_metadata(content)
    assert XMP in content
    assert not received.has_metadata
    assert XMP not in received.content


def test_iptc_is_removed() -> None:
    caption = b"\x1c\x02\x78\0\x07Cheers!"
    resources = b"8BIM\x04\x0c\0\0" + struct.pack(">I", len(HIDDEN)) + HIDDEN
    resources += b"8BIM\x04\x04\0\0" + struct.pack(">I", len(caption)) + caption
    content = p.with_segments(p.saved(), (p.APP13, b"Photoshop 3.0\0" + resources))
    received = receive_with_metadata(content)
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
def test_unknown_parts_and_bytes_after_the_end_are_removed(content: bytes) -> None:
    received = receive_with_metadata(content + HIDDEN)
    assert HIDDEN not in received.content
    assert b"MPF\0" not in received.content
    assert b"ns.adobe.com/xmp/extension" not in received.content
    assert b"prvt" not in received.content.lower()
    assert isinstance(p.opened(received.content), Image.Image)


def test_photo_without_metadata_stays_without() -> None:
    content = p.saved()
    assert receive_with_metadata(content) == p.received(content)
    assert jpeg.clean(content).content == receive_with_metadata(content).content
