"""When a photo was taken, as its camera says."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, Final

from PIL import ExifTags, Image

from picprocure.photos.metadata import UNREADABLE, exif_of

FIRST_YEAR: Final = 1990
"""Earlier years are before the first digital cameras with EXIF, so the clock was never set."""

_AHEAD: Final = timedelta(days=2)  # a clock may be a bit fast, and ahead of UTC
_FARTHEST: Final = timedelta(hours=14)  # that a zone is from UTC

_Exif = ExifTags.Base
# The tags for a moment, its fraction of a second and its offset from UTC, the best first.
_PLACES: Final = (
    (_Exif.DateTimeOriginal, _Exif.SubsecTimeOriginal, _Exif.OffsetTimeOriginal),
    (_Exif.DateTimeDigitized, _Exif.SubsecTimeDigitized, _Exif.OffsetTimeDigitized),
    (_Exif.DateTime, _Exif.SubsecTime, _Exif.OffsetTime),
)
_OFFSETS: Final = tuple(offset for _, _, offset in _PLACES)

_MOMENT: Final = re.compile(r"\s*(\d{4})[:/-](\d\d)[:/-](\d\d)[ T](\d\d):(\d\d):(\d\d)")
_OFFSET: Final = re.compile(r"([+-])(\d\d):([0-5]\d)")


def taken_at(content: bytes) -> datetime | None:
    """The moment of the shot from a photo's EXIF; None when it names none that makes sense.

    Where the camera gave no offset from UTC the result is naive: the clock on the camera's wall.
    Impossible values (zeros, blanks, before `FIRST_YEAR`, in the future) count as missing, and the
    next best tag is used. The clock of GPS, which is in UTC, comes last.
    Source: CIPA DC-008 (Exif 2.32), sections 4.6.5 and 4.6.6.
    """
    try:
        exif = exif_of(content)
        said: dict[int, Any] = dict(exif) | exif.get_ifd(ExifTags.IFD.Exif)
        return next(_moments(said), None) or _by_satellite(exif)
    except UNREADABLE:
        return None


def _moments(said: dict[int, Any]) -> Iterator[datetime]:
    for place, fraction, offset in _PLACES:
        moment = _moment(said.get(place), said.get(fraction))
        if moment:
            zones = (_zone(said.get(one)) for one in (offset, *_OFFSETS))
            yield moment.replace(tzinfo=next(filter(None, zones), None))


def _moment(said: object, fraction: object) -> datetime | None:
    """Return a naive moment."""
    found = _MOMENT.match(str(said))
    if not found:
        return None
    digits = str(fraction).strip("\0 ")[:6]
    microseconds = int(digits.ljust(6, "0")) if digits.isascii() and digits.isdecimal() else 0
    return _sensible(*map(int, found.groups()), microseconds)


def _sensible(*parts: int) -> datetime | None:
    try:
        moment = datetime(*parts)  # type: ignore[arg-type]  # noqa: DTZ001
    except ValueError:
        return None
    latest = datetime.now(UTC).replace(tzinfo=None) + _AHEAD
    return moment if moment.year >= FIRST_YEAR and moment <= latest else None


def _zone(offset: object) -> timezone | None:
    found = _OFFSET.match(str(offset))
    if not found:
        return None
    away = timedelta(hours=int(found[2]), minutes=int(found[3]))
    sign = -1 if found[1] == "-" else 1
    return timezone(sign * away) if away <= _FARTHEST else None


def _by_satellite(exif: Image.Exif) -> datetime | None:
    place = exif.get_ifd(ExifTags.IFD.GPSInfo)
    day, time = place.get(ExifTags.GPS.GPSDateStamp), place.get(ExifTags.GPS.GPSTimeStamp)
    if not day or not time:
        return None
    hours, minutes, seconds = (int(part) for part in time)
    moment = _moment(f"{day} {hours:02}:{minutes:02}:{seconds:02}".replace("\0", ""), None)
    return moment and moment.replace(tzinfo=UTC)
