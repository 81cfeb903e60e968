"""Files that were made to break things, through the upload page and in a ZIP.

The result of each is printed as a table. None may cause an error of the site, end a worker, or
leave data behind. Accepted files are clean.
"""

from __future__ import annotations

import gzip
import io
import stat
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from PIL import Image

from conftest import World, work_off
from photos.pictures import animation, zipped
from picprocure.photos.models import Photo
from picprocure.photos.services import store_renditions
from picprocure.recognition.analysis import find_faces
from picprocure.storage.models import PendingDeletion
from real_engines import dlib_engine
from snapshots import stored_objects

pytestmark = pytest.mark.django_db(transaction=True)

SCRIPT = b"<script>alert(document.domain)</script>"
PHP = b"<?php system($_GET['c']); ?>"


def picture(
    kind: str = "JPEG", seed: int = 1, size: tuple[int, int] = (64, 48), **more: Any
) -> bytes:
    noise = np.random.default_rng(seed).integers(0, 255, (size[1], size[0], 3), dtype=np.uint8)
    out = io.BytesIO()
    Image.fromarray(noise).save(out, kind, **more)
    return out.getvalue()


def heic() -> bytes:
    from pillow_heif import from_pillow  # noqa: PLC0415 -- slow to load

    out = io.BytesIO()
    from_pillow(Image.open(io.BytesIO(picture("PNG")))).save(out, quality=80)
    return out.getvalue()


def png_chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int, height: int, data: bytes, *extra: bytes) -> bytes:
    header = png_chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    end = png_chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + header + b"".join(extra) + png_chunk(b"IDAT", data) + end


def jpeg_that_claims(width: int, height: int) -> bytes:
    content = picture()
    start = content.index(b"\xff\xc0") + 5
    return content[:start] + struct.pack(">HH", height, width) + content[start + 4 :]


def webp_that_claims(side: int) -> bytes:
    bits = side - 1
    data = b"\x2f" + struct.pack("<I", bits | bits << 14) + b"\0" * 20
    return (
        b"RIFF"
        + struct.pack("<I", len(data) + 12)
        + b"WEBPVP8L"
        + struct.pack("<I", len(data))
        + data
    )


def tiff_that_claims(side: int) -> bytes:
    entries = [(256, 4, 1, side), (257, 4, 1, side), (258, 3, 1, 8), (259, 3, 1, 1)]
    entries += [(262, 3, 1, 1), (273, 4, 1, 8), (278, 4, 1, side), (279, 4, 1, 10)]
    packed = b"".join(struct.pack("<HHII", *entry) for entry in entries)
    return b"II*\0" + struct.pack("<I", 8) + struct.pack("<H", len(entries)) + packed + b"\0" * 14


def tiff_in_a_circle() -> bytes:
    return b"II*\0" + struct.pack("<I", 8) + struct.pack("<HHHIII", 1, 256, 4, 1, 5, 8)


def jpeg_with_segment(marker: int, data: bytes) -> bytes:
    content = picture()
    return (
        content[:2] + bytes([0xFF, marker]) + struct.pack(">H", len(data) + 2) + data + content[2:]
    )


def tarred() -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        info = tarfile.TarInfo("../../etc/cron.d/x")
        info.size = 3
        archive.addfile(info, io.BytesIO(b"abc"))
    return out.getvalue()


def cut(make: Callable[[], bytes], share: float) -> Callable[[], bytes]:
    def made() -> bytes:
        content = make()
        return content[: int(len(content) * share)]

    return made


KINDS: dict[str, Callable[[], bytes]] = {
    "jpg": picture,
    "progressive.jpg": lambda: picture(progressive=True),
    "png": lambda: picture("PNG"),
    "webp": lambda: picture("WEBP"),
    "avif": lambda: picture("AVIF"),
    "heic": heic,
    "tif": lambda: picture("TIFF", compression="tiff_lzw"),
}

NAMES: dict[str, Callable[[], bytes]] = {
    "../../../etc/passwd.jpg": lambda: picture(seed=11),
    "..\\..\\windows\\win.ini.jpg": lambda: picture(seed=12),
    "con.jpg": lambda: picture(seed=13),
    "photo.jpg.exe": lambda: picture(seed=14),
    "\u202egpj.exe": lambda: picture(seed=15),
    "'; DROP TABLE photos_photo; --.jpg": lambda: picture(seed=16),
    "<img src=x onerror=alert(1)>.jpg": lambda: picture(seed=17),
    "{{ 7*7 }}{% debug %}.jpg": lambda: picture(seed=18),
    "x" * 250 + ".jpg": lambda: picture(seed=19),
    ".jpg": lambda: picture(seed=20),
}

HOSTILE: dict[str, Callable[[], bytes]] = {
    # Truncated at every stage.
    **{
        f"cut at {int(share * 100)}%.{kind}": cut(make, share)
        for kind, make in KINDS.items()
        for share in (0.02, 0.3, 0.7, 0.97)
    },
    # Bombs: little to send, much to unfold.
    "bomb.png": lambda: png(60_000, 60_000, zlib.compress(b"\0" * 10_000_000, 9)),
    "bomb of text.png": lambda: png(
        8,
        8,
        zlib.compress(b"\0" * 200),
        png_chunk(b"zTXt", b"a\0\0" + zlib.compress(b"\0" * 50_000_000, 9)),
    ),
    "bomb profile.png": lambda: png(
        8,
        8,
        zlib.compress(b"\0" * 200),
        png_chunk(b"iCCP", b"a\0\0" + zlib.compress(b"\0" * 50_000_000, 9)),
    ),
    "bomb.jpg": lambda: jpeg_that_claims(65_000, 65_000),
    "bomb.webp": lambda: webp_that_claims(16_384),
    "bomb.tif": lambda: tiff_that_claims(100_000),
    "longer than it says.png": lambda: png(8, 8, zlib.compress(b"\0" * 30_000_000, 9)),
    "shorter than it says.png": lambda: png(800, 800, zlib.compress(b"\0" * 200)),
    "nothing by nothing.png": lambda: png(0, 0, zlib.compress(b"")),
    "negative.png": lambda: png(0x80000001, 1, zlib.compress(b"\0")),
    "two sizes.jpg": lambda: jpeg_that_claims(32, 640),
    # Polyglots: a photo, and something else.
    "and a script.jpg": lambda: picture() + SCRIPT,
    "comment with a script.jpg": lambda: jpeg_with_segment(0xFE, SCRIPT),
    "php in exif.jpg": lambda: jpeg_with_segment(0xE1, b"Exif\0\0" + PHP),
    "php behind.png": lambda: picture("PNG") + PHP,
    "and a zip.jpg": lambda: picture(seed=3) + zipped({"evil.sh": b"rm -rf /"}),
    "and a zip.png": lambda: picture("PNG", seed=3) + zipped({"evil.sh": b"rm -rf /"}),
    "and a pdf.jpg": lambda: jpeg_with_segment(0xE5, b"%PDF-1.7 /JavaScript"),
    "script first.jpg": lambda: SCRIPT + picture(),
    "gif and javascript.gif": lambda: b"GIF89a=1;alert(1)//" + animation("GIF"),
    # Of another kind than the name says, or of none.
    "page.jpg": lambda: b"<!doctype html>" + SCRIPT,
    "drawing.jpg": lambda: b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
    "entities.jpg": lambda: (
        b"<?xml version='1.0'?><!DOCTYPE x [<!ENTITY a SYSTEM 'file:///etc/passwd'>]><x>&a;</x>"
    ),
    "program.jpg": lambda: b"MZ" + b"\0" * 500,
    "elf.png": lambda: b"\x7fELF" + b"\x02" * 500,
    "shell.jpg": lambda: b"#!/bin/sh\nrm -rf /\n",
    "document.jpg": lambda: b"%PDF-1.7\n" + b"x" * 300,
    "postscript.jpg": lambda: b"%!PS-Adobe-3.0 EPSF\n(%pipe%id) (w) file\n",
    "magick.jpg": lambda: b"push graphic-context\nfill 'url(https://x/|id)'\npop graphic-context",
    "packed.jpg": lambda: gzip.compress(picture()),
    "tar.jpg": tarred,
    "video.jpg": lambda: b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom" + b"\0" * 200,
    "one byte.jpg": lambda: b"\xff",
    "only zeros.jpg": lambda: b"\0" * 5000,
    "only ones.png": lambda: b"\xff" * 5000,
    "noise.webp": lambda: np.random.default_rng(5).bytes(5000),
    "start alone.jpg": lambda: b"\xff\xd8\xff",
    "markers for ever.jpg": lambda: b"\xff\xd8" + b"\xff\xe0\x00\x02" * 20_000,
    "fill for ever.jpg": lambda: b"\xff\xd8" + b"\xff" * 100_000,
    "segment of zero.jpg": lambda: b"\xff\xd8\xff\xe0\x00\x00" + picture()[2:],
    "chunk too long.png": lambda: picture("PNG")[:33] + b"\xff\xff\xff\xff" + picture("PNG")[37:],
    "size of riff.webp": lambda: b"RIFF\xff\xff\xff\xff" + picture("WEBP")[8:],
    "in a circle.tif": tiff_in_a_circle,
    "boxes without end.heic": lambda: (
        b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + b"\0\0\0\x00meta" * 50
    ),
    "moving.gif": lambda: animation("GIF"),
    "moving.png": lambda: animation("PNG"),
    "moving.webp": lambda: animation("WEBP"),
    **NAMES,
}
# Only these leave a photo after the bytes that were added to them are removed.
TAKEN = {
    *("and a script.jpg", "comment with a script.jpg", "php in exif.jpg", "php behind.png"),
    *("and a zip.jpg", "and a zip.png", "and a pdf.jpg", "two sizes.jpg"),
    *("bomb of text.png", "bomb profile.png"),
    "cut at 97%.progressive.jpg",  # all passes are there, and nearly all of their data
    *NAMES,
}


def lying(change: Callable[[bytes], bytes], name: str = "a.jpg") -> Callable[[], bytes]:
    return lambda: change(zipped({name: picture(seed=31)}))


def with_field(signature: bytes, offset: int, value: bytes) -> Callable[[bytes], bytes]:
    """Change a field of each header with this signature."""

    def changed(content: bytes) -> bytes:
        parts = content.split(signature)
        return signature.join(
            [parts[0], *(part[:offset] + value + part[offset + len(value) :] for part in parts[1:])]
        )

    return changed


def entry(name: str, *, mode: int = 0, encrypted: bool = False) -> bytes:
    info = zipfile.ZipInfo(name)
    info.external_attr = mode << 16
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(info, picture(seed=32))
    content = out.getvalue()
    if encrypted:
        for signature, offset in ((b"PK\x03\x04", 2), (b"PK\x01\x02", 4)):
            content = with_field(signature, offset, b"\x01\x00")(content)
    return content


LYING_ZIPS: dict[str, Callable[[], bytes]] = {
    "empty": lambda: zipped({}),
    "folders only": lambda: zipped({"a/": b"", "a/b/": b""}),
    "cut in the middle": lambda: zipped({"a.jpg": picture()})[:2000],
    "without its end": lambda: zipped({"a.jpg": picture()})[:-22],
    "only a signature": lambda: b"PK\x03\x04",
    "path out": lambda: entry("../../../etc/passwd.jpg"),
    "path from the root": lambda: entry("/etc/passwd.jpg"),
    "path of a drive": lambda: entry("C:\\x.jpg"),
    "backslashes out": lambda: entry("..\\..\\x.jpg"),
    "link": lambda: entry("link.jpg", mode=stat.S_IFLNK | 0o777),
    "encrypted": lambda: entry("a.jpg", encrypted=True),
    "zip in a zip": lambda: zipped({"inner.zip": zipped({"a.jpg": picture()})}),
    "zip in a zip, named as a photo": lambda: zipped({"a.jpg": zipped({"a.jpg": picture()})}),
    "bomb": lambda: zipped({"a.jpg": b"\0" * 60_000_000}, compression=zipfile.ZIP_DEFLATED),
    "many bombs": lambda: zipped(
        {f"{n}.jpg": b"\0" * 20_000_000 for n in range(5)}, compression=zipfile.ZIP_DEFLATED
    ),
    "says less than it has": lying(with_field(b"PK\x01\x02", 20, struct.pack("<I", 10))),
    "says more than it has": lying(with_field(b"PK\x01\x02", 20, struct.pack("<I", 20_000_000))),
    "says 4 GB": lying(with_field(b"PK\x01\x02", 20, b"\xfe\xff\xff\xff")),
    "wrong checksum": lying(with_field(b"PK\x01\x02", 12, b"\1\2\3\4")),
    "unknown compression": lying(with_field(b"PK\x01\x02", 6, struct.pack("<H", 99))),
    "another name inside": lying(with_field(b"PK\x03\x04", 26, b"evil.")),
    "overlapping": lambda: with_field(b"PK\x01\x02", 38, b"\0\0\0\0")(
        zipped({"a.jpg": picture(seed=33), "b.jpg": picture(seed=34)})
    ),
    "offset nowhere": lying(with_field(b"PK\x01\x02", 38, b"\xf0\xff\xff\x7f")),
    "huge directory": lying(with_field(b"PK\x05\x06", 8, b"\xff\xff\xff\xff\xff\xff")),
}


@dataclass
class Outcome:
    name: str
    ok: bool
    message: str
    notes: tuple[str, ...] = ()
    status: int = 200


def send(world: World, files: dict[str, bytes]) -> list[Outcome]:
    response = world.client("alice").post(
        reverse("events:photos", args=[world.event.pk]),
        {"photos": [SimpleUploadedFile(name, content) for name, content in files.items()]},
        headers={"Accept": "application/json"},
    )
    assert response.status_code == 200, files.keys()
    return [Outcome(**result) for result in response.json()["results"]]


def owned_objects() -> set[str]:
    rows = Photo.objects.values_list("original_key", "thumbnail_key", "web_key")
    return {key for keys in rows for key in keys if key}


def ensure_nothing_is_left_behind(before: set[str]) -> None:
    assert not PendingDeletion.objects.exists()
    assert stored_objects() == before | owned_objects()
    for photo in Photo.objects.all():
        assert photo.status == Photo.Status.ANALYZED, (photo.name, photo.failure)


def stored_bytes() -> bytes:
    from picprocure.storage import files  # noqa: PLC0415

    contents = []
    for key in owned_objects():
        with files.open_stored(key) as stored:
            contents.append(stored.read())
    return b"".join(contents)


def table(title: str, rows: list[tuple[str, str, Outcome]]) -> str:
    lines = [f"\n{title}", f"  {'what':44} {'through':7} became"]
    for what, way, found in rows:
        became = f"taken as {found.name}" if found.ok else found.message
        lines.append(f"  {what[:44]!a:46} {way:7} {became[:110]!a}")
    return "\n".join(lines)


def test_number_of_hostile_files() -> None:
    assert len(HOSTILE) + len(LYING_ZIPS) >= 60


def test_hostile_files_on_the_page_and_in_a_zip(
    world: World, record_property: Callable[[str, object], None]
) -> None:
    before = stored_objects()
    contents = {name: make() for name, make in HOSTILE.items()}
    rows = []
    for what, content in contents.items():
        (alone,) = send(world, {what: content})
        rows.append((what, "page", alone))
    inside = zipped({f"{n}/{what}": content for n, (what, content) in enumerate(contents.items())})
    results = send(world, {"hostile.zip": inside})
    assert len(results) == len(contents) - 1  # ".jpg" is a hidden file
    rows += [("(in the ZIP)", "zip", result) for result in results if not result.ok]
    record_property("table", table("What became of hostile files", rows))
    taken = {what for what, way, found in rows if way == "page" and found.ok}
    assert taken == TAKEN
    for _, _, found in rows:
        assert found.ok or "." in found.message
    work_off()
    ensure_nothing_is_left_behind(before)
    kept = stored_bytes()
    for planted in (SCRIPT, PHP, b"evil.sh", b"/JavaScript"):
        assert planted not in kept


@pytest.mark.engine
def test_real_engine_survives_the_accepted_files(world: World) -> None:
    send(world, {what: make() for what, make in HOSTILE.items()})
    engine = dlib_engine()
    looked_at = 0
    for photo in Photo.objects.waiting():
        store_renditions(photo)
        assert find_faces(photo, engine) == []
        looked_at += 1
    assert looked_at >= len(TAKEN) - len(NAMES) + 1  # the names have one content


def test_zips_with_false_headers(
    world: World, settings: Any, record_property: Callable[[str, object], None]
) -> None:
    settings.MAX_ZIP_BYTES = 30_000_000
    before = stored_objects()
    rows = []
    for what, make in LYING_ZIPS.items():
        rows += [(what, "page", result) for result in send(world, {"album.zip": make()})]
    record_property("table", table("What became of ZIPs that lie", rows))
    assert {what for what, _, found in rows if found.ok} == {"overlapping"}
    assert {what for what, _, _ in rows} == set(LYING_ZIPS)
    work_off()
    ensure_nothing_is_left_behind(before)
