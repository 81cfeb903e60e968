"""Reduce WebP files (RFC 9649) to what a decoder needs for the picture.

- Kept unchanged: the bitstream and its alpha channel.
- Written again: the color profile, the orientation, and the header's flags.
- Removed: everything else, and everything behind the end of the container.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, NamedTuple

from picprocure.imaging.cleaning import exif
from picprocure.imaging.cleaning.cleaned import Cleaned
from picprocure.imaging.cleaning.errors import Animated, Malformed
from picprocure.imaging.cleaning.icc import plain_profile

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_CHUNKS = 1_000

_CONTAINER_BYTES = 12  # "RIFF", length, "WEBP"
_FRAME_BYTES = 8  # type and length of each chunk
_EXTENDED_BYTES = 10
_FLAG_PROFILE, _FLAG_ALPHA, _FLAG_EXIF, _FLAG_ANIMATION = 0x20, 0x10, 0x08, 0x02
_BITSTREAMS = (b"VP8 ", b"VP8L")
_LOSSY_START = b"\x9d\x01\x2a"
_LOSSLESS_START = 0x2F
_KEPT = frozenset({b"VP8X", *_BITSTREAMS, b"ALPH", b"ICCP", b"EXIF"})


class _Chunk(NamedTuple):
    kind: bytes
    data: memoryview


class _Bitstream(NamedTuple):
    chunk: _Chunk
    width: int
    height: int
    has_alpha: bool


def dimensions(content: bytes) -> tuple[int, int]:
    """Return width and height in pixels, as stored, from the first chunk alone.

    Raises:
        Malformed: The first chunk is broken.
    """
    first = next(_chunks(content), None)
    if first is None:
        raise Malformed("it holds no picture")
    if first.kind == b"VP8X":
        return _canvas(first)
    bitstream = _bitstream(first)
    return bitstream.width, bitstream.height


def clean(content: bytes, describe: exif.Describe = exif.if_turned) -> Cleaned:
    """Return the file with only its picture and the EXIF block that `describe` makes.

    Raises:
        Animated: The file is an animation.
        Malformed: The file is broken.
    """
    chunks = _kept_chunks(content)
    found = next((chunks[kind] for kind in _BITSTREAMS if kind in chunks), None)
    if found is None:
        raise Malformed("it holds no picture")
    bitstream = _bitstream(found)
    if (bitstream.width, bitstream.height) != dimensions(content):
        raise Malformed("it says two different sizes")
    block = bytes(chunks[b"EXIF"].data) if b"EXIF" in chunks else b""
    orientation = exif.read_orientation(block)
    written = _written(bitstream, chunks, describe(orientation))
    return Cleaned(written, bitstream.width, bitstream.height, orientation)


def _kept_chunks(content: bytes) -> dict[bytes, _Chunk]:
    """Return the first chunk of each kind that is kept.

    Raises:
        Animated: The file is an animation.
        Malformed: The file is broken.
    """
    chunks: dict[bytes, _Chunk] = {}
    for chunk in _chunks(content):
        is_animated = chunk.kind in {b"ANIM", b"ANMF"}
        if chunk.kind == b"VP8X":
            _canvas(chunk)
            is_animated = bool(chunk.data[0] & _FLAG_ANIMATION)
        if is_animated:
            raise Animated
        if chunk.kind in _KEPT:
            chunks.setdefault(chunk.kind, chunk)
    return chunks


def _chunks(content: bytes) -> Iterator[_Chunk]:
    """Yield the chunks inside the container, in their order.

    Raises:
        Malformed: A part is cut off, or there are too many.
    """
    end_of_container = _FRAME_BYTES + int.from_bytes(content[4:8], "little")
    if end_of_container > len(content) + 1:  # the last padding byte is often left out
        raise Malformed("its end is missing")
    end_of_container = min(end_of_container, len(content))
    view = memoryview(content)
    position = _CONTAINER_BYTES
    for _ in range(MAX_CHUNKS):
        start = position + _FRAME_BYTES
        if start > end_of_container:
            return
        length = int.from_bytes(content[position + 4 : start], "little")
        if start + length > end_of_container:
            raise Malformed("it is cut off, or a part's length is wrong")
        yield _Chunk(content[position : position + 4], view[start : start + length])
        position = start + length + length % 2
    raise Malformed(f"it has more than {MAX_CHUNKS:,} parts")


def _canvas(extended: _Chunk) -> tuple[int, int]:
    data = extended.data
    if len(data) < _EXTENDED_BYTES:
        raise Malformed("its header is too short")
    return int.from_bytes(data[4:7], "little") + 1, int.from_bytes(data[7:10], "little") + 1


def _bitstream(chunk: _Chunk) -> _Bitstream:
    try:
        if chunk.kind == b"VP8 ":
            return _lossy(chunk)
        if chunk.kind == b"VP8L":
            return _lossless(chunk)
    except struct.error as error:
        raise Malformed("its image data is too short") from error
    raise Malformed("it does not begin with a picture")


def _lossy(chunk: _Chunk) -> _Bitstream:
    start, width, height = struct.unpack_from("<3x3sHH", chunk.data)
    width, height = width & 0x3FFF, height & 0x3FFF  # the upper bits ask for scaling
    if start != _LOSSY_START or not width or not height:
        raise Malformed("its image data makes no sense")
    return _Bitstream(chunk, width, height, has_alpha=False)


def _lossless(chunk: _Chunk) -> _Bitstream:
    start, bits = struct.unpack_from("<BI", chunk.data)
    if start != _LOSSLESS_START:
        raise Malformed("its image data makes no sense")
    width, height = (bits & 0x3FFF) + 1, ((bits >> 14) & 0x3FFF) + 1
    return _Bitstream(chunk, width, height, has_alpha=bool(bits >> 28 & 1))


def _written(bitstream: _Bitstream, chunks: dict[bytes, _Chunk], exif_block: bytes) -> bytes:
    flags = _FLAG_ALPHA if bitstream.has_alpha else 0
    before, after = b"", b""
    profile = plain_profile(bytes(chunks[b"ICCP"].data)) if b"ICCP" in chunks else None
    if profile:
        flags |= _FLAG_PROFILE
        before = _chunk(b"ICCP", profile)
    if b"ALPH" in chunks and bitstream.chunk.kind == b"VP8 ":
        flags |= _FLAG_ALPHA
        before += _chunk(b"ALPH", chunks[b"ALPH"].data)
    if exif_block:
        flags |= _FLAG_EXIF
        after = _chunk(b"EXIF", exif_block)
    header = _extended_header(bitstream, flags) if before or after else b""
    picture = _chunk(bitstream.chunk.kind, bitstream.chunk.data)
    inside = b"".join((b"WEBP", header, before, picture, after))
    return struct.pack("<4sI", b"RIFF", len(inside)) + inside


def _extended_header(bitstream: _Bitstream, flags: int) -> bytes:
    width = (bitstream.width - 1).to_bytes(3, "little")
    height = (bitstream.height - 1).to_bytes(3, "little")
    return _chunk(b"VP8X", bytes((flags, 0, 0, 0)) + width + height)


def _chunk(kind: bytes, data: bytes | memoryview) -> bytes:
    return struct.pack("<4sI", kind, len(data)) + bytes(data) + bytes(len(data) % 2)
