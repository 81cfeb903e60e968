"""Fields that several forms use."""

from __future__ import annotations

import contextlib
import unicodedata
from functools import cache
from typing import Any
from uuid import UUID
from zoneinfo import available_timezones

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile

from picprocure.accounts.invisible_characters import remove_invisible
from picprocure.accounts.names import validate_visible
from picprocure.imaging.kinds import PHOTO_SUFFIXES
from picprocure.photos.covers import read_cover
from picprocure.photos.errors import RefusedPhoto
from picprocure.photos.services import profile_photo_limits

PORTRAIT_TYPES = "image/jpeg,image/png,image/webp,image/heic,image/heif"
PHOTO_TYPES = ",".join(["image/jpeg", "image/png", "image/webp", *sorted(PHOTO_SUFFIXES)])
"""With the names of files that many browsers know no type of."""


class TextField(forms.CharField):
    """Text that other people see, without invisible characters."""

    def to_python(self, value: Any) -> str:
        typed = super().to_python(value) or ""
        if typed:
            validate_visible(typed)
        return remove_invisible(typed).strip()


class NameField(TextField):
    """A name of a person or a thing, on one line."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(validators=[is_on_one_line], **kwargs)


def is_on_one_line(value: str) -> None:
    """A name is written into mails and lists, where nothing may begin a line of its own."""
    if any(unicodedata.category(character) in {"Cc", "Zl", "Zp"} for character in value):
        raise forms.ValidationError("This contains a line break or a control character. Remove it.")


MAX_DIGITS = 18
"""Of a key in a form: what is longer no database takes for a number."""


def whole_numbers(values: list[str]) -> list[int]:
    """Keys of rows that a form names; whatever is none is left out."""
    return [int(value) for value in values if value.isdecimal() and len(value) <= MAX_DIGITS]


def uuids(values: list[str]) -> list[UUID]:
    """The same of keys that are UUIDs."""
    found = []
    for value in values:
        with contextlib.suppress(ValueError):
            found.append(UUID(value))
    return found


class PhotoInput(forms.FileInput):
    """A file input that offers photos only."""

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__({"accept": PHOTO_TYPES, **(attrs or {})})


class PhotosInput(PhotoInput):
    """Many photos, or ZIPs of them."""

    allow_multiple_selected = True

    def __init__(self) -> None:
        super().__init__({"accept": f"{PHOTO_TYPES},application/zip,.zip"})


class PhotosField(forms.FileField):
    """Many files under one name; cleaned to a list of uploads. Empty files are let through:
    whoever receives them names them."""

    widget = PhotosInput

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(allow_empty_file=True, max_length=None, **kwargs)

    def clean(self, data: Any, initial: Any = None) -> list[UploadedFile[bytes]]:
        chosen = data if isinstance(data, list) else [data]
        return [super(PhotosField, self).clean(upload, initial) for upload in chosen]


class CoverField(forms.FileField):
    """A cover image; cleaned to the bytes of a small JPEG without metadata, or None."""

    widget = PhotoInput

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(allow_empty_file=True, **kwargs)  # it is refused by name

    def clean(self, data: Any, initial: Any = None) -> bytes | None:
        upload = super().clean(data, initial)
        if upload is None:
            return None
        limits = profile_photo_limits()
        try:
            return read_cover(upload, name=upload.name, size=upload.size, limits=limits)
        except RefusedPhoto as refused:
            raise forms.ValidationError(str(refused)) from refused


_OTHER_NAMES = ("Etc/", "US/", "Brazil/", "Canada/", "Chile/", "Mexico/")
"""Prefixes of zones that are also in the list under the name of a place."""


def time_zone_choices(saved: str = "") -> list[tuple[str, str]]:
    """Return the site's zone, zones named after places, and the one that was ``saved`` before."""
    zones = [zone for zone in _time_zones() if zone == saved or _is_named_by_place(zone)]
    return [("", f"Site default ({settings.TIME_ZONE})"), *((zone, zone) for zone in zones)]


def _is_named_by_place(zone: str) -> bool:
    return zone == "UTC" or ("/" in zone and not zone.startswith(_OTHER_NAMES))


@cache  # it walks through folders: 20 ms each time
def _time_zones() -> list[str]:
    return sorted(available_timezones())
