"""Why a picture isn't decoded.

ImagingError
├── TooLarge    its header has more pixels than the limit allows
├── TooCostly   decoding would take far more work than its pixels need; the message says why
│   └── GaveUp  decoding took more time or memory than any photo needs, and was ended
└── Busy        no decoder was free within the time that a person waits
"""

from __future__ import annotations


class ImagingError(Exception):
    """Base of everything that this package raises on purpose."""


class TooLarge(ImagingError):
    """`width` and `height` in pixels, from the header."""

    def __init__(self, width: int, height: int) -> None:
        self.width = width
        self.height = height
        super().__init__(f"it has {width:,} by {height:,} pixels")


class TooCostly(ImagingError):
    """The message completes the sentence "<name> can't be opened: …"."""


class GaveUp(TooCostly):
    def __init__(self, reason: str = "it takes more time or memory than a photo needs") -> None:
        super().__init__(reason)


class Busy(ImagingError):
    def __init__(self) -> None:
        super().__init__("All decoders are busy.")
