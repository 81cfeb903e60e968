"""Find out whether the image data of a PNG are whole, and where they end.

They are one zlib stream of filtered rows, spread over chunks. Pillow stops reading when it has all
rows, and fills in missing rows without an error.
"""

from __future__ import annotations

import zlib
from typing import NamedTuple

from picprocure.imaging.cleaning.errors import Malformed

_INPUT_BYTES = 64 * 1024
_OUTPUT_BYTES = 1024 * 1024
_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
_BITS_PER_BYTE = 8
# Adam7: first column and row, and step to the next, of each pass (W3C PNG, section 8.2).
_WHOLE = ((0, 0, 1, 1),)
_INTERLACED = (
    (0, 0, 8, 8),
    (4, 0, 8, 8),
    (0, 4, 4, 8),
    (2, 0, 4, 4),
    (0, 2, 2, 4),
    (1, 0, 2, 2),
    (0, 1, 1, 2),
)


class Layout(NamedTuple):
    """What a PNG header says about the image data.

    Attributes:
        width: In pixels.
        height: In pixels.
        depth: Bits of a sample.
        color: The color type.
        is_interlaced: Whether the rows come in seven passes.
    """

    width: int
    height: int
    depth: int
    color: int
    is_interlaced: bool

    @property
    def unfolded_bytes(self) -> int:
        """Return the length of all rows together, each with its filter byte."""
        passes = _INTERLACED if self.is_interlaced else _WHOLE
        return sum(self._pass_bytes(*interlace_pass) for interlace_pass in passes)

    def _pass_bytes(self, left: int, top: int, right_by: int, down_by: int) -> int:
        columns = _steps(self.width - left, right_by)
        rows = _steps(self.height - top, down_by)
        bits = columns * self.depth * _CHANNELS[self.color]
        return rows * (1 + _steps(bits, _BITS_PER_BYTE)) if columns else 0


def stream_length(data: bytes, layout: Layout) -> int:
    """Return how many bytes of `data` belong to the picture. Other bytes may follow.

    The stream is decompressed piece by piece, up to the size that the layout asks for.

    Raises:
        Malformed: The stream is damaged, ends early, or has more than the picture.
    """
    unfolding = zlib.decompressobj()
    missing = layout.unfolded_bytes
    taken = 0
    while not unfolding.eof:
        piece = unfolding.unconsumed_tail or data[taken : taken + _INPUT_BYTES]
        taken += 0 if unfolding.unconsumed_tail else len(piece)
        rows = _unfold(unfolding, piece)
        missing -= len(rows)
        if missing < 0:
            raise Malformed("it holds more image data than its size asks for")
        if not piece and not rows:
            break
    if missing or not unfolding.eof:
        raise Malformed("its image data is cut off")
    return taken - len(unfolding.unused_data)


def _unfold(unfolding: zlib._Decompress, piece: bytes) -> bytes:
    try:
        return unfolding.decompress(piece, _OUTPUT_BYTES)
    except zlib.error as error:
        raise Malformed("its image data is garbled") from error


def _steps(length: int, by: int) -> int:
    return max(0, -(-length // by))
