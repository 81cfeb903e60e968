"""JPEG files (ITU-T T.81), rewritten to what a decoder needs for the picture.

Kept as they are: the frame, its tables, and its scans with every byte of compressed data.
Kept in a form of our own: JFIF's version and density, the orientation, the color profile,
Adobe's color transform. All else is left out: other application segments, comments,
thumbnails, and whatever stands behind the end of the picture (the other pictures of a
multi-picture file, a phone's video, the rest of an overwritten larger file, an archive).
"""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from picprocure.photos.cleaning import exif
from picprocure.photos.cleaning.cleaned import Cleaned
from picprocure.photos.cleaning.errors import Malformed, RareForm
from picprocure.photos.cleaning.icc import MAX_PROFILE_BYTES, plain_profile
from picprocure.photos.cleaning.metadata import NO_METADATA, Metadata

if TYPE_CHECKING:
    from collections.abc import Iterator

# Far more than a real file has. Each scan costs a decoder one pass over the whole picture,
# however few bytes it takes in the file.
MAX_SCANS = 64
MAX_SEGMENTS = 5_000

_SOI = b"\xff\xd8"
_EOI = b"\xff\xd9"
_END_OF_IMAGE, _SCAN, _LINES, _COMMENT = 0xD9, 0xDA, 0xDC, 0xFE
_APP0, _APP1, _APP2, _APP14 = 0xE0, 0xE1, 0xE2, 0xEE
_TABLES = frozenset({0xC4, 0xDB, 0xDD})  # Huffman, quantization, restart interval
_COMMON_FRAMES = frozenset({0xC0, 0xC1, 0xC2})  # baseline, extended, progressive; all Huffman
_RARE_FRAMES = frozenset({*range(0xC3, 0xD0), 0xDE, 0xDF}) - _TABLES
_OF_THE_PICTURE = _TABLES | _COMMON_FRAMES | {_SCAN}
_LEFT_OUT = frozenset({*range(0xE0, 0xF0), _COMMENT, _LINES})

_LENGTH_BYTES = 2
_BITS = 8
_COMPONENTS = frozenset({1, 3, 4})  # gray, color, CMYK

_JFIF = b"JFIF\0"
_JFIF_BYTES = 14
_ADOBE = b"Adobe"
_ADOBE_BYTES = 12
_ICC = b"ICC_PROFILE\0"
_ICC_PART_BYTES = 65_519  # a segment's 65,533 less the identifier and two counters

_MARKER = re.compile(rb"\x00*\xff+([^\x00\xff])")  # padding before a marker is lawful
_END_OF_SCAN = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")


@dataclass(frozen=True, slots=True)
class _Segment:
    marker: int
    body: bytes
    scan: memoryview  # the compressed data that follows a start of scan; else empty

    @property
    def header(self) -> bytes:
        return struct.pack(">BBH", 0xFF, self.marker, len(self.body) + _LENGTH_BYTES) + self.body


@dataclass(slots=True)
class _Picture:
    """The segments of the picture itself, as they are."""

    size: tuple[int, int] | None = None
    scans: int = 0
    parts: list[bytes | memoryview] = field(default_factory=list)
    waiting: list[bytes] = field(default_factory=list)  # behind the last scan nobody needs them

    def take(self, segment: _Segment) -> None:
        if segment.marker == _SCAN:
            self.scans += 1
            self.parts += [*self.waiting, segment.header, segment.scan]
            self.waiting.clear()
            return
        if segment.marker in _COMMON_FRAMES:
            if self.size:
                raise Malformed("it has two frame headers")
            self.size = _frame_dimensions(segment)
        self.waiting.append(segment.header)


@dataclass(slots=True)
class _Extras:
    """What the segments before the first scan say beyond the picture data."""

    jfif: bytes | None = None
    adobe: bytes | None = None
    exif_block: bytes = b""
    icc_parts: dict[int, bytes] = field(default_factory=dict)
    icc_count: int = 0

    def take(self, segment: _Segment) -> None:
        body = segment.body
        if segment.marker == _APP0 and body.startswith(_JFIF) and len(body) >= _JFIF_BYTES:
            self.jfif = self.jfif or body[: _JFIF_BYTES - 2] + bytes(2)  # no thumbnail
        elif segment.marker == _APP1 and body.startswith(exif.JPEG_PREFIX):
            self.exif_block = self.exif_block or body
        elif segment.marker == _APP2 and body.startswith(_ICC) and len(body) > len(_ICC) + 2:
            number, self.icc_count = body[len(_ICC)], body[len(_ICC) + 1]
            self.icc_parts.setdefault(number, body[len(_ICC) + 2 :])
        elif segment.marker == _APP14 and body.startswith(_ADOBE) and len(body) >= _ADOBE_BYTES:
            self.adobe = body[:_ADOBE_BYTES]  # decoders go by the last one

    @property
    def orientation(self) -> int:
        return exif.read_orientation(self.exif_block)

    def written(self, metadata: Metadata) -> bytes:
        parts = [_segment(_APP0, self.jfif)] if self.jfif else []
        parts += _metadata_segments(metadata, self.orientation)
        parts += _icc_segments(self._profile())
        if self.adobe:
            parts.append(_segment(_APP14, self.adobe))
        return b"".join(parts)

    def _profile(self) -> bytes | None:
        numbers = sorted(self.icc_parts)
        whole = bool(numbers) and numbers == list(range(1, self.icc_count + 1))
        size = sum(map(len, self.icc_parts.values()))
        if not whole or size > MAX_PROFILE_BYTES:
            return None
        return plain_profile(b"".join(self.icc_parts[number] for number in numbers))


def dimensions(content: bytes) -> tuple[int, int]:
    """Width and height as stored, in pixels, from the frame header alone.

    Raises Malformed and RareForm.
    """
    for segment in _segments(content):
        if segment.marker in _COMMON_FRAMES:
            return _frame_dimensions(segment)
    raise Malformed("it holds no picture")


def clean(content: bytes, metadata: Metadata = NO_METADATA) -> Cleaned:
    """The picture, and what is given to be said of it. Raises Malformed and RareForm."""
    picture, extras = _Picture(), _Extras()
    for segment in _segments(content):
        if segment.marker in _OF_THE_PICTURE:
            picture.take(segment)
        elif not picture.scans:
            extras.take(segment)
    if not picture.size or not picture.scans:
        raise Malformed("it holds no picture")
    if picture.scans > MAX_SCANS:
        raise RareForm(f"a rare form of JPEG ({picture.scans} passes; {MAX_SCANS} is the most)")
    written = b"".join((_SOI, extras.written(metadata), *picture.parts, _EOI))
    return Cleaned(written, *picture.size, extras.orientation)


def _segments(content: bytes) -> Iterator[_Segment]:
    """The segments between start and end of the image, in order."""
    view = memoryview(content)
    position = len(_SOI)
    for _ in range(MAX_SEGMENTS):
        found = _MARKER.match(content, position)
        if not found:
            at_end = position >= len(content)
            raise Malformed("its end is missing" if at_end else "its parts do not fit together")
        marker = found.group(1)[0]
        if marker == _END_OF_IMAGE:
            return
        _check_marker(marker)
        body, position = _body(content, found.end())
        end = _end_of_scan(content, position) if marker == _SCAN else position
        yield _Segment(marker, body, view[position:end])
        position = end
    raise Malformed(f"it has more than {MAX_SEGMENTS:,} parts")


def _check_marker(marker: int) -> None:
    if marker in _RARE_FRAMES:
        raise RareForm("a rare form of JPEG (lossless, hierarchical or arithmetic)")
    if marker not in _OF_THE_PICTURE | _LEFT_OUT:
        raise Malformed("its parts do not fit together")


def _body(content: bytes, position: int) -> tuple[bytes, int]:
    """What a segment says, without its length, and where it ends."""
    length = int.from_bytes(content[position : position + _LENGTH_BYTES], "big")
    end = position + length
    if length < _LENGTH_BYTES or end > len(content):
        raise Malformed("it is cut off, or a part's length is wrong")
    return content[position + _LENGTH_BYTES : end], end


def _end_of_scan(content: bytes, position: int) -> int:
    found = _END_OF_SCAN.search(content, position)
    if not found:
        raise Malformed("its end is missing")
    return found.start()


def _frame_dimensions(frame: _Segment) -> tuple[int, int]:
    try:
        bits, height, width, components = struct.unpack_from(">BHHB", frame.body)
    except struct.error as error:
        raise Malformed("its frame header is too short") from error
    if bits != _BITS or components not in _COMPONENTS:
        raise RareForm(f"a rare form of JPEG ({bits} bits, {components} colors)")
    if not width or not height:
        raise Malformed(f"its size is said to be {width} by {height} pixels")
    return width, height


def _segment(marker: int, body: bytes) -> bytes:
    return _Segment(marker, body, memoryview(b"")).header


def _metadata_segments(metadata: Metadata, orientation: int) -> list[bytes]:
    parts = []
    block = metadata.exif_block(orientation)
    if block:
        parts.append(_segment(_APP1, exif.JPEG_PREFIX + block))
    return parts


def _icc_segments(profile: bytes | None) -> list[bytes]:
    if profile is None:
        return []
    starts = range(0, len(profile), _ICC_PART_BYTES)
    return [
        _segment(_APP2, _ICC + bytes((number, len(starts))) + profile[at : at + _ICC_PART_BYTES])
        for number, at in enumerate(starts, start=1)
    ]
