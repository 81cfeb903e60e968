"""Errors: why a picture isn't decoded.

ImagingError
├── TooLarge             more pixels than the limit allows, by the header
├── TooCostly            decoding would take far more work than its pixels need
│   └── GaveUp           decoding took more time or memory than any photo needs, and was ended
├── Busy                 no decoder became free in time
└── UnusableImage        base of errors whose message is for users and names the file
    ├── UnreadableImage  not a whole photo of a known kind
    ├── ImageTooLarge    more pixels than the limit allows
    └── FileTooLarge     more bytes than the limit allows

An `OSError` while a file is read passes through, so that a broken disk never looks like a broken
photo.
"""

from __future__ import annotations


class ImagingError(Exception):
    """Base of everything that this package raises on purpose."""


class TooLarge(ImagingError):
    """A picture with too many pixels. `width` and `height` come from its header."""

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
    """A picture with more than `max_pixels`. `width` and `height` come from its header."""

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
    """A file of `size` bytes, which are more than `max_bytes`."""

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
