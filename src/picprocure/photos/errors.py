"""Reasons to refuse a photo, with messages for the person who uploads it.

RefusedPhoto
├── EmptyFile
├── UnsupportedKind
├── TooManyBytes
├── TooManyPixels
├── TooCostlyPhoto
├── AnimatedPhoto
├── RefusedZip
├── NoRoom
└── DamagedPhoto

Each message names the file, the problem, the limit if there is one, and the way out.
"""

from __future__ import annotations

from typing import ClassVar

ACCEPTED = "JPEG, PNG, WebP, HEIC, AVIF, TIFF and raw photos"

_MEGA = 1_000_000
_KIBIBYTE = 1024
_MEBIBYTE = 1024 * 1024


class RefusedPhoto(Exception):
    """Base class of refusals.

    Attributes:
        code: A fixed slug of the reason.
        name: The file's display name.
    """

    code: ClassVar[str] = "refused"

    def __init__(self, name: str, message: str) -> None:
        super().__init__(message)
        self.name = name


class EmptyFile(RefusedPhoto):
    code = "empty"

    def __init__(self, name: str) -> None:
        super().__init__(name, f"{name} is empty (0 bytes). Choose the photo again and upload it.")


class UnsupportedKind(RefusedPhoto):
    """A file of another kind.

    `description` names the kind with its article ("a HEIC photo"), and `way_out` is a sentence.
    """

    code = "unsupported"

    def __init__(self, name: str, *, description: str, way_out: str) -> None:
        super().__init__(name, f"{name} is {description}. PicProcure accepts {ACCEPTED}. {way_out}")


class RefusedZip(RefusedPhoto):
    """A ZIP that is refused, or a file in it.

    `problem` completes the sentence "<name> …", and `way_out` is a sentence.
    """

    code = "zip"

    def __init__(self, name: str, problem: str, way_out: str) -> None:
        super().__init__(name, f"{name} {problem}. {way_out}")


class NoRoom(RefusedPhoto):
    """A photo beyond the limit on stored photos.

    `reason` completes the sentence "<name> was not stored: …", and `way_out` is a sentence.
    """

    code = "no-room"

    def __init__(self, name: str, reason: str, way_out: str) -> None:
        super().__init__(name, f"{name} was not stored: {reason}. {way_out}")


class TooManyBytes(RefusedPhoto):
    code = "too-many-bytes"

    def __init__(self, name: str, *, size: int, max_bytes: int) -> None:
        unit, unit_name = (_MEBIBYTE, "MB") if max_bytes >= _MEBIBYTE else (_KIBIBYTE, "KB")
        super().__init__(
            name,
            f"{name} is {_at_least(size, unit)} {unit_name}; the limit here is "
            f"{_at_most(max_bytes, unit)} {unit_name}. Export it smaller and upload it again.",
        )


class TooManyPixels(RefusedPhoto):
    code = "too-many-pixels"

    def __init__(self, name: str, *, width: int, height: int, max_pixels: int) -> None:
        if max_pixels >= _MEGA:
            extent = f"{_at_least(width * height, _MEGA)} megapixels ({width:,} by {height:,})"
            limit = f"{_at_most(max_pixels, _MEGA)} megapixels"
        else:
            extent = f"{width * height:,} pixels ({width:,} by {height:,})"
            limit = f"{max_pixels:,} pixels"
        super().__init__(
            name,
            f"{name} has {extent}; the limit here is {limit}. "
            "Export it smaller and upload it again.",
        )


class TooCostlyPhoto(RefusedPhoto):
    """A photo that needs too much memory or time to decode.

    `reason` completes the sentence "<name> can't be opened here: …".
    """

    code = "too-costly"

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(
            name,
            f"{name} can't be opened here: {reason}. "
            "Export it as an ordinary JPEG and upload that.",
        )


class AnimatedPhoto(RefusedPhoto):
    code = "animated"

    def __init__(self, name: str) -> None:
        super().__init__(
            name,
            f"{name} is an animation. PicProcure accepts only still photos. "
            "Export one picture of it as JPEG and upload that.",
        )


class DamagedPhoto(RefusedPhoto):
    """A photo that can't be read.

    `reason` completes the sentence "<name> is damaged: …".
    """

    code = "damaged"

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(
            name,
            f"{name} is damaged: {reason}. Upload the original again. "
            "If it doesn't open on your device either, export it as JPEG again.",
        )


def _at_least(amount: int, unit: int) -> str:
    """Return an amount in units, rounded up to one decimal.

    A size that is over a limit must also look larger than the limit, which is rounded down.
    """
    return _tenths(-(-amount * 10 // unit))


def _at_most(amount: int, unit: int) -> str:
    return _tenths(amount * 10 // unit)


def _tenths(tenths: int) -> str:
    whole, rest = divmod(tenths, 10)
    return f"{whole:,}.{rest}" if rest else f"{whole:,}"
