"""Why a photo is refused, in words for the person who uploads it.

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

Each message names the file, what was found, the limit if there is one, and the way out.
"""

from __future__ import annotations

from typing import ClassVar

TAKEN = "JPEG, PNG, WebP, HEIC, AVIF, TIFF and raw photos"

_MEGA = 1_000_000
_KIBIBYTE = 1024
_MEBIBYTE = 1024 * 1024


class RefusedPhoto(Exception):
    """A photo that is not taken. `name` is the file's name as shown, `code` a fixed slug."""

    code: ClassVar[str] = "refused"

    def __init__(self, name: str, message: str) -> None:
        super().__init__(message)
        self.name = name


class EmptyFile(RefusedPhoto):
    code = "empty"

    def __init__(self, name: str) -> None:
        super().__init__(name, f"{name} is empty (0 bytes). Choose the photo again and upload it.")


class UnsupportedKind(RefusedPhoto):
    """`what` is said with its article ("a HEIC photo"), `way_out` is a sentence."""

    code = "unsupported"

    def __init__(self, name: str, *, what: str, way_out: str) -> None:
        super().__init__(name, f"{name} is {what}. PicProcure accepts {TAKEN}. {way_out}")


class RefusedZip(RefusedPhoto):
    """A ZIP, or a file in one: `what` follows its name, `way_out` is a sentence."""

    code = "zip"

    def __init__(self, name: str, what: str, way_out: str) -> None:
        super().__init__(name, f"{name} {what}. {way_out}")


class NoRoom(RefusedPhoto):
    """A limit on what is stored: `why` is the limit, `way_out` a sentence."""

    code = "no-room"

    def __init__(self, name: str, why: str, way_out: str) -> None:
        super().__init__(name, f"{name} was not stored: {why}. {way_out}")


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
            found = f"{_at_least(width * height, _MEGA)} megapixels ({width:,} by {height:,})"
            limit = f"{_at_most(max_pixels, _MEGA)} megapixels"
        else:
            found = f"{width * height:,} pixels ({width:,} by {height:,})"
            limit = f"{max_pixels:,} pixels"
        super().__init__(
            name,
            f"{name} has {found}; the limit here is {limit}. "
            "Export it smaller and upload it again.",
        )


class TooCostlyPhoto(RefusedPhoto):
    """`reason` completes the sentence "<name> can't be opened here: …"."""

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
    """`reason` completes the sentence "<name> is damaged: …"."""

    code = "damaged"

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(
            name,
            f"{name} is damaged: {reason}. Upload the original again. "
            "If it doesn't open on your device either, export it as JPEG again.",
        )


def _at_least(amount: int, unit: int) -> str:
    """In units to one decimal, rounded up, so that what is over a limit also looks so."""
    return _tenths(-(-amount * 10 // unit))


def _at_most(amount: int, unit: int) -> str:
    return _tenths(amount * 10 // unit)


def _tenths(tenths: int) -> str:
    whole, rest = divmod(tenths, 10)
    return f"{whole:,}.{rest}" if rest else f"{whole:,}"
