"""QR codes as pictures, black on white."""

from __future__ import annotations

import io
from typing import Final

import qrcode
from qrcode.image.pil import PilImage
from qrcode.image.svg import SvgPathFillImage

CONTENT_TYPES: Final = {"png": "image/png", "svg": "image/svg+xml"}
_FACTORIES: Final = {"png": PilImage, "svg": SvgPathFillImage}
_MODULE_PIXELS: Final = 20  # sharp in print: a code of 45 modules has 900 pixels


def draw(text: str, kind: str) -> bytes:
    """Return the QR code of a text, as `png` or `svg`."""
    out = io.BytesIO()
    qrcode.make(text, image_factory=_FACTORIES[kind], box_size=_MODULE_PIXELS).save(out)
    return out.getvalue()
