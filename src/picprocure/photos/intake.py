"""Checking and cleaning of uploads, before they are stored as photos."""

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
from picprocure.imaging.inspection import check
from picprocure.imaging.kinds import ImageKind, accepted_kind, foreign_kind
from picprocure.imaging.limits import ensure_pixels
from picprocure.imaging.pixels import DECODE_ERRORS
from picprocure.imaging.sandbox import decoder
from picprocure.imaging.truncated_jpeg import ensure_nearly_whole
from picprocure.photos.capture_time import taken_at
from picprocure.photos.conversion import as_clean_jpeg
from picprocure.photos.decoding import open_photo, translate_cost_errors
from picprocure.photos.errors import (
    AnimatedPhoto,
    DamagedPhoto,
    EmptyFile,
    RefusedPhoto,
    TooManyBytes,
    UnsupportedKind,
)
from picprocure.photos.metadata import NO_METADATA, Metadata, capture_time_only, read_metadata
from picprocure.photos.names import display_name, name_for_kind
from picprocure.photos.upload_notes import notes_for

if TYPE_CHECKING:
    from collections.abc import Callable

    from picprocure.imaging.cleaning.cleaned import Cleaned

__all__ = ["CleanPhoto", "ImageKind", "PhotoLimits", "process_upload", "receive", "refusal_of"]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class PhotoLimits:
    """The largest photo that is accepted: bytes of the file, pixels of the picture."""

    max_bytes: int
    max_pixels: int


@dataclass(frozen=True, slots=True)
class CleanPhoto:
    """A photo that was decoded without errors, and has only the metadata that should be kept.

    Attributes:
        name: The display name.
        kind: The kind of the cleaned photo, perhaps after a conversion.
        content: The bytes of the cleaned photo.
        width: The width of the upright picture in pixels.
        height: The height of the upright picture in pixels.
        sha256: The hash of the uploaded bytes, before cleaning, in hexadecimal.
        has_metadata: Whether more than the capture time was kept.
        taken_at: The capture time. It is naive if the camera stored no offset from UTC.
        notes: Sentences about parts of the file that aren't kept.
    """

    name: str
    kind: ImageKind
    content: bytes
    width: int
    height: int
    sha256: str
    has_metadata: bool
    taken_at: datetime | None
    notes: tuple[str, ...] = ()


def receive(
    upload: IO[bytes],
    *,
    name: str,
    size: int,
    limits: PhotoLimits,
    keep_metadata: bool = False,
    keep_time: bool = False,
) -> CleanPhoto:
    """Check an upload and clean it.

    The kind is found by the content, not by the name. The compressed picture data of a JPEG, PNG or
    WebP is kept byte for byte, and all parts that the picture doesn't need are removed. HEIC, AVIF,
    TIFF and raw files are converted to JPEG.

    The upload is decoded in a child process with limited time and memory.

    Args:
        upload: The uploaded file.
        name: The file's name as the user's device sent it.
        size: The number of bytes that the upload should have.
        limits: The largest photo that is accepted.
        keep_metadata: Whether to keep when, where, how and by whom the photo was taken.
        keep_time: Whether to keep at least the capture time.

    Raises:
        RefusedPhoto: EmptyFile, TooManyBytes, UnsupportedKind, TooManyPixels, TooCostlyPhoto,
            AnimatedPhoto or DamagedPhoto.
        Busy: All decoders were in use for too long.
    """
    clean = partial(clean_photo, keep_metadata=keep_metadata, keep_time=keep_time)
    return process_upload(clean, upload, name=name, size=size, limits=limits)


def process_upload(
    function: Callable[[bytes, str, PhotoLimits], T],
    upload: IO[bytes],
    *,
    name: str,
    size: int,
    limits: PhotoLimits,
) -> T:
    """Apply a function to an upload in a child process, and return its result.

    Args:
        function: A function at the top level of a module, which gets the content, the name and the
            limits. All of its errors are raised here, too.
        upload: The uploaded file.
        name: The file's name as the user's device sent it.
        size: The number of bytes that the upload should have.
        limits: The largest photo that is accepted.

    Raises:
        EmptyFile: The upload has no bytes.
        TooManyBytes: It is larger than the limit.
        DamagedPhoto: It is incomplete.
        TooCostlyPhoto: The child process needed too much time or memory.
        Busy: All decoders were in use for too long.
    """
    safe_name = display_name(name)
    with decoder() as decode:
        content = _read(upload, name=safe_name, size=size, max_bytes=limits.max_bytes)
        with translate_cost_errors(safe_name, limits.max_pixels):
            return decode(limits.max_pixels, function, content, name, limits)


def clean_photo(
    content: bytes,
    name: str,
    limits: PhotoLimits,
    *,
    keep_metadata: bool = False,
    keep_time: bool = False,
) -> CleanPhoto:
    """Check and clean a photo as `receive` does, but in this process."""
    safe_name = display_name(name)
    own_kind = accepted_kind(content)
    taken = taken_at(content)
    metadata = read_metadata(content) if keep_metadata else NO_METADATA
    if keep_time and not metadata.has_more_than_time:
        metadata = capture_time_only(taken)
    kind = own_kind or ImageKind.JPEG
    if own_kind:
        clean = _clean_and_verify(
            content, kind, metadata, name=safe_name, max_pixels=limits.max_pixels
        )
    else:
        clean = _convert(content, metadata, name=safe_name, max_pixels=limits.max_pixels)
    return CleanPhoto(
        name=name_for_kind(name, kind),
        kind=kind,
        content=clean.content,
        width=clean.width,
        height=clean.height,
        sha256=hashlib.sha256(content).hexdigest(),
        has_metadata=metadata.has_more_than_time,
        taken_at=taken,
        notes=notes_for(content, is_cut=clean.is_cut),
    )


def refusal_of(head: bytes, *, name: str) -> RefusedPhoto | None:
    """Return why a file that begins like this will be refused, or None if it may be accepted."""
    if accepted_kind(head):
        return None
    foreign = foreign_kind(head, name)
    if foreign.is_converted:
        return None
    return UnsupportedKind(
        display_name(name), description=foreign.description, way_out=foreign.way_out
    )


def _clean_and_verify(
    content: bytes, kind: ImageKind, metadata: Metadata, *, name: str, max_pixels: int
) -> Cleaned:
    """Clean a photo. `width` and `height` of the result are those of the upright picture."""
    cleaned = _clean(content, kind, metadata, name=name, max_pixels=max_pixels)
    _ensure_it_decodes(cleaned, name=name, max_pixels=max_pixels)
    if swaps_sides(cleaned.orientation):
        return replace(cleaned, width=cleaned.height, height=cleaned.width)
    return cleaned


def _convert(content: bytes, metadata: Metadata, *, name: str, max_pixels: int) -> Cleaned:
    refusal = refusal_of(content, name=name)
    if refusal:
        raise refusal
    jpeg = as_clean_jpeg(content, name=name, max_pixels=max_pixels)
    return cleaning.clean(jpeg.content, ImageKind.JPEG, metadata.exif_block)


def _read(upload: IO[bytes], *, name: str, size: int, max_bytes: int) -> bytes:
    if size > max_bytes:
        raise TooManyBytes(name, size=size, max_bytes=max_bytes)
    upload.seek(0)  # a form may have read some of it
    content = upload.read(size + 1)
    if not content:
        raise EmptyFile(name)
    if len(content) != size:
        raise DamagedPhoto(name, "it did not arrive whole")
    return content


def _clean(
    content: bytes, kind: ImageKind, metadata: Metadata, *, name: str, max_pixels: int
) -> Cleaned:
    try:
        with translate_cost_errors(name, max_pixels):
            ensure_pixels(*cleaning.dimensions(content, kind), max_pixels)
        cleaned = cleaning.clean(content, kind, metadata.exif_block)
        if cleaned.is_cut:
            with translate_cost_errors(name, max_pixels):
                check(cleaned.content, max_pixels=max_pixels)
            share = ensure_nearly_whole(cleaned.content)
            cleaned = replace(cleaned, is_cut=share < 1)
    except Animated as error:
        raise AnimatedPhoto(name) from error
    except RareForm as error:
        way_out = "Export it as an ordinary JPEG and upload it again."
        raise UnsupportedKind(name, description=str(error), way_out=way_out) from error
    except Malformed as error:
        raise DamagedPhoto(name, str(error)) from error
    except DECODE_ERRORS as error:
        raise DamagedPhoto(name, "its picture data cannot be decoded") from error
    return cleaned


def _ensure_it_decodes(cleaned: Cleaned, *, name: str, max_pixels: int) -> None:
    """Decode the cleaned photo to its end.

    A JPEG is decoded at an eighth of its size. This also reads all of its compressed data, in half
    the time and with 1/64 of the memory.
    """
    if ImageFile.LOAD_TRUNCATED_IMAGES:
        raise RuntimeError("Pillow is set to accept truncated images; nothing may set that here.")
    reason = "its picture data cannot be decoded"
    try:
        with open_photo(cleaned.content, name=name, max_pixels=max_pixels) as image:
            size = image.size
            image.draft(None, (1, 1))
            image.load()
    except DECODE_ERRORS as error:
        raise DamagedPhoto(name, reason) from error
    if size != (cleaned.width, cleaned.height):
        raise DamagedPhoto(name, "it says two different sizes")
