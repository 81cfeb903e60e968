"""Find out how much is there of a JPEG whose end is missing."""

from __future__ import annotations

import io
import random
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL.JpegImagePlugin import JpegImageFile

from picprocure.imaging.cleaning.errors import Malformed

MIN_SHARE: Final = 0.95
"""The share of the picture that must be there. If more is missing, it may be the important part."""

_EOI: Final = b"\xff\xd9"
_SCAN: Final = b"\xff\xda"
_LARGE_SIDE: Final = 1024
_BLOCK: Final = 8
_NOISE: Final = random.Random(1).randbytes(4096).replace(b"\xff", b"\xa5")  # noqa: S311


def ensure_nearly_whole(content: bytes) -> float:
    """Check that nearly all of a JPEG is there, and return its share, from 0 to 1.

    Args:
        content: A clean JPEG with `Cleaned.is_cut`. It is decoded, so check its size first.

    Raises:
        Malformed: Too much of it is missing.
        Exception: One of `picprocure.imaging.pixels.DECODE_ERRORS`, if it can't be decoded.
    """
    share = share_decoded(content)
    if share < MIN_SHARE:
        raise Malformed(f"its end is missing, and only {int(100 * share)}% of it can be read")
    return share


def share_decoded(content: bytes) -> float:
    """Return the share of a JPEG's compressed data that is there, from 0 to 1.

    For a JPEG of one pass, this is the share of rows. The last scan is the one that is cut. Its
    full length is estimated from the share of the picture that it covers.
    """
    share = _share_of_last_scan(content)
    if not share:
        return 0.0
    data = len(content) - content.find(_SCAN)
    cut = len(content) - content.rfind(_SCAN)
    return data / (data - cut + cut / share)


def _share_of_last_scan(content: bytes) -> float:
    """Return the share of the picture that comes from the file, in reading order.

    Decoders fill in missing data without an error. So this decodes the file twice, once with noise
    at its end. The first block that differs is the first that doesn't come from the file. Large
    pictures are compared at a quarter of their size, which still shows each change of the upper
    left coefficients of a block.
    """
    plain = _decoded(content)
    noisy = _decoded(content.removesuffix(_EOI) + _NOISE + _EOI)
    differs: NDArray[np.bool_] = (plain != noisy).any(axis=2)
    rows = differs.any(axis=1)
    if not rows.any():
        return 1.0
    row = int(rows.argmax())
    column = int(differs[row : row + _BLOCK].any(axis=0).argmax())
    width = differs.shape[1]
    return min(1.0, float(row * width + column * _BLOCK) / differs.size)


def _decoded(content: bytes) -> NDArray[np.uint8]:
    with JpegImageFile(io.BytesIO(content)) as image:
        if max(image.size) > _LARGE_SIDE:
            image.draft(None, (image.width // 4, image.height // 4))
        image.load()
        return np.atleast_3d(np.asarray(image))
