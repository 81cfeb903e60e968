"""When a photo was taken, as its camera says."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from typing import Final

from picprocure.photos.metadata import UNREADABLE, exif_of

_EXIF_IFD: Final = 0x8769
_DATE_TIME: Final = 0x0132  # of the file; the others are of the moment it was taken
_TAKEN, _TAKEN_FRACTION, _TAKEN_OFFSET = 0x9003, 0x9291, 0x9011

_MOMENT: Final = re.compile(r"(\d{4}):(\d\d):(\d\d) (\d\d):(\d\d):(\d\d)")
_OFFSET: Final = re.compile(r"([+-])(\d\d):(\d\d)")


def taken_at(content: bytes) -> datetime | None:
    """The moment of the shot from a photo's EXIF; None when it names none that makes sense.

    Where the camera gave no offset from UTC the result is naive: the clock on the camera's wall.
    Source: CIPA DC-008 (Exif 2.32), section 4.6.5.
    """
    try:
        exif = exif_of(content)
        shot = exif.get_ifd(_EXIF_IFD)
        said = shot.get(_TAKEN) or exif.get(_DATE_TIME)
        return _moment(str(said), str(shot.get(_TAKEN_FRACTION)), str(shot.get(_TAKEN_OFFSET)))
    except UNREADABLE:
        return None


def _moment(said: str, fraction: str, offset: str) -> datetime | None:
    found = _MOMENT.match(said)
    if not found:
        return None
    digits = fraction.strip()[:6]
    microseconds = int(digits.ljust(6, "0")) if digits.isdecimal() else 0
    zone = _OFFSET.match(offset)
    moment = datetime(*map(int, found.groups()), microseconds)  # type: ignore[call-arg, arg-type]  # noqa: DTZ001
    if zone is None:
        return moment
    sign = -1 if zone[1] == "-" else 1
    away = timedelta(hours=int(zone[2]), minutes=int(zone[3]))
    return moment.replace(tzinfo=timezone(sign * away))
