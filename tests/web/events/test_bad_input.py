"""Unusual and bad files, through upload and analysis.

Each file is refused with its name, the problem and the way out, or it is processed and delivered.
In either case, no partial data is left.
"""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from PIL import Image

import fakes
from conftest import World, work_off
from photos.pictures import animation
from picprocure.photos.models import Photo
from picprocure.storage.models import PendingDeletion
from snapshots import stored_objects

pytestmark = pytest.mark.django_db(transaction=True)


def picture(mode: str = "RGB", kind: str = "JPEG", **options: Any) -> bytes:
    gradient = np.linspace(0, 255, 200 * 120 * 3, dtype=np.uint8).reshape(120, 200, 3)
    out = io.BytesIO()
    Image.fromarray(gradient).convert(mode).save(out, kind, **options)
    return out.getvalue()


def sixteen_bit() -> bytes:
    out = io.BytesIO()
    Image.fromarray(np.arange(120 * 200, dtype=np.uint16).reshape(120, 200) * 2).save(out, "PNG")
    return out.getvalue()


def png_that_claims(width: int, height: int) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        checked = kind + data
        return struct.pack(">I", len(data)) + checked + struct.pack(">I", zlib.crc32(checked))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    data = zlib.compress(b"\0" * 1000)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")
    )


REFUSED: dict[str, tuple[str, Callable[[], bytes], tuple[str, ...]]] = {
    "truncated": ("cut.jpg", lambda: picture()[:-400], ("cut.jpg",)),
    "empty": ("empty.jpg", lambda: b"", ("empty.jpg", "0 bytes")),
    "text": ("notes.jpg", lambda: b"Dear diary, " * 50, ("notes.jpg", "JPEG, PNG, WebP, HEIC")),
    "enormous": (
        "wall.png",
        lambda: png_that_claims(60_000, 60_000),
        ("wall.png", "60,000 by 60,000", "100 megapixels"),
    ),
    "too heavy": (
        "big.jpg",
        lambda: picture().ljust(41 * 1024 * 1024, b"\0"),
        ("big.jpg", "41 MB", "25 MB"),
    ),
    "animated gif": ("wave.gif", lambda: animation("GIF"), ("wave.gif", "GIF")),
    "animated webp": ("wave.webp", lambda: animation("WEBP"), ("wave.webp", "animat")),
    "animated png": ("wave.png", lambda: animation("PNG"), ("wave.png", "animat")),
}

HANDLED: dict[str, tuple[str, Callable[[], bytes]]] = {
    "cmyk": ("print.jpg", lambda: picture("CMYK")),
    "16-bit": ("scan.png", sixteen_bit),
    "gray": ("gray.jpg", lambda: picture("L")),
    "palette": ("palette.png", lambda: picture("P", "PNG")),
    "transparent": ("glass.webp", lambda: picture("RGBA", "WEBP")),
    "progressive": ("slow.jpg", lambda: picture(progressive=True)),
    "slashes": ("../../etc/passwd.jpg", picture),
    "quotes": ('"it\'s".jpg', picture),
    "emoji": ("🎉🎂.jpg", picture),
    "300 characters": ("x" * 296 + ".jpg", picture),
}


def send(world: World, name: str, content: bytes) -> dict[str, Any]:
    response = world.client("alice").post(
        reverse("events:photos", args=[world.event.pk]),
        {"photos": [SimpleUploadedFile(name, content)]},
        headers={"Accept": "application/json"},
    )
    result: dict[str, Any] = response.json()["results"][0]
    return result


@pytest.mark.parametrize(("name", "make", "message_parts"), REFUSED.values(), ids=REFUSED)
def test_bad_file_is_refused_with_a_message_and_nothing_is_stored(
    world: World, name: str, make: Callable[[], bytes], message_parts: tuple[str, ...]
) -> None:
    before = stored_objects()
    result = send(world, name, make())
    assert not result["ok"]
    assert all(part in result["message"] for part in message_parts), result["message"]
    assert Photo.objects.count() == 4
    assert stored_objects() == before
    assert not PendingDeletion.objects.exists()


@pytest.mark.parametrize(("name", "make"), HANDLED.values(), ids=HANDLED)
def test_unusual_file_is_processed(world: World, name: str, make: Callable[[], bytes]) -> None:
    assert send(world, name, make())["ok"]
    work_off()
    photo = Photo.objects.latest("uploaded_at")
    assert photo.status == Photo.Status.ANALYZED, photo.failure
    for size in ("thumbnail", "web", "original"):
        address = reverse("media:photo", args=[photo.pk, size])
        response = world.client("alice").get(address)
        body = response.getvalue()
        with Image.open(io.BytesIO(body)) as delivered:
            delivered.load()
    assert not PendingDeletion.objects.exists()


def test_refused_file_does_not_affect_other_files(world: World) -> None:
    files = [
        SimpleUploadedFile("one.png", fakes.stripes(fakes.BOB, serial=1)),
        SimpleUploadedFile("cut.jpg", picture()[:-400]),
        SimpleUploadedFile("two.png", fakes.stripes(fakes.BOB, serial=2)),
    ]
    address = reverse("events:photos", args=[world.event.pk])
    world.client("alice").post(address, {"photos": files})
    work_off()
    names = set(Photo.objects.analyzed().values_list("name", flat=True))
    assert {"one.png", "two.png"} <= names
    assert "cut.jpg" not in names
