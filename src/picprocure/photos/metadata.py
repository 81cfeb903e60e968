"""What a photo says of when, where, how and by whom it was taken, for events that keep that.

By allow-list, like the rest: no thumbnail, no maker's notes, no picture within a picture, since
those may show whom somebody cut out of the photo.
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

MAX_BLOCK_BYTES: Final = 65_000  # what fits into one segment of a JPEG, with its name

_OF_THE_FILE: Final = frozenset(
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
# Each that Exif 2.32 names, but for those that hold what a maker or a program likes.
_OF_THE_SHOT: Final = frozenset(map(int, ExifTags.Base)) - {
    ExifTags.Base.MakerNote,
    ExifTags.Base.UserComment,
    ExifTags.IFD.Interop,
}


@dataclass(frozen=True, slots=True)
class Metadata:
    """Exif, or None if there is none. ``says_more``: it has more than the capture time."""

    exif: Image.Exif | None = None
    says_more: bool = False

    def exif_block(self, orientation: int) -> bytes:
        """A TIFF block that says this and the orientation; empty where there is nothing to say."""
        if self.exif is not None:
            self.exif[ExifTags.Base.Orientation] = orientation
            return self.exif.tobytes().removeprefix(EXIF_PREFIX)
        return if_turned(orientation)


NO_METADATA: Final = Metadata()


def exif_of(content: bytes) -> Image.Exif:
    """The Exif of a photo of any kind. A TIFF, and most raw files, are an Exif block themselves;
    of others it is that of the picture, or of the preview.

    Raises one of `UNREADABLE`.
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
    """What is kept of a photo of any kind; what can't be read is left out.

    Neither XMP nor IPTC: both hold names and places of faces, and previews.
    """
    exif = _kept_exif(content)
    return Metadata(exif, says_more=exif is not None)


def time_alone(taken_at: datetime | None) -> Metadata:
    """Return only the capture time of a photo, without offset if ``taken_at`` is naive."""
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


def _offset(away: timedelta) -> str:
    minutes = away // timedelta(minutes=1)
    hours, minutes_left = divmod(abs(minutes), 60)
    return f"{'-' if minutes < 0 else '+'}{hours:02}:{minutes_left:02}"


def _kept_exif(content: bytes) -> Image.Exif | None:
    """None where there is nothing to keep."""
    kept = Image.Exif()
    try:
        exif = exif_of(content)
        of_the_file = {int(tag): exif[tag] for tag in _OF_THE_FILE if tag in exif}
        of_the_shot = _of_the_shot(exif)
        place = exif.get_ifd(ExifTags.IFD.GPSInfo)
        kept.update(of_the_file)
        kept.get_ifd(ExifTags.IFD.Exif).update(of_the_shot)
        kept.get_ifd(ExifTags.IFD.GPSInfo).update(place)
        is_written = _short(kept.tobytes())
    except UNREADABLE:
        return None
    says_something = of_the_file or of_the_shot or place
    return kept if says_something and is_written else None


def _of_the_shot(exif: Image.Exif) -> dict[int, object]:
    shot = exif.get_ifd(ExifTags.IFD.Exif)
    return {tag: value for tag, value in shot.items() if tag in _OF_THE_SHOT}


def _short(said: object) -> bytes:
    return said if isinstance(said, bytes) and len(said) <= MAX_BLOCK_BYTES else b""
