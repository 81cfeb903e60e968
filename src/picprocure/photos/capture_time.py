"""The capture time that a camera wrote into a photo."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, Final

from PIL import ExifTags, Image

from picprocure.photos.metadata import UNREADABLE, exif_of

FIRST_YEAR: Final = 1990
"""No digital camera with EXIF is older. With an earlier year, the camera's clock was never set."""

_TOLERANCE: Final = timedelta(days=2)  # for clocks that are fast, and zones ahead of UTC
_MAX_OFFSET: Final = timedelta(hours=14)  # of a time zone from UTC

_Exif = ExifTags.Base
# The tags of a time, its fraction of a second, and its offset from UTC, in order of preference.
_TIME_TAGS: Final = (
    (_Exif.DateTimeOriginal, _Exif.SubsecTimeOriginal, _Exif.OffsetTimeOriginal),
    (_Exif.DateTimeDigitized, _Exif.SubsecTimeDigitized, _Exif.OffsetTimeDigitized),
    (_Exif.DateTime, _Exif.SubsecTime, _Exif.OffsetTime),
)
_OFFSET_TAGS: Final = tuple(offset for _, _, offset in _TIME_TAGS)

_TIME: Final = re.compile(r"\s*(\d{4})[:/-](\d\d)[:/-](\d\d)[ T](\d\d):(\d\d):(\d\d)")
_OFFSET: Final = re.compile(r"([+-])(\d\d):([0-5]\d)")


def taken_at(content: bytes) -> datetime | None:
    """Return the capture time from a photo's EXIF.

    Implausible values (zeros, blanks, years before `FIRST_YEAR`, the future) count as missing, and
    the next best tag is used. The GPS time, which is in UTC, is the last choice.
    Source: CIPA DC-008 (Exif 2.32), sections 4.6.5 and 4.6.6.

    Returns:
        A naive local time if the camera stored no offset from UTC. None if there is no plausible
        time.
    """
    try:
        exif = exif_of(content)
        tags: dict[int, Any] = dict(exif) | exif.get_ifd(ExifTags.IFD.Exif)
        return next(_plausible_times(tags), None) or _gps_time(exif)
    except UNREADABLE:
        return None


def _plausible_times(tags: dict[int, Any]) -> Iterator[datetime]:
    """Yield the plausible times in order of preference."""
    for time_tag, fraction_tag, offset_tag in _TIME_TAGS:
        local = _local_time(tags.get(time_tag), tags.get(fraction_tag))
        if local:
            zones = (_zone(tags.get(tag)) for tag in (offset_tag, *_OFFSET_TAGS))
            yield local.replace(tzinfo=next(filter(None, zones), None))


def _local_time(text: object, fraction: object) -> datetime | None:
    """Return a plausible naive time."""
    match = _TIME.match(str(text))
    if not match:
        return None
    digits = str(fraction).strip("\0 ")[:6]
    microseconds = int(digits.ljust(6, "0")) if digits.isascii() and digits.isdecimal() else 0
    return _plausible(*map(int, match.groups()), microseconds)


def _plausible(*parts: int) -> datetime | None:
    try:
        local = datetime(*parts)  # type: ignore[arg-type]  # noqa: DTZ001
    except ValueError:
        return None
    latest = datetime.now(UTC).replace(tzinfo=None) + _TOLERANCE
    return local if local.year >= FIRST_YEAR and local <= latest else None


def _zone(offset: object) -> timezone | None:
    match = _OFFSET.match(str(offset))
    if not match:
        return None
    size = timedelta(hours=int(match[2]), minutes=int(match[3]))
    sign = -1 if match[1] == "-" else 1
    return timezone(sign * size) if size <= _MAX_OFFSET else None


def _gps_time(exif: Image.Exif) -> datetime | None:
    gps = exif.get_ifd(ExifTags.IFD.GPSInfo)
    day, time = gps.get(ExifTags.GPS.GPSDateStamp), gps.get(ExifTags.GPS.GPSTimeStamp)
    if not day or not time:
        return None
    hours, minutes, seconds = (int(part) for part in time)
    utc = _local_time(f"{day} {hours:02}:{minutes:02}:{seconds:02}".replace("\0", ""), None)
    return utc and utc.replace(tzinfo=UTC)
