"""Metadata about when, where, how and by whom a photo was taken, for events that keep it.

Only the tags of an allow-list are kept. Thumbnails, maker notes and embedded pictures are removed,
since they may show people who were cut out of the photo.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from PIL import ExifTags, Image

from picprocure.imaging.cleaning.errors import CannotClean
from picprocure.imaging.cleaning.exif import if_turned
from picprocure.imaging.errors import ImagingError
from picprocure.imaging.kinds import TIFF_MAGICS
from picprocure.imaging.pixels import DECODE_ERRORS
from picprocure.imaging.raw_preview import NoPreview
from picprocure.imaging.readers import UnknownKind, opened
from picprocure.imaging.tiff_directory import EXIF_PREFIX

UNREADABLE: Final = (*DECODE_ERRORS, UnknownKind, NoPreview, CannotClean, ImagingError)

MAX_BLOCK_BYTES: Final = 65_000  # fits into one segment of a JPEG, together with its name

_FILE_TAGS: Final = frozenset(
    {
        ExifTags.Base.ImageDescription,
        ExifTags.Base.Make,
        ExifTags.Base.Model,
        ExifTags.Base.Software,
        ExifTags.Base.DateTime,
        ExifTags.Base.Artist,
        ExifTags.Base.Copyright,
    }
)
# All tags of Exif 2.32, except those in which makers and programs store data of any form.
_SHOT_TAGS: Final = frozenset(map(int, ExifTags.Base)) - {
    ExifTags.Base.MakerNote,
    ExifTags.Base.UserComment,
    ExifTags.IFD.Interop,
}


@dataclass(frozen=True, slots=True)
class Metadata:
    """Exif to keep, or None if there is none."""

    exif: Image.Exif | None = None
    has_more_than_time: bool = False

    def exif_block(self, orientation: int) -> bytes:
        """Return a TIFF block with the Exif and the orientation, empty if it isn't needed."""
        if self.exif is not None:
            self.exif[ExifTags.Base.Orientation] = orientation
            return self.exif.tobytes().removeprefix(EXIF_PREFIX)
        return if_turned(orientation)


NO_METADATA: Final = Metadata()


def exif_of(content: bytes) -> Image.Exif:
    """Return the Exif of a photo of any kind.

    TIFF files and most raw files are Exif blocks themselves. In other files, the Exif belongs to
    the picture or the preview.

    Raises:
        UNREADABLE: The file can't be read.
    """
    own = _loaded(content) if content.startswith(TIFF_MAGICS) else Image.Exif()
    if own.get_ifd(ExifTags.IFD.Exif) or own.get_ifd(ExifTags.IFD.GPSInfo):
        return own
    image, _ = opened(content)
    block = image.info.get("exif")
    return _loaded(block) if block else own


def _loaded(block: bytes) -> Image.Exif:
    exif = Image.Exif()
    exif.load(block)
    return exif


def read_metadata(content: bytes) -> Metadata:
    """Return the metadata to keep of a photo of any kind. Unreadable metadata is ignored.

    XMP and IPTC are never kept: they can contain names and positions of faces, and previews.
    """
    exif = _kept_exif(content)
    return Metadata(exif, has_more_than_time=exif is not None)


def capture_time_only(taken_at: datetime | None) -> Metadata:
    """Return metadata with only the capture time, without an offset if `taken_at` is naive."""
    if taken_at is None:
        return NO_METADATA
    exif = Image.Exif()
    shot = exif.get_ifd(ExifTags.IFD.Exif)
    shot[ExifTags.Base.DateTimeOriginal] = f"{taken_at:%Y:%m:%d %H:%M:%S}"
    if taken_at.microsecond:
        shot[ExifTags.Base.SubsecTimeOriginal] = f"{taken_at:%f}".rstrip("0")
    offset = taken_at.utcoffset()
    if offset is not None:
        shot[ExifTags.Base.OffsetTimeOriginal] = _offset(offset)
    return Metadata(exif)


def _offset(offset: timedelta) -> str:
    minutes = offset // timedelta(minutes=1)
    hours, minutes_left = divmod(abs(minutes), 60)
    return f"{'-' if minutes < 0 else '+'}{hours:02}:{minutes_left:02}"


def _kept_exif(content: bytes) -> Image.Exif | None:
    """Return the Exif to keep, or None if there is none or it doesn't fit."""
    kept = Image.Exif()
    try:
        exif = exif_of(content)
        file_tags = {int(tag): exif[tag] for tag in _FILE_TAGS if tag in exif}
        shot_tags = _shot_tags(exif)
        gps_tags = exif.get_ifd(ExifTags.IFD.GPSInfo)
        kept.update(file_tags)
        kept.get_ifd(ExifTags.IFD.Exif).update(shot_tags)
        kept.get_ifd(ExifTags.IFD.GPSInfo).update(gps_tags)
        fits = _fits(kept.tobytes())
    except UNREADABLE:
        return None
    has_tags = file_tags or shot_tags or gps_tags
    return kept if has_tags and fits else None


def _shot_tags(exif: Image.Exif) -> dict[int, object]:
    shot = exif.get_ifd(ExifTags.IFD.Exif)
    return {tag: value for tag, value in shot.items() if tag in _SHOT_TAGS}


def _fits(block: object) -> bool:
    return isinstance(block, bytes) and 0 < len(block) <= MAX_BLOCK_BYTES
