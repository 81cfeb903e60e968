"""Reduce JPEG files (ITU-T T.81) to what a decoder needs for the picture.

- Kept unchanged: the frame, its tables, and its scans with all compressed data.
- Written again: JFIF's version and density, the orientation, the color profile, and Adobe's color
  transform.
- Removed: other application segments, comments, thumbnails, and bytes between the parts, which
  decoders skip. So is everything behind the end of the picture, such as other pictures, a phone's
  video, an archive, or the rest of a larger file that was overwritten.

If the end is missing, one is written. `imaging/truncated_jpeg.py` decodes the picture to find out
whether enough of it is there.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from picprocure.imaging.cleaning import exif
from picprocure.imaging.cleaning.cleaned import Cleaned
from picprocure.imaging.cleaning.errors import Malformed, RareForm
from picprocure.imaging.cleaning.icc import MAX_PROFILE_BYTES, plain_profile
from picprocure.imaging.jpeg import END_OF_SCAN, MARKER
from picprocure.imaging.limits import MAX_SCANS
from picprocure.imaging.tiff_directory import EXIF_PREFIX

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_SEGMENTS = 5_000  # far more than a real file has

_SOI = b"\xff\xd8"
_EOI = b"\xff\xd9"
_END_OF_IMAGE, _SCAN, _LINES, _COMMENT = 0xD9, 0xDA, 0xDC, 0xFE
_APP0, _APP1, _APP2, _APP14 = 0xE0, 0xE1, 0xE2, 0xEE
_TABLES = frozenset({0xC4, 0xDB, 0xDD})  # Huffman, quantization, restart interval
_COMMON_FRAMES = frozenset({0xC0, 0xC1, 0xC2})  # baseline, extended, progressive; all Huffman
_RARE_FRAMES = frozenset({*range(0xC3, 0xD0), 0xDE, 0xDF}) - _TABLES
_OF_THE_PICTURE = _TABLES | _COMMON_FRAMES | {_SCAN}
_LEFT_OUT = frozenset({*range(0xE0, 0xF0), _COMMENT, _LINES})
_WITHOUT_BODY = frozenset({0x01, *range(0xD0, 0xD8)})  # decoders skip them between segments

_LENGTH_BYTES = 2
_BITS = 8
_COMPONENTS = frozenset({1, 3, 4})  # gray, color, CMYK
_COMPONENT_BYTES = 3
_PROGRESSIVE = 0xC2
_COEFFICIENTS = 64

_JFIF = b"JFIF\0"
_JFIF_BYTES = 14
_ADOBE = b"Adobe"
_ADOBE_BYTES = 12
_ICC = b"ICC_PROFILE\0"
_ICC_PART_BYTES = 65_519  # a segment's 65,533 less the identifier and two counters


@dataclass(frozen=True, slots=True)
class _Segment:
    marker: int
    body: bytes
    scan: memoryview  # the compressed data that follows a start of scan, or nothing

    @property
    def header(self) -> bytes:
        return struct.pack(">BBH", 0xFF, self.marker, len(self.body) + _LENGTH_BYTES) + self.body


@dataclass(slots=True)
class _Picture:
    """The segments of the picture itself, unchanged."""

    size: tuple[int, int] | None = None
    scans: int = 0
    missing: set[tuple[int, int]] = field(default_factory=set)  # component, coefficient
    is_progressive: bool = False
    parts: list[bytes | memoryview] = field(default_factory=list)
    waiting: list[bytes] = field(default_factory=list)  # not needed behind the last scan

    def take(self, segment: _Segment) -> None:
        if segment.marker == _SCAN:
            self.scans += 1
            self.missing -= _refined_by(segment.body, is_progressive=self.is_progressive)
            self.parts += [*self.waiting, segment.header, segment.scan]
            self.waiting.clear()
            return
        if segment.marker in _COMMON_FRAMES:
            if self.size:
                raise Malformed("it has two frame headers")
            self.size = _frame_dimensions(segment)
            self.is_progressive = segment.marker == _PROGRESSIVE
            self.missing = _coefficients_of(segment.body)
        self.waiting.append(segment.header)


@dataclass(slots=True)
class _Extras:
    """What other segments before the first scan say."""

    jfif: bytes | None = None
    adobe: bytes | None = None
    exif_block: bytes = b""
    icc_parts: dict[int, bytes] = field(default_factory=dict)
    icc_count: int = 0

    def take(self, segment: _Segment) -> None:
        body = segment.body
        if segment.marker == _APP0 and body.startswith(_JFIF) and len(body) >= _JFIF_BYTES:
            self.jfif = self.jfif or body[: _JFIF_BYTES - 2] + bytes(2)  # no thumbnail
        elif segment.marker == _APP1 and body.startswith(EXIF_PREFIX):
            self.exif_block = self.exif_block or body
        elif segment.marker == _APP2 and body.startswith(_ICC) and len(body) > len(_ICC) + 2:
            number, self.icc_count = body[len(_ICC)], body[len(_ICC) + 1]
            self.icc_parts.setdefault(number, body[len(_ICC) + 2 :])
        elif segment.marker == _APP14 and body.startswith(_ADOBE) and len(body) >= _ADOBE_BYTES:
            self.adobe = body[:_ADOBE_BYTES]  # decoders use the last one

    @property
    def orientation(self) -> int:
        return exif.read_orientation(self.exif_block)

    def written(self, describe: exif.Describe) -> bytes:
        """Return the segments to write before the picture."""
        parts = [_segment(_APP0, self.jfif)] if self.jfif else []
        block = describe(self.orientation)
        if block:
            parts.append(_segment(_APP1, EXIF_PREFIX + block))
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
    """Return width and height in pixels, as stored, from the frame header alone.

    Raises:
        Malformed: There is no valid frame header.
        RareForm: The frame is of a kind that is refused.
    """
    for segment in _segments(content):
        if segment.marker in _COMMON_FRAMES:
            return _frame_dimensions(segment)
    raise Malformed("it holds no picture")


def clean(content: bytes, describe: exif.Describe = exif.if_turned) -> Cleaned:
    """Return the file with only its picture and the EXIF block that `describe` makes.

    Raises:
        Malformed: The file is broken.
        RareForm: The file is of a kind that is refused, or has too many passes.
    """
    picture, extras, is_cut = _Picture(), _Extras(), True
    for segment in _segments(content):
        if segment.marker == _END_OF_IMAGE:
            is_cut = False
        elif segment.marker in _OF_THE_PICTURE:
            picture.take(segment)
        elif not picture.scans:
            extras.take(segment)
    if not picture.size or not picture.scans:
        raise Malformed("its end is missing" if is_cut else "it holds no picture")
    if is_cut and picture.missing:
        raise Malformed("its end is missing, including whole passes of the picture")
    if picture.scans > MAX_SCANS:
        raise RareForm(f"a rare form of JPEG ({picture.scans} passes; the limit is {MAX_SCANS})")
    written = b"".join((_SOI, extras.written(describe), *picture.parts, _EOI))
    return Cleaned(written, *picture.size, extras.orientation, is_cut=is_cut)


def _segments(content: bytes) -> Iterator[_Segment]:
    """Yield the segments in their order, up to the end of the image.

    The end itself is yielded, too, unless it is missing.

    Raises:
        Malformed: The parts don't fit together.
        RareForm: The frame is of a kind that is refused.
    """
    view = memoryview(content)
    position = len(_SOI)
    has_scan = False
    for _ in range(MAX_SEGMENTS):
        found = MARKER.search(content, position)
        if not found:
            return
        marker, position = found.group(1)[0], found.end()
        if marker in _WITHOUT_BODY:
            continue
        if marker == _END_OF_IMAGE:
            yield _Segment(marker, b"", view[:0])
            return
        _check_marker(marker)
        body, position = _body(content, position)
        if body is None:
            if has_scan:
                return
            raise Malformed("it is cut off, or a part's length is wrong")
        has_scan |= marker == _SCAN
        end = _end_of_scan(content, position) if marker == _SCAN else position
        yield _Segment(marker, body, view[position:end])
        position = end
    raise Malformed(f"it has more than {MAX_SEGMENTS:,} parts")


def _check_marker(marker: int) -> None:
    if marker in _RARE_FRAMES:
        raise RareForm("a rare form of JPEG (lossless, hierarchical or arithmetic)")
    if marker not in _OF_THE_PICTURE | _LEFT_OUT:
        raise Malformed("its parts do not fit together")


def _body(content: bytes, position: int) -> tuple[bytes | None, int]:
    """Return a segment without its length, or None if it is cut off; and where it ends."""
    length = int.from_bytes(content[position : position + _LENGTH_BYTES], "big")
    end = position + length
    if end > len(content) or len(content) < position + _LENGTH_BYTES:
        return None, len(content)
    if length < _LENGTH_BYTES:
        raise Malformed("a part's length is wrong")
    return content[position + _LENGTH_BYTES : end], end


def _end_of_scan(content: bytes, position: int) -> int:
    """Return where the compressed data end: at a marker, or with the file."""
    found = END_OF_SCAN.search(content, position)
    if found:
        return found.start()
    return max(position, len(content.rstrip(b"\xff")))  # half a marker, or padding before one


def _coefficients_of(frame: bytes) -> set[tuple[int, int]]:
    """Return the 64 coefficients of each component, as (component, number)."""
    components = frame[6::_COMPONENT_BYTES]
    return {(component, number) for component in components for number in range(_COEFFICIENTS)}


def _refined_by(scan: bytes, *, is_progressive: bool) -> set[tuple[int, int]]:
    """Return the coefficients that a scan completes, as (component, number)."""
    try:
        components = scan[1 : 1 + 2 * scan[0] : 2]
        first, last, precision = scan[1 + 2 * scan[0] : 4 + 2 * scan[0]]
    except (IndexError, ValueError) as error:
        raise Malformed("a scan's header is too short") from error
    if not is_progressive:
        first, last, precision = 0, _COEFFICIENTS - 1, 0
    if precision & 0x0F:
        return set()
    return {(component, number) for component in components for number in range(first, last + 1)}


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


def _icc_segments(profile: bytes | None) -> list[bytes]:
    if profile is None:
        return []
    starts = range(0, len(profile), _ICC_PART_BYTES)
    return [
        _segment(_APP2, _ICC + bytes((number, len(starts))) + profile[at : at + _ICC_PART_BYTES])
        for number, at in enumerate(starts, start=1)
    ]
