"""Reduce PNG files (W3C PNG, third edition) to what a decoder needs for the picture.

- Kept unchanged: the header, the palette, the transparency, all image data, and the small chunks
  that describe color and density.
- Written again: the color profile and the orientation.
- Removed: everything else, and everything behind the end of the picture.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from picprocure.imaging.cleaning import exif
from picprocure.imaging.cleaning.cleaned import Cleaned
from picprocure.imaging.cleaning.errors import Animated, Malformed
from picprocure.imaging.cleaning.icc import MAX_PROFILE_BYTES, plain_profile
from picprocure.imaging.cleaning.png_data import Layout, stream_length

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_CHUNKS = 100_000  # a 25 MB file in image data chunks of 256 bytes

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_HEAD_BYTES = 8  # length and type of each chunk
_CHECKSUM_BYTES = 4
_FRAME_BYTES = _HEAD_BYTES + _CHECKSUM_BYTES
_HEADER_BYTES = 13
_BIT_DEPTHS = {0: {1, 2, 4, 8, 16}, 2: {8, 16}, 3: {1, 2, 4, 8}, 4: {8, 16}, 6: {8, 16}}
_PALETTE_COLOR = 3
_GRAY_COLORS = frozenset({0, 4})
_MAX_SIDE = 2**31 - 1

# Small chunks that are kept, with the lengths that they may have. Longer ones could hide something.
_KEPT_LENGTHS = {
    b"PLTE": range(3, 769, 3),
    b"cHRM": range(32, 33),
    b"gAMA": range(4, 5),
    b"sRGB": range(1, 2),
    b"sBIT": range(1, 5),
    b"tRNS": range(1, 257),
    b"pHYs": range(9, 10),
}
_OF_ANY_LENGTH = frozenset({b"IHDR", b"IDAT", b"iCCP", b"eXIf"})
_BEFORE_PALETTE = (b"cHRM", b"gAMA", b"sRGB", b"sBIT")
_AFTER_PALETTE = (b"tRNS", b"pHYs")


@dataclass(frozen=True, slots=True)
class _Chunk:
    kind: bytes
    raw: memoryview  # with length, type and checksum

    @property
    def data(self) -> bytes:
        return bytes(self.raw[_HEAD_BYTES:-_CHECKSUM_BYTES])

    def check_sum(self) -> None:
        (expected,) = struct.unpack(">I", self.raw[-_CHECKSUM_BYTES:])
        if zlib.crc32(self.raw[4:-_CHECKSUM_BYTES]) != expected:
            raise Malformed("a checksum is wrong")


def dimensions(content: bytes) -> tuple[int, int]:
    """Return width and height in pixels, as stored, from the header alone.

    Raises:
        Malformed: The header is broken.
    """
    try:
        length, kind, width, height = struct.unpack_from(">I4sII", content, len(_SIGNATURE))
    except struct.error as error:
        raise Malformed("its end is missing") from error
    if kind != b"IHDR" or length != _HEADER_BYTES:
        raise Malformed("it does not begin with a header")
    if not 0 < width <= _MAX_SIDE or not 0 < height <= _MAX_SIDE:
        raise Malformed(f"its size is said to be {width:,} by {height:,} pixels")
    return width, height


def clean(content: bytes, describe: exif.Describe = exif.if_turned) -> Cleaned:
    """Return the file with only its picture and the EXIF block that `describe` makes.

    Raises:
        Animated: The file is an animation.
        Malformed: The file is broken.
    """
    width, height = dimensions(content)
    described, image_data = _needed_chunks(content)
    layout = _layout(described[b"IHDR"].data)
    if not image_data or (layout.color == _PALETTE_COLOR and b"PLTE" not in described):
        raise Malformed("it holds no picture")
    if layout.color in _GRAY_COLORS:
        described.pop(b"PLTE", None)
    exif_block = described[b"eXIf"].data if b"eXIf" in described else b""
    orientation = exif.read_orientation(exif_block)
    block = describe(orientation)
    exif_chunks = [_chunk(b"eXIf", block)] if block else []
    written = _written(described, _of_the_picture(image_data, layout), exif_chunks)
    return Cleaned(written, width, height, orientation)


def _needed_chunks(content: bytes) -> tuple[dict[bytes, _Chunk], list[_Chunk]]:
    """Return the chunks that the picture needs.

    Returns:
        The first chunk of each kind that describes the picture, and the image data chunks.

    Raises:
        Animated: The file is an animation.
        Malformed: The file is broken.
    """
    described: dict[bytes, _Chunk] = {}
    image_data: list[_Chunk] = []
    previous = b""
    for chunk in _chunks(content):
        if chunk.kind == b"acTL" and not image_data:
            raise Animated
        is_first, previous = previous != b"IDAT", chunk.kind
        if not _is_needed(chunk):
            continue
        chunk.check_sum()
        if chunk.kind == b"IDAT":
            if image_data and is_first:
                raise Malformed("its image data is not in one piece")
            image_data.append(chunk)
        elif chunk.kind == b"eXIf" or not image_data:  # only eXIf may follow the data
            described.setdefault(chunk.kind, chunk)
    return described, image_data


def _chunks(content: bytes) -> Iterator[_Chunk]:
    """Yield the chunks from the header to the end mark or the end of the file.

    Raises:
        Malformed: The file is cut off before the image data, or has too many chunks.
    """
    view = memoryview(content)
    has_image_data = False
    position = len(_SIGNATURE)
    for _ in range(MAX_CHUNKS):
        head = content[position : position + _HEAD_BYTES]
        end = position + int.from_bytes(head[:4], "big") + _FRAME_BYTES
        if len(head) < _HEAD_BYTES or end > len(content):
            if has_image_data:  # `stream_length` finds out whether it is whole
                return
            raise Malformed("it is cut off, or a part's length is wrong")
        kind = head[4:]
        if kind == b"IEND":
            return
        has_image_data |= kind == b"IDAT"
        yield _Chunk(kind, view[position:end])
        position = end
    raise Malformed(f"it has more than {MAX_CHUNKS:,} parts")


def _is_needed(chunk: _Chunk) -> bool:
    kind = chunk.kind
    if kind in _KEPT_LENGTHS:
        return len(chunk.raw) - _FRAME_BYTES in _KEPT_LENGTHS[kind]
    if kind in _OF_ANY_LENGTH:
        return True
    is_ancillary = kind.isalpha() and kind[:1].islower()
    if not is_ancillary:
        raise Malformed("it has a part that no decoder knows")
    return False


def _layout(header: bytes) -> Layout:
    width, height, depth, color, compression, row_filter, interlace = struct.unpack(
        ">IIBBBBB", header
    )
    if depth not in _BIT_DEPTHS.get(color, set()) or compression or row_filter or interlace > 1:
        raise Malformed("its header makes no sense")
    return Layout(width, height, depth, color, is_interlaced=bool(interlace))


def _of_the_picture(image_data: list[_Chunk], layout: Layout) -> list[bytes | memoryview]:
    """Return the image data chunks, without bytes that follow the picture in them."""
    data = b"".join(chunk.raw[_HEAD_BYTES:-_CHECKSUM_BYTES] for chunk in image_data)
    length = stream_length(data, layout)
    if length < len(data):
        return [_chunk(b"IDAT", data[:length])]
    return [chunk.raw for chunk in image_data]


def _written(
    chunks: dict[bytes, _Chunk], image_data: list[bytes | memoryview], exif_chunks: list[bytes]
) -> bytes:
    parts: list[bytes | memoryview] = [_SIGNATURE, chunks[b"IHDR"].raw]
    parts += [chunks[kind].raw for kind in _BEFORE_PALETTE if kind in chunks]
    profile = _profile(chunks[b"iCCP"].data) if b"iCCP" in chunks else None
    if profile:
        parts.append(_chunk(b"iCCP", b"icc\0\0" + zlib.compress(profile)))
    parts += [chunks[kind].raw for kind in (b"PLTE", *_AFTER_PALETTE) if kind in chunks]
    return b"".join((*parts, *exif_chunks, *image_data, _chunk(b"IEND", b"")))


def _profile(data: bytes) -> bytes | None:
    """Return the profile of an iCCP chunk, or None if it is unusable or too large."""
    _, _, method_and_profile = data.partition(b"\0")
    unfolding = zlib.decompressobj()
    try:
        profile = unfolding.decompress(method_and_profile[1:], MAX_PROFILE_BYTES + 1)
    except zlib.error:
        return None
    return plain_profile(profile)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
