"""Form fields and validators that several forms use."""

from __future__ import annotations

import contextlib
import unicodedata
from typing import Any
from uuid import UUID

from allauth.account.fields import EmailField
from django import forms
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.forms.renderers import BaseRenderer
from django.forms.utils import flatatt
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from picprocure.accounts.emails import canonical_address
from picprocure.accounts.invisible_characters import remove_invisible
from picprocure.accounts.names import validate_visible
from picprocure.imaging.kinds import PHOTO_SUFFIXES
from picprocure.photos.covers import read_cover
from picprocure.photos.errors import RefusedPhoto
from picprocure.photos.services import profile_photo_limits
from picprocure.web.zones import zone_names

PORTRAIT_TYPES = "image/jpeg,image/png,image/webp,image/heic,image/heif"
PHOTO_TYPES = ",".join(["image/jpeg", "image/png", "image/webp", *sorted(PHOTO_SUFFIXES)])
"""File types and suffixes, as many browsers don't know the types of all these suffixes."""


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
        super().__init__(validators=[validate_single_line], **kwargs)


class AddressField(EmailField):  # type: ignore[misc]
    """An e-mail address, cleaned to the one spelling that we store."""

    def clean(self, value: Any) -> str:
        email = super().clean(value)
        return canonical_address(email) if email else ""


def validate_single_line(value: str) -> None:
    """Refuse line breaks and control characters, which could forge lines in mails and lists.

    Raises:
        forms.ValidationError: The value contains such a character.
    """
    if any(unicodedata.category(character) in {"Cc", "Zl", "Zp"} for character in value):
        raise forms.ValidationError("This contains a line break or a control character. Remove it.")


MAX_DIGITS = 18
"""The maximum length of a key in a form. Longer numbers don't fit into a database column."""


def integer_keys(values: list[str]) -> list[int]:
    """Return the integer keys of rows in a submitted form. Invalid values are skipped."""
    return [int(value) for value in values if value.isdecimal() and len(value) <= MAX_DIGITS]


def uuid_keys(values: list[str]) -> list[UUID]:
    """Return the UUID keys of rows in a submitted form. Invalid values are skipped."""
    keys = []
    for value in values:
        with contextlib.suppress(ValueError):
            keys.append(UUID(value))
    return keys


class PhotoInput(forms.FileInput):
    """A file input that offers photos only."""

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__({"accept": PHOTO_TYPES, **(attrs or {})})


class PhotosInput(PhotoInput):
    """A file input for several photos and ZIPs of photos."""

    allow_multiple_selected = True

    def __init__(self) -> None:
        super().__init__({"accept": f"{PHOTO_TYPES},application/zip,.zip"})


class PhotosField(forms.FileField):
    """Several files in one field, cleaned to a list of uploads.

    Empty files are accepted, so that the view can name them.
    """

    widget = PhotosInput

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(allow_empty_file=True, max_length=None, **kwargs)

    def clean(self, data: Any, initial: Any = None) -> list[UploadedFile[bytes]]:
        uploads = data if isinstance(data, list) else [data]
        return [super(PhotosField, self).clean(upload, initial) for upload in uploads]


class CoverField(forms.FileField):
    """A cover image; cleaned to the bytes of a small JPEG without metadata, or None."""

    widget = PhotoInput

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(allow_empty_file=True, **kwargs)  # read_cover refuses it by name

    def clean(self, data: Any, initial: Any = None) -> bytes | None:
        upload = super().clean(data, initial)
        if upload is None:
            return None
        limits = profile_photo_limits()
        try:
            return read_cover(upload, name=upload.name, size=upload.size, limits=limits)
        except RefusedPhoto as refused:
            raise forms.ValidationError(str(refused)) from refused


class LongSelect(forms.Select):
    """A select of hundreds of choices. Django's templates take 15 ms for the time zones."""

    def render(
        self,
        name: str,
        value: Any,
        attrs: dict[str, Any] | None = None,
        renderer: BaseRenderer | None = None,  # noqa: ARG002 -- Django's signature
    ) -> SafeString:
        chosen = self.format_value(value)
        options = format_html_join(
            "\n",
            '<option value="{}"{}>{}</option>',
            (
                (key, mark_safe(" selected") if str(key) in chosen else "", label)
                for key, label in self.choices
            ),
        )
        attributes = flatatt(self.build_attrs(self.attrs, attrs))
        return format_html('<select name="{}"{}>\n{}\n</select>', name, attributes, options)


_ALIAS_PREFIXES = ("Etc/", "US/", "Brazil/", "Canada/", "Chile/", "Mexico/")
"""Prefixes of aliases of zones that are also listed by the name of a place."""


def time_zone_choices(saved: str = "", empty: str = "") -> list[tuple[str, str]]:
    """Return the choices of a time zone field.

    Args:
        saved: The saved value, which remains a choice even if it is not named after a place.
        empty: The label of the first choice, which is no zone. By default, it is the site's.
    """
    zones = [zone for zone in sorted(zone_names()) if zone == saved or _is_named_after_place(zone)]
    no_zone = empty or f"Site default ({settings.TIME_ZONE})"
    return [("", no_zone), *((zone, zone) for zone in zones)]


def _is_named_after_place(zone: str) -> bool:
    return zone == "UTC" or ("/" in zone and not zone.startswith(_ALIAS_PREFIXES))
