"""Why a picture isn't decoded.

ImagingError
├── TooLarge             its header has more pixels than the limit allows
├── TooCostly            decoding would take far more work than its pixels need
│   └── GaveUp           decoding took more time or memory than any photo needs, and was ended
├── Busy                 no decoder was free within the time that a person waits
└── UnusableImage        a picture with a name, in words that a user may read
    ├── UnreadableImage  the bytes are no whole photo of a known kind
    ├── ImageTooLarge    more pixels than the limit allows
    └── FileTooLarge     more bytes than the limit allows

An ``OSError`` while a file is read is none of these. It passes through, so that a broken disk never
looks like a broken photo.
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


class UnusableImage(ImagingError):
    """A picture that can't be loaded; `name` is what the user calls it."""


class UnreadableImage(UnusableImage):
    def __init__(self, name: str, reason: str) -> None:
        self.name = name
        self.reason = reason
        super().__init__(
            f"{name} can't be opened: {reason}. "
            "Export it again as JPEG, PNG or WebP and try that copy."
        )


class ImageTooLarge(UnusableImage):
    """``width`` and ``height`` in pixels, as the header gives them."""

    def __init__(self, name: str, width: int, height: int, max_pixels: int) -> None:
        self.name = name
        self.width = width
        self.height = height
        self.max_pixels = max_pixels
        super().__init__(
            f"{name} has {width:,} by {height:,} pixels, {_millions(width * height)} megapixels; "
            f"the limit here is {_millions(max_pixels)} megapixels. "
            "Export it smaller and try again."
        )


class FileTooLarge(UnusableImage):
    """``size`` and ``max_bytes`` in bytes."""

    def __init__(self, name: str, size: int, max_bytes: int) -> None:
        self.name = name
        self.size = size
        self.max_bytes = max_bytes
        super().__init__(
            f"{name} is {_millions(size)} MB; the limit here is {_millions(max_bytes)} MB. "
            "Export it smaller and try again."
        )


def _millions(count: int) -> str:
    return f"{count / 1_000_000:,.1f}".removesuffix(".0")
