"""Fields that several forms use."""

from __future__ import annotations

import io
from typing import Any

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile

from picprocure.photos.errors import RefusedPhoto
from picprocure.photos.intake import receive
from picprocure.photos.renditions import make_rendition
from picprocure.photos.services import photo_limits

PHOTO_TYPES = "image/jpeg,image/png,image/webp"
COVER_SIDE = 1600


class PhotoInput(forms.FileInput):
    """A file input that offers photos only."""

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__({"accept": PHOTO_TYPES, **(attrs or {})})


class PhotosInput(PhotoInput):
    allow_multiple_selected = True


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

    def clean(self, data: Any, initial: Any = None) -> bytes | None:
        upload = super().clean(data, initial)
        if not upload:
            return None
        try:
            clean = receive(upload, name=upload.name, size=upload.size, limits=photo_limits())
            return make_rendition(
                io.BytesIO(clean.content),
                name=clean.name,
                max_side=COVER_SIDE,
                max_pixels=settings.MAX_PHOTO_PIXELS,
            )
        except RefusedPhoto as refused:
            raise forms.ValidationError(str(refused)) from refused
