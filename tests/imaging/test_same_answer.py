"""The site and `picprocure sort` accept the same files, as the same pictures."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from imaging.tiff_files import arw, dng
from photos import pictures as p
from photos.test_conversion import avif, heic, tiff
from picprocure.folders.search import is_photo
from picprocure.imaging.errors import UnusableImage
from picprocure.imaging.loading import load_upright
from picprocure.imaging.truncated_jpeg import share_decoded
from picprocure.photos.errors import RefusedPhoto

Pixels = Any
MAX_PIXELS = 50_000_000


def scene(width: int = 640, height: int = 480) -> Image.Image:
    """Return a picture with detail everywhere, so that missing blocks can be seen."""
    grain = np.random.default_rng(3).integers(-40, 40, (height, width, 3))
    soft = np.asarray(p.pattern(width, height)).astype(int)
    return Image.fromarray(np.clip(soft + grain, 0, 255).astype(np.uint8))


def picture_on_the_site(content: bytes, name: str) -> Pixels | None:
    try:
        photo = p.received(content, name)
    except RefusedPhoto:
        return None
    stored = load_upright(io.BytesIO(photo.content), name=name, max_pixels=MAX_PIXELS)
    assert (stored.width, stored.height) == (photo.width, photo.height)
    return stored.pixels


def picture_when_sorted(content: bytes, path: Path) -> Pixels | None:
    path.write_bytes(content)
    if not is_photo(path):
        return None
    try:
        return load_upright(path, name=path.name, max_pixels=MAX_PIXELS).pixels
    except UnusableImage:
        return None


JPEG = p.saved(scene(), quality=85)
PROGRESSIVE = p.saved(scene(), quality=85, progressive=True)
RESTARTS = p.saved(scene(), quality=85, restart_marker_rows=1)
SCAN = JPEG.index(b"\xff\xda")
TABLE = JPEG.index(b"\xff\xdb")
EXIF = (p.APP1, b"Exif\0\0" + p.telling_exif(6))
JFIF = (p.APP0, b"JFIF\0\x01\x01\0\0\x01\0\x01\0\0")
PNG = p.saved(p.pattern(), "PNG")
WEBP = p.saved(p.pattern(), "WEBP")
ODD_WEBP = p.riff((b"VP8 ", p.riff_chunks(WEBP)[b"VP8 "]), (b"xxxx", b"odd"))
RAW = dng(JPEG, (640, 480))


def at(content: bytes, place: int, junk: bytes) -> bytes:
    return content[:place] + junk + content[place:]


def last_scan(content: bytes) -> int:
    return content.rindex(b"\xff\xda")


def in_each_gap(content: bytes, junk: bytes) -> bytes:
    """Put junk before each part up to the first scan."""
    made = bytearray(p.SOI)
    for marker, body in p.jpeg_segments(content):
        made += p.segment(marker, body) + junk
    return bytes(made) + content[content.index(b"\xff\xda") :]


def animation(kind: str) -> bytes:
    more = [Image.new("RGB", (96, 64), color) for color in ("red", "blue")]
    return p.saved(p.pattern(), kind, save_all=True, append_images=more, duration=90)


def boxes(major: bytes, *brands: bytes) -> bytes:
    inside = b"ftyp" + major + bytes(4) + b"".join(brands)
    return struct.pack(">I", len(inside) + 4) + inside


def with_brand(content: bytes, major: bytes) -> bytes:
    """Return a HEIC whose first brand is another one. Its own brand comes later."""
    assert content[4:8] == b"ftyp"
    return content[:8] + major + content[12:]


TAKEN: dict[str, Callable[[], bytes]] = {
    "plain.jpg": lambda: JPEG,
    "two stray bytes.jpg": lambda: at(JPEG, TABLE, b"\x124"),
    "text in each gap.jpg": lambda: in_each_gap(JPEG, p.SECRET),
    "zeros and fill.jpg": lambda: in_each_gap(JPEG, b"\0\0\xff\xff\xff"),
    "stuffed bytes.jpg": lambda: in_each_gap(JPEG, b"\xff\0\x01\xff\0"),
    "restart markers in a gap.jpg": lambda: in_each_gap(JPEG, b"\xff\xd3\xff\x01"),
    "junk between passes.jpg": lambda: at(PROGRESSIVE, last_scan(PROGRESSIVE), p.SECRET),
    "APP segments after a scan.jpg": lambda: at(
        PROGRESSIVE, last_scan(PROGRESSIVE), p.segment(*EXIF) + p.segment(p.COM, p.SECRET)
    ),
    "junk after the end.jpg": lambda: JPEG + p.SECRET * 99,
    "zeros after the end.jpg": lambda: JPEG + bytes(5000),
    "jpeg after the end.jpg": lambda: JPEG + RESTARTS,
    "no end.jpg": lambda: JPEG[:-2],
    "half an end.jpg": lambda: JPEG[:-1],
    "ten bytes short.jpg": lambda: JPEG[:-10],
    "two percent short.jpg": lambda: JPEG[: len(JPEG) * 98 // 100],
    "restarts, short.jpg": lambda: RESTARTS[: len(RESTARTS) * 98 // 100],
    "progressive, short.jpg": lambda: PROGRESSIVE[:-20],
    "progressive, two percent short.jpg": lambda: PROGRESSIVE[: len(PROGRESSIVE) * 98 // 100],
    "restarts.jpg": lambda: RESTARTS,
    "progressive.jpg": lambda: PROGRESSIVE,
    "gray.jpg": lambda: p.saved(scene().convert("L")),
    "cmyk.jpg": lambda: p.saved(scene().convert("CMYK")),
    "ycck.jpg": lambda: p.saved(scene().convert("CMYK")).replace(
        b"Adobe\0d\0\0\0\0\0", b"Adobe\0d\0\0\0\0\2"
    ),
    "rgb.jpg": lambda: p.saved(scene(), keep_rgb=True),
    "mpo.jpg": lambda: p.saved(scene(), "MPO", save_all=True, append_images=[p.pattern()]),
    "jfif then exif.jpg": lambda: p.with_segments(JPEG[:2] + JPEG[TABLE:], JFIF, EXIF),
    "exif then jfif.jpg": lambda: p.with_segments(JPEG[:2] + JPEG[TABLE:], EXIF, JFIF),
    "neither.jpg": lambda: JPEG[:2] + JPEG[TABLE:],
    "no suffix": lambda: JPEG,
    "JPEG.PNG": lambda: JPEG,
    "SHOUTED.JPG": lambda: JPEG,
    "jpeg.gif": lambda: JPEG,
    "jpeg.txt": lambda: at(JPEG, TABLE, b"\0"),
    "plain.png": lambda: PNG,
    "trailing.png": lambda: PNG + p.SECRET * 9,
    "no IEND.png": lambda: PNG[:-12],
    "half an IEND.png": lambda: PNG[:-5],
    "interlaced.webp": lambda: p.saved(p.pattern(mode="P"), "PNG"),
    "plain.webp": lambda: WEBP,
    "trailing.webp": lambda: WEBP + bytes(7),
    "no padding.webp": lambda: ODD_WEBP[:-1],
    "lossless": lambda: p.saved(p.pattern(), "WEBP", lossless=True),
    "apple.HEIC": lambda: heic(p.pattern()),
    "heic": lambda: heic(p.pattern()),
    "other brand.heic": lambda: with_brand(heic(p.pattern()), b"isom"),
    "heic.jpg": lambda: heic(p.pattern()),
    "plain.avif": lambda: avif(p.pattern()),
    "avif": lambda: avif(p.pattern()),
    "plain.tif": lambda: tiff(p.pattern()),
    "tiff": lambda: tiff(p.pattern()),
    "tiff.jpg": lambda: tiff(p.pattern()),
    "raw.DNG": lambda: RAW,
    "raw without suffix": lambda: RAW,
    "raw.jpg": lambda: RAW,
    "raw.tif": lambda: arw(JPEG, (640, 480)),
}  # fmt: skip

REFUSED: dict[str, Callable[[], bytes]] = {
    "half.jpg": lambda: JPEG[: len(JPEG) // 2],
    "a tenth short.jpg": lambda: JPEG[: len(JPEG) * 9 // 10],
    "progressive, half.jpg": lambda: PROGRESSIVE[: len(PROGRESSIVE) // 2],
    "progressive, a pass short.jpg": lambda: PROGRESSIVE[: last_scan(PROGRESSIVE)],
    "restarts, half.jpg": lambda: RESTARTS[: len(RESTARTS) // 2],
    "head alone.jpg": lambda: JPEG[:SCAN],
    "two starts.jpg": lambda: p.SOI + JPEG,
    "start in a gap.jpg": lambda: at(JPEG, TABLE, p.SOI),
    "unknown marker in a gap.jpg": lambda: at(JPEG, TABLE, b"\xff\x05"),
    "early end.jpg": lambda: at(JPEG, TABLE, p.EOI),
    "12 bit.jpg": lambda: JPEG.replace(b"\xff\xc0\0\x11\x08", b"\xff\xc1\0\x11\x0c", 1),
    "arithmetic.jpg": lambda: JPEG.replace(b"\xff\xc0", b"\xff\xc9", 1),
    "lossless.jpg": lambda: JPEG.replace(b"\xff\xc0", b"\xff\xc3", 1),
    "line feed before.jpg": lambda: b"\n" + JPEG,
    "half.png": lambda: PNG[: len(PNG) // 2],
    "checksum.png": lambda: at(PNG[:-16], len(PNG) - 16, bytes(4)) + PNG[-12:],
    "animated.png": lambda: animation("PNG"),
    "animated.webp": lambda: animation("WEBP"),
    "animated.avif": lambda: animation("AVIF"),
    "half.webp": lambda: WEBP[: len(WEBP) // 2],
    "half.heic": lambda: (made := heic(scene()))[: len(made) // 2],
    "half.avif": lambda: (made := avif(scene()))[: len(made) // 2],
    "half.tif": lambda: (made := tiff(scene()))[: len(made) // 2],
    "half.dng": lambda: RAW[: len(RAW) // 2],
    "numbers.tif": lambda: p.saved(Image.new("F", (64, 64), 0.5), "TIFF"),
    "film.heic": lambda: boxes(b"isom", b"mp42") + bytes(500),
    "film.jpg": lambda: b"RIFF\x10\0\0\0AVI LIST" + bytes(500),
    "text.jpg": lambda: b"Dear diary, today",
    "empty.jpg": lambda: b"",
    "gif.jpg": lambda: p.saved(p.pattern(), "GIF"),
    "gif.gif": lambda: p.saved(p.pattern(), "GIF"),
    "bmp": lambda: p.saved(p.pattern(), "BMP"),
    "text": lambda: b"Dear diary, today",
    "noise.cr2": lambda: zlib.compress(bytes(5000)),
}  # fmt: skip

IS_MADE_ANEW = (b"ftyp", b"II*\0", b"MM\0*")


@pytest.mark.parametrize("name", TAKEN)
def test_both_take_it_as_the_same_picture(name: str, tmp_path: Path) -> None:
    content = TAKEN[name]()
    site, sort = picture_on_the_site(content, name), picture_when_sorted(content, tmp_path / name)
    assert site is not None
    assert sort is not None
    assert site.shape == sort.shape
    difference = np.abs(site.astype(int) - sort.astype(int))
    is_made_anew = content.startswith(IS_MADE_ANEW) or content[4:8] == b"ftyp"
    assert difference.mean() < 4 if is_made_anew else not difference.any()


@pytest.mark.parametrize("name", REFUSED)
def test_both_refuse_it(name: str, tmp_path: Path) -> None:
    content = REFUSED[name]()
    assert picture_on_the_site(content, name) is None
    assert picture_when_sorted(content, tmp_path / name) is None


@pytest.mark.parametrize(
    "name", [name for name in TAKEN if name.endswith("gap.jpg") or "after" in name]
)
def test_no_junk_is_stored(name: str) -> None:
    content = TAKEN[name]()
    whole = PROGRESSIVE if content.startswith(PROGRESSIVE[:700]) else JPEG
    assert p.received(content).content == p.received(whole).content


@pytest.mark.parametrize(
    "name", ["no end.jpg", "half an end.jpg", "ten bytes short.jpg", "progressive, short.jpg"]
)
def test_a_cut_jpeg_is_stored_with_an_end_and_what_is_there(name: str) -> None:
    content = TAKEN[name]()
    stored = p.received(content).content
    assert stored.endswith(p.EOI)
    whole = np.asarray(p.opened(PROGRESSIVE if "progressive" in name else JPEG)).astype(int)
    shown = np.asarray(p.opened(stored)).astype(int)
    assert (shown[:432] == whole[:432]).all()
    assert p.received(stored).content == stored


def test_what_is_missing_is_said() -> None:
    with pytest.raises(RefusedPhoto, match=r"its end is missing, and only [45]\d% of it"):
        p.received(REFUSED["half.jpg"]())
    with pytest.raises(RefusedPhoto, match="whole passes"):
        p.received(REFUSED["progressive, half.jpg"]())


@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"restart_marker_rows": 1}])
@pytest.mark.parametrize("width", [640, 1280])
def test_the_share_is_measured_well(options: dict[str, Any], width: int) -> None:
    content = p.saved(scene(width, width * 3 // 4), **options)
    start = last_scan(content)
    before = start - content.index(b"\xff\xda")
    for share in (0.2, 0.5, 0.8, 0.97):
        there = int((len(content) - start) * share)
        cut = content[: start + there] + p.EOI
        expected = (before + there) / (before + len(content) - start)
        assert abs(share_decoded(cut) - expected) < 0.06
    assert share_decoded(content) == 1
