"""Make pictures that are small to send and a lot of work to decode."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable
from functools import cache
from itertools import pairwise

import pillow_heif
from PIL import Image

from imaging.tiff_files import dng, tiff_of_one_tile

SHORT, LONG = 3, 4


def encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    out = io.BytesIO()
    image.copy().save(out, kind, **options)
    return out.getvalue()


@cache
def gray_jpeg(width: int, height: int) -> bytes:
    """Return a JPEG whose header claims this size. It has less data."""
    content = encoded(Image.new("L", (64, 48), 128), "JPEG", progressive=True)
    claim = struct.pack(">HH", 48, 64)
    assert claim in content
    return content.replace(claim, struct.pack(">HH", height, width))


def jpeg_of_scans(width: int, height: int, scans: int) -> bytes:
    """Return a JPEG that repeats its last pass, which has hardly any bytes."""
    content = gray_jpeg(width, height)
    last = content[content.rindex(b"\xff\xda") : -2]
    return content[:-2] + last * (scans - content.count(b"\xff\xda")) + b"\xff\xd9"


def jpeg_with_stray_bytes(scans: int) -> bytes:
    """Return a JPEG with junk between two parts. Decoders skip it, so the check must, too."""
    content = jpeg_of_scans(4_000, 3_000, scans)
    return content.replace(b"\xff\xda", b"stray\xff\xff\xda")


def jpeg_of_parts(count: int) -> bytes:
    return b"\xff\xd8" + b"\xff\xfe\0\2" * count + gray_jpeg(64, 48)[2:]


def jpeg_whose_exif_shares_its_bytes() -> bytes:
    body = b"Exif\0\0" + directory_of_shared_bytes(4_000, 16_000)
    return b"\xff\xd8\xff\xe1" + struct.pack(">H", len(body) + 2) + body + gray_jpeg(64, 48)[2:]


def directory_of_shared_bytes(tags: int, size: int) -> bytes:
    """Return a TIFF in which each entry has the whole file as its value."""
    entries = b"".join(struct.pack("<HHII", 40_000 + n, 7, size, 8) for n in range(tags))
    return b"II*\0" + struct.pack("<IH", 8, tags) + entries + b"\0" * 4


def tiff(tags: dict[int, tuple[int, ...]], body: bytes) -> bytes:
    """Return a TIFF with the body at 8, followed by a directory of long integers."""
    values, at = b"", 8 + len(body)
    entries = []
    for tag, numbers in sorted(tags.items()):
        packed = struct.pack(f"<{len(numbers)}I", *numbers)
        field = packed if len(numbers) == 1 else struct.pack("<I", at + len(values))
        values += packed if len(numbers) > 1 else b""
        entries.append(struct.pack("<HHI", tag, LONG, len(numbers)) + field)
    directory = struct.pack("<H", len(entries)) + b"".join(entries) + b"\0" * 4
    return b"II*\0" + struct.pack("<I", at + len(values)) + body + values + directory


def gray_tiff(width: int, height: int, body: bytes, **changes: tuple[int, ...]) -> bytes:
    tags: dict[int, tuple[int, ...]]
    tags = {256: (width,), 257: (height,), 258: (8,), 259: (1,), 262: (1,), 277: (1,)}
    tags |= {273: (8,), 278: (height,), 279: (len(body),)}
    return tiff(tags | {int(tag[1:]): value for tag, value in changes.items()}, body)


def tiff_of_strips(count: int) -> bytes:
    return gray_tiff(1, count, b"x", t278=(1,), t273=(8,) * count, t279=(1,) * count)


def tiff_of_jpegs(width: int, height: int, scans: int) -> bytes:
    body = jpeg_of_scans(width, height, scans)
    return gray_tiff(width, height, body, t259=(7,))


def webp_of_canvas(side: int) -> bytes:
    """Return a WebP with a large canvas, which decoders allocate when they open the file."""
    small = encoded(Image.new("RGB", (16, 16)), "WEBP")[12:]
    sides = 2 * (side - 1).to_bytes(3, "little")
    inside = b"WEBPVP8X" + struct.pack("<I", 10) + b"\x10\0\0\0" + sides + small
    return b"RIFF" + struct.pack("<I", len(inside)) + inside


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png_of_chunks(count: int) -> bytes:
    content = encoded(Image.new("RGB", (16, 16)), "PNG")
    return content[:33] + chunk(b"tIME", b"") * count + content[33:]


def png_whose_exif_shares_its_bytes() -> bytes:
    content = encoded(Image.new("RGB", (16, 16)), "PNG")
    return content[:33] + chunk(b"eXIf", directory_of_shared_bytes(4_000, 48_000)) + content[33:]


def box(kind: bytes, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return struct.pack(">I4s", len(body) + 8, kind) + body


def heic_of_tiles(count: int, side: int = 512, *, circle: bool = False) -> bytes:
    """Return a grid that repeats one tile. In a circle, the tile consists of the grid."""
    refs = [(1, [2] * count), *([(2, [1])] if circle else [])]
    items = b"".join(
        box(b"dimg", struct.pack(f">HH{len(to)}H", item, len(to), *to)) for item, to in refs
    )
    sizes = (
        box(b"ispe", struct.pack(">III", 0, 640, 480)),
        box(b"ispe", struct.pack(">III", 0, side, side)),
    )
    owned = struct.pack(">II", 0, 2) + struct.pack(">HBB", 1, 1, 1) + struct.pack(">HBB", 2, 1, 2)
    meta = b"\0" * 4 + box(b"iprp", box(b"ipco", *sizes), box(b"ipma", owned))
    return box(b"ftyp", b"heic\0\0\0\0mif1heic") + box(
        b"meta", meta, box(b"iref", b"\0" * 4, items)
    )


@cache
def heic_that_hides_its_size(width: int, height: int) -> bytes:
    """Return a file whose boxes say 640 by 480. The compressed picture has another size."""
    out = io.BytesIO()
    pillow_heif.from_pillow(Image.new("RGB", (width, height))).save(out, quality=10)
    claim = struct.pack(">II", width, height)
    assert claim in out.getvalue()
    return out.getvalue().replace(claim, struct.pack(">II", 640, 480))


BOMBS: dict[str, Callable[[], bytes]] = {
    # Pictures that made sites hang.
    "60 passes of 49 megapixels.jpg": lambda: jpeg_of_scans(7_000, 7_000, 60),
    "8,000 passes in a preview.dng": lambda: dng(jpeg_of_scans(800, 600, 8_000), (800, 600)),
    "one tile.tif": lambda: tiff_of_one_tile(
        (100, 100), (30_000, 30_000), zlib.compress(b"\0" * 9)
    ),
    # Similar pictures.
    "passes behind stray bytes.jpg": lambda: jpeg_with_stray_bytes(70),
    "a preview that is too large.dng": lambda: dng(gray_jpeg(14_500, 14_500), (640, 480)),
    "ten thousand parts.jpg": lambda: jpeg_of_parts(10_001),
    "exif without end.jpg": jpeg_whose_exif_shares_its_bytes,
    "exif without end.png": png_whose_exif_shares_its_bytes,
    "a hundred thousand chunks.png": lambda: png_of_chunks(100_001),
    "canvas.webp": lambda: webp_of_canvas(16_383),
    "directory of gigabytes.tif": lambda: directory_of_shared_bytes(4_000, 48_000),
    "200,000 strips.tif": lambda: tiff_of_strips(200_000),
    "passes within.tif": lambda: tiff_of_jpegs(4_000, 3_000, 70),
    "one tile a thousand times.heic": lambda: heic_of_tiles(1_000),
    "in a circle.heic": lambda: heic_of_tiles(4, circle=True),
}
"""All of them are refused by their headers, with a limit of at most 200 megapixels."""


CLEANED = {"exif without end.jpg", "exif without end.png"}
"""After cleaning, these are photos."""


@cache
def lawful() -> dict[str, bytes]:
    """Return unusual files that cameras and programs write."""
    image = Image.linear_gradient("L").resize((640, 480)).convert("RGB")
    other = image.rotate(90)
    return {
        "progressive.jpg": encoded(image, "JPEG", progressive=True),
        "progressive in four colors.jpg": encoded(image.convert("CMYK"), "JPEG", progressive=True),
        "in four colors, as large as may be.jpg": jpeg_of_scans(10_000, 10_000, 18),
        "64 passes.jpg": jpeg_of_scans(640, 480, 64),
        "20 passes of 12 megapixels.jpg": jpeg_of_scans(4_000, 3_000, 20),
        "two pictures.mpo": encoded(image, "MPO", save_all=True, append_images=[other.copy()]),
        "stray bytes.jpg": encoded(image, "JPEG").replace(b"\xff\xdb", b"\0\0stray\xff\xdb", 1),
        "cut off.jpg": encoded(image, "JPEG")[:-700],
        "tile larger than the picture.tif": tiff_of_one_tile((100, 100), (512, 512), b"x"),
        "strips of a row.tif": tiff_of_strips(4_000),
        "two pages.tif": encoded(image, "TIFF", save_all=True, append_images=[other.copy()]),
        "jpeg within.tif": encoded(image, "TIFF", compression="jpeg"),
        "bits.tif": encoded(image.convert("1"), "TIFF", compression="group4"),
        "moving.webp": encoded(image, "WEBP", save_all=True, append_images=[other.copy()]),
        "tiles.heic": heic_of_tiles(4),
        "picture.avif": encoded(image, "AVIF"),
        "preview.dng": dng(encoded(image, "JPEG"), image.size),
    }


def halves(content: bytes) -> list[bytes]:
    """Return a file and parts of it, cut at different places."""
    cuts = [len(content) * n // 20 for n in range(1, 21)]
    return [content[:end] for _, end in pairwise([0, *cuts])]
