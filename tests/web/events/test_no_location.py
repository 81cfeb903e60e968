"""No GPS data leaves the site, in no kind of photo and in no file that is sent."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
from django.urls import reverse
from PIL import ExifTags, Image

import fakes
from conftest import World, upload, work_off
from photos import pictures as p
from photos.test_conversion import avif, exif_of, heic, raw, tiff
from picprocure.photos.models import Photo
from picprocure.pipeline import changes

pytestmark = pytest.mark.django_db(transaction=True)

THUMBNAIL = b"HIDDEN-THUMBNAIL"

Base = ExifTags.Base
WHEN = {Base.DateTimeOriginal, Base.SubsecTimeOriginal, Base.OffsetTimeOriginal}
"""The part of the capture time that is kept."""


def bob(mode: str = "RGB") -> Image.Image:
    return Image.open(io.BytesIO(fakes.stripes(fakes.BOB))).convert(mode)


def block() -> bytes:
    """Return EXIF data with a place, an owner and a thumbnail."""
    thumbnail = p.with_segments(p.saved(p.pattern(16, 16)), (p.COM, THUMBNAIL))
    return bytes(exif_of().tobytes()) + thumbnail


def with_block(kind: str) -> Callable[[], bytes]:
    return lambda: p.saved(bob(), kind, exif=block())


def heic_with_block() -> bytes:
    class Raw:
        """The part of Pillow's Exif that `heic` uses."""

        tobytes = staticmethod(block)

    return heic(bob(), exif=Raw)


def avif_with_a_box() -> bytes:
    """Return an AVIF with the thumbnail in an extra box. Pillow writes none into EXIF data."""
    box = struct.pack(">I4s", 8 + len(THUMBNAIL), b"free") + THUMBNAIL
    return avif(bob(), exif=block()) + box


def tiff_of_two_pages() -> bytes:
    """Return a TIFF of two pages, the second of which is the thumbnail."""
    small = p.pattern(16, 16)
    small.info["comment"] = THUMBNAIL
    first = tiff(bob(), exif=exif_of(), save_all=True, append_images=[small])
    return first + THUMBNAIL


KINDS: dict[str, Callable[[], bytes]] = {
    "jpeg": with_block("JPEG"),
    "png": with_block("PNG"),
    "webp": with_block("WebP"),
    "avif": avif_with_a_box,
    "heic": heic_with_block,
    "tiff": tiff_of_two_pages,
    "raw": lambda: raw(bob(), exif=block()),
}


def content_of(answer: Any) -> bytes:
    assert answer.status_code == 200
    content: bytes = answer.getvalue()
    return content


def delivered(world: World, photo: Photo) -> dict[str, bytes]:
    """Return all files of a photo that the site sends."""
    client = world.client("bob")
    found = {
        size: content_of(client.get(reverse("media:photo", args=[photo.pk, size])))
        for size in ("thumbnail", "web", "original")
    }
    archive = content_of(client.get(reverse("media:archive", args=[world.event.pk])))
    with zipfile.ZipFile(io.BytesIO(archive)) as members:
        found["zip"] = members.read(photo.name)
    return found


def tells(content: bytes) -> bool:
    with Image.open(io.BytesIO(content)) as image:
        image.load()
        exif = image.getexif()
        place = exif.get_ifd(ExifTags.IFD.GPSInfo)
        own = set(exif.get_ifd(ExifTags.IFD.Exif)) - WHEN
        return bool(place or own) or not set(exif) <= {Base.Orientation, Base.ExifOffset}


@pytest.mark.parametrize("kind", KINDS)
def test_sent_files_contain_no_place_owner_or_thumbnail(world: World, kind: str) -> None:
    content = KINDS[kind]()
    assert p.SECRET in content
    assert THUMBNAIL in content
    photo = upload(world.event, content, f"holiday.{kind}")
    work_off()
    photo.refresh_from_db()
    assert photo.status == Photo.Status.ANALYZED
    registration = world.bob.registrations.get()
    changes.share_manually(registration=registration, photos=[photo])
    for way, out in delivered(world, photo).items():
        assert not tells(out), way
        assert p.SECRET not in out, way
        assert THUMBNAIL not in out, way


def test_picture_data_of_a_jpeg_is_sent_unchanged(world: World) -> None:
    content = KINDS["jpeg"]()
    photo = upload(world.event, content, "holiday.jpg")
    work_off()
    photo.refresh_from_db()
    changes.share_manually(registration=world.bob.registrations.get(), photos=[photo])
    out = delivered(world, photo)
    scan = content[content.rindex(b"\xff\xda") :]
    assert scan.endswith(p.EOI)
    for way in ("original", "zip"):
        assert out[way].endswith(scan), way
