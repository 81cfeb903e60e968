"""From the bytes that somebody uploads to a photo that may be stored, or a refusal."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import IO, TYPE_CHECKING, TypeVar

from PIL import ImageFile

from picprocure.imaging import cleaning
from picprocure.imaging.cleaning.errors import Animated, Malformed, RareForm
from picprocure.imaging.cleaning.exif import swaps_sides
from picprocure.imaging.confined import decoder
from picprocure.imaging.cut_jpeg import ensure_nearly_whole
from picprocure.imaging.inspection import check
from picprocure.imaging.kinds import ImageKind, accepted_kind, foreign_kind
from picprocure.imaging.limits import ensure_pixels
from picprocure.imaging.pixels import DECODE_ERRORS
from picprocure.photos.capture_time import taken_at
from picprocure.photos.conversion import as_clean_jpeg
from picprocure.photos.decoding import costs_refused, opened
from picprocure.photos.errors import (
    AnimatedPhoto,
    DamagedPhoto,
    EmptyFile,
    RefusedPhoto,
    TooManyBytes,
    UnsupportedKind,
)
from picprocure.photos.metadata import NO_METADATA, Metadata, read_metadata, time_alone
from picprocure.photos.names import display_name, name_for_kind
from picprocure.photos.upload_notes import left_out_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from picprocure.imaging.cleaning.cleaned import Cleaned

__all__ = ["CleanPhoto", "ImageKind", "PhotoLimits", "receive", "receive_as", "refusal_of"]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class PhotoLimits:
    """The largest photo that is taken: bytes of the file, pixels of the picture."""

    max_bytes: int
    max_pixels: int


@dataclass(frozen=True, slots=True)
class CleanPhoto:
    """A photo that is known to decode, without metadata unless that was to be kept.

    `width` and `height` are pixels of the upright picture; `sha256` (hex) is that of the
    bytes that came in, before cleaning.
    """

    name: str
    kind: ImageKind
    content: bytes
    width: int
    height: int
    sha256: str
    has_metadata: bool
    taken_at: datetime | None  # naive where the camera didn't say its offset from UTC
    notes: tuple[str, ...] = ()  # sentences about parts of the file that aren't kept


def receive(
    upload: IO[bytes],
    *,
    name: str,
    size: int,
    limits: PhotoLimits,
    keep_metadata: bool = False,
    keep_time: bool = False,
) -> CleanPhoto:
    """Check an upload and clean it. `size` is the number of bytes it is said to have.

    The file is judged by its content, not by its name. Of a JPEG, PNG or WebP the compressed
    picture data is kept byte for byte, of everything else only what the picture needs. HEIC, AVIF,
    TIFF and raw files become a JPEG. With ``keep_metadata`` the photo still says when, where, how
    and by whom it was taken. With only ``keep_time``, it says when.

    It is decoded in a child process, which can't use more time and memory than a photo needs.

    Raises RefusedPhoto: EmptyFile, TooManyBytes, UnsupportedKind, TooManyPixels, TooCostlyPhoto,
    AnimatedPhoto or DamagedPhoto; and Busy when no decoder is free for too long.
    """
    make = partial(checked, keep_metadata=keep_metadata, keep_time=keep_time)
    return receive_as(make, upload, name=name, size=size, limits=limits)


def receive_as(
    make: Callable[[bytes, str, PhotoLimits], T],
    upload: IO[bytes],
    *,
    name: str,
    size: int,
    limits: PhotoLimits,
) -> T:
    """Return what a module's function makes of an upload, in a child process.

    Raises what the function raises, EmptyFile, TooManyBytes, DamagedPhoto and TooCostlyPhoto; and
    Busy.
    """
    shown = display_name(name)
    with decoder() as decode:
        content = _read(upload, name=shown, size=size, max_bytes=limits.max_bytes)
        with costs_refused(shown, limits.max_pixels):
            return decode(limits.max_pixels, make, content, name, limits)


def checked(
    content: bytes,
    name: str,
    limits: PhotoLimits,
    *,
    keep_metadata: bool = False,
    keep_time: bool = False,
) -> CleanPhoto:
    """Return what `receive` makes of the bytes, in this process."""
    shown = display_name(name)
    known = accepted_kind(content)
    taken = taken_at(content)
    metadata = read_metadata(content) if keep_metadata else NO_METADATA
    if keep_time and not metadata.says_more:
        metadata = time_alone(taken)
    kind = known or ImageKind.JPEG
    if known:
        clean = _kept(content, kind, metadata, name=shown, max_pixels=limits.max_pixels)
    else:
        clean = _converted(content, metadata, name=shown, max_pixels=limits.max_pixels)
    return CleanPhoto(
        name=name_for_kind(name, kind),
        kind=kind,
        content=clean.content,
        width=clean.width,
        height=clean.height,
        sha256=hashlib.sha256(content).hexdigest(),
        has_metadata=metadata.says_more,
        taken_at=taken,
        notes=left_out_of(content, is_cut=clean.is_cut),
    )


def refusal_of(head: bytes, *, name: str) -> RefusedPhoto | None:
    """Why a file that begins like this will not be taken; None if it may be."""
    if accepted_kind(head):
        return None
    foreign = foreign_kind(head, name)
    if foreign.is_converted:
        return None
    return UnsupportedKind(display_name(name), what=foreign.what, way_out=foreign.way_out)


def _kept(
    content: bytes, kind: ImageKind, metadata: Metadata, *, name: str, max_pixels: int
) -> Cleaned:
    """`width` and `height` are those of the upright picture."""
    cleaned = _cleaned(content, kind, metadata, name=name, max_pixels=max_pixels)
    _ensure_it_decodes(cleaned, name=name, max_pixels=max_pixels)
    if swaps_sides(cleaned.orientation):
        return replace(cleaned, width=cleaned.height, height=cleaned.width)
    return cleaned


def _converted(content: bytes, metadata: Metadata, *, name: str, max_pixels: int) -> Cleaned:
    refused = refusal_of(content, name=name)
    if refused:
        raise refused
    jpeg = as_clean_jpeg(content, name=name, max_pixels=max_pixels)
    return cleaning.clean(jpeg.content, ImageKind.JPEG, metadata.exif_block)


def _read(upload: IO[bytes], *, name: str, size: int, max_bytes: int) -> bytes:
    if size > max_bytes:
        raise TooManyBytes(name, size=size, max_bytes=max_bytes)
    upload.seek(0)  # a form may have looked at it before
    content = upload.read(size + 1)
    if not content:
        raise EmptyFile(name)
    if len(content) != size:
        raise DamagedPhoto(name, "it did not arrive whole")
    return content


def _cleaned(
    content: bytes, kind: ImageKind, metadata: Metadata, *, name: str, max_pixels: int
) -> Cleaned:
    try:
        with costs_refused(name, max_pixels):
            ensure_pixels(*cleaning.dimensions(content, kind), max_pixels)
        cleaned = cleaning.clean(content, kind, metadata.exif_block)
        if cleaned.is_cut:
            with costs_refused(name, max_pixels):
                check(cleaned.content, max_pixels=max_pixels)
            share = ensure_nearly_whole(cleaned.content)
            cleaned = replace(cleaned, is_cut=share < 1)
    except Animated as error:
        raise AnimatedPhoto(name) from error
    except RareForm as error:
        way_out = "Export it as an ordinary JPEG and upload it again."
        raise UnsupportedKind(name, what=str(error), way_out=way_out) from error
    except Malformed as error:
        raise DamagedPhoto(name, str(error)) from error
    except DECODE_ERRORS as error:
        raise DamagedPhoto(name, "its picture data cannot be decoded") from error
    return cleaned


def _ensure_it_decodes(cleaned: Cleaned, *, name: str, max_pixels: int) -> None:
    """Decode what will be stored, once and to its end.

    A JPEG is decoded at an eighth of its size: every bit of its compressed data is read all
    the same, in half the time and a sixty-fourth of the memory.
    """
    if ImageFile.LOAD_TRUNCATED_IMAGES:
        raise RuntimeError("Pillow is set to accept truncated images; nothing may set that here.")
    reason = "its picture data cannot be decoded"
    try:
        with opened(cleaned.content, name=name, max_pixels=max_pixels) as image:
            size = image.size
            image.draft(None, (1, 1))
            image.load()
    except DECODE_ERRORS as error:
        raise DamagedPhoto(name, reason) from error
    if size != (cleaned.width, cleaned.height):
        raise DamagedPhoto(name, "it says two different sizes")
