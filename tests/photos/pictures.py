"""Generated pictures for tests, valid and hostile."""

from __future__ import annotations

import io
import struct
import warnings
import zipfile
import zlib
from typing import TYPE_CHECKING, Any

from PIL import ExifTags, Image, ImageCms

from picprocure.photos.intake import CleanPhoto, PhotoLimits, receive

if TYPE_CHECKING:
    from collections.abc import Iterator

SECRET = b"PLANTED-SECRET"  # parts of a file with this must be removed
LIMITS = PhotoLimits(max_bytes=25 * 1024 * 1024, max_pixels=50_000_000)

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
SOI, EOI = b"\xff\xd8", b"\xff\xd9"
APP0, APP1, APP2, APP13, APP14, COM = 0xE0, 0xE1, 0xE2, 0xED, 0xEE, 0xFE

STORED_AS = {  # how to store an upright picture for each orientation
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


def received(
    content: bytes,
    name: str = "photo.jpg",
    limits: PhotoLimits = LIMITS,
    *,
    keep_metadata: bool = False,
) -> CleanPhoto:
    return receive(
        io.BytesIO(content),
        name=name,
        size=len(content),
        limits=limits,
        keep_metadata=keep_metadata,
    )


def opened(content: bytes) -> Image.Image:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Image appears to be a malformed MPO file")
        with Image.open(io.BytesIO(content)) as image:
            image.load()
            return image


def same_pixels(first: bytes, second: bytes) -> bool:
    a, b = opened(first), opened(second)
    return (a.mode, a.size, a.tobytes()) == (b.mode, b.size, b.tobytes())


def pattern(width: int = 96, height: int = 64, mode: str = "RGB") -> Image.Image:
    """Return four quarters with a gradient, which look different in each orientation."""
    image = Image.linear_gradient("L").resize((width, height)).convert("RGB")
    left, top = width // 2, height // 2
    image.paste((220, 30, 30), (0, 0, left, top))
    image.paste((30, 200, 60), (left, 0, width, top))
    image.paste((40, 60, 210), (0, top, left, height))
    return image.convert(mode)


def saved(image: Image.Image | None = None, kind: str = "JPEG", **options: Any) -> bytes:
    content = io.BytesIO()
    (image or pattern()).save(content, kind, **options)
    return content.getvalue()


def turned(orientation: int, kind: str = "JPEG", *, size: tuple[int, int] = (96, 64)) -> bytes:
    """Return the pattern, stored so that this orientation turns it upright."""
    image = pattern(*size)
    if orientation in STORED_AS:
        image = image.transpose(STORED_AS[orientation])
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    options = {"quality": 95} if kind != "PNG" else {}
    return saved(image, kind, exif=exif, **options)


# --- EXIF --------------------------------------------------------------------------------


def telling_exif(orientation: int = 1) -> bytes:
    """Return a TIFF block with camera, owner, place, and a thumbnail with a comment."""
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    exif[ExifTags.Base.Make] = SECRET.decode()
    exif[ExifTags.Base.ImageDescription] = SECRET.decode()
    exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.BodySerialNumber] = SECRET.decode()
    gps = exif.get_ifd(ExifTags.IFD.GPSInfo)
    gps[ExifTags.GPS.GPSLatitudeRef] = "N"
    gps[ExifTags.GPS.GPSLatitude] = (52.0, 31.0, 12.5)
    gps[ExifTags.GPS.GPSAreaInformation] = SECRET
    thumbnail = with_segments(saved(pattern(16, 16)), (COM, SECRET))
    return exif.tobytes().removeprefix(b"Exif\0\0") + thumbnail


# --- JPEG --------------------------------------------------------------------------------


def segment(marker: int, body: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body


def with_segments(jpeg: bytes, *segments: tuple[int, bytes]) -> bytes:
    return SOI + b"".join(segment(marker, body) for marker, body in segments) + jpeg[2:]


def jpeg_segments(jpeg: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield the marker and body of each segment before the first scan."""
    position = 2
    while jpeg[position + 1] != 0xDA:
        marker = jpeg[position + 1]
        length = int.from_bytes(jpeg[position + 2 : position + 4], "big")
        yield marker, jpeg[position + 4 : position + 2 + length]
        position += 2 + length


def telling_jpeg(orientation: int = 1, **options: Any) -> bytes:
    """Return a JPEG with the secret in all parts in which programs store personal data."""
    return with_segments(
        saved(comment=SECRET, **options),
        (APP0, b"JFXX\0\x10" + saved(pattern(8, 8), comment=SECRET)),
        (APP1, b"Exif\0\0" + telling_exif(orientation)),
        (APP1, b"http://ns.adobe.com/xap/1.0/\0<x:xmpmeta>" + SECRET + b"</x:xmpmeta>"),
        (APP1, b"http://ns.adobe.com/xmp/extension/\0" + SECRET),
        (APP2, b"MPF\0" + SECRET),
        (APP2, b"FPXR\0" + SECRET),
        (0xEB, b"JP\0\x01" + SECRET),  # content credentials
        (APP13, b"Photoshop 3.0\x008BIM\x04\x04\0\0" + struct.pack(">I", len(SECRET)) + SECRET),
        (COM, SECRET),
    )


JPEG_WITH_SECRET = with_segments(saved(), (COM, SECRET))


# --- PNG ---------------------------------------------------------------------------------


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png_chunks(png: bytes) -> list[tuple[bytes, bytes]]:
    chunks, position = [], len(PNG_SIGNATURE)
    while position < len(png):
        length, kind = struct.unpack_from(">I4s", png, position)
        chunks.append((kind, png[position + 8 : position + 8 + length]))
        position += 12 + length
    return chunks


def png_of(chunks: list[tuple[bytes, bytes]]) -> bytes:
    return PNG_SIGNATURE + b"".join(chunk(kind, data) for kind, data in chunks)


def with_chunks(png: bytes, *added: tuple[bytes, bytes], before: bytes = b"IDAT") -> bytes:
    chunks = png_chunks(png)
    index = [kind for kind, _ in chunks].index(before)
    return png_of([*chunks[:index], *added, *chunks[index:]])


def png_header(width: int, height: int, *, depth: int = 8, color: int = 2) -> bytes:
    return struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, 0)


def image_data(png: bytes) -> bytes:
    return b"".join(data for kind, data in png_chunks(png) if kind == b"IDAT")


def telling_png() -> bytes:
    with_trailing_text = with_chunks(
        saved(kind="PNG"), (b"tEXt", b"Comment\0" + SECRET), (b"eXIf", SECRET), before=b"IEND"
    )
    return with_chunks(
        with_trailing_text,
        (b"tEXt", b"Author\0" + SECRET),
        (b"zTXt", b"Title\0\0" + zlib.compress(SECRET, 0)),
        (b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + SECRET),
        (b"eXIf", telling_exif()),
        (b"tIME", b"\x07\xe9\x01\x01\x00\x00\x00"),
        (b"prVt", SECRET),
        (b"gAMA", struct.pack(">I", 45455) + SECRET),  # too long
    )


# --- WebP --------------------------------------------------------------------------------


def riff(*chunks: tuple[bytes, bytes]) -> bytes:
    body = b"WEBP"
    for kind, data in chunks:
        body += struct.pack("<4sI", kind, len(data)) + data + bytes(len(data) % 2)
    return struct.pack("<4sI", b"RIFF", len(body)) + body


def riff_chunks(webp: bytes) -> dict[bytes, bytes]:
    chunks, position = {}, 12
    while position + 8 <= len(webp):
        kind, length = struct.unpack_from("<4sI", webp, position)
        chunks[kind] = webp[position + 8 : position + 8 + length]
        position += 8 + length + length % 2
    return chunks


def extended(width: int, height: int, flags: int) -> tuple[bytes, bytes]:
    sides = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    return b"VP8X", bytes((flags, 0, 0, 0)) + sides


def telling_webp(orientation: int = 1) -> bytes:
    plain = riff_chunks(saved(kind="WEBP"))
    return riff(
        extended(96, 64, 0x0C),
        (b"VP8 ", plain[b"VP8 "]),
        (b"EXIF", telling_exif(orientation)),
        (b"XMP ", b"<x:xmpmeta>" + SECRET + b"</x:xmpmeta>"),
        (b"prvt", SECRET),
    )


# --- color profiles ----------------------------------------------------------------------


def srgb_profile() -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def profile_tags(profile: bytes) -> dict[bytes, bytes]:
    tags = {}
    for index in range(int.from_bytes(profile[128:132], "big")):
        name, start, length = struct.unpack_from(">4sII", profile, 132 + 12 * index)
        tags[name] = profile[start : start + length]
    return tags


def profile_of(tags: dict[bytes, bytes], header: bytes | None = None) -> bytes:
    header = header or srgb_profile()[:128]
    table, data = struct.pack(">I", len(tags)), b""
    for name, element in tags.items():
        table += struct.pack(">4sII", name, 132 + 12 * len(tags) + len(data), len(element))
        data += element + bytes(-len(element) % 4)
    return struct.pack(">I", 128 + len(table) + len(data)) + header[4:] + table + data


def telling_profile() -> bytes:
    """Return the profile of a person's screen, with the screen's name and serial number."""
    tags = profile_tags(srgb_profile())
    text = b"text\0\0\0\0" + SECRET
    return profile_of(tags | {b"desc": text, b"cprt": text, b"mmod": text, b"vcgt": text})


def swapped_profile() -> bytes:
    """Return a profile in which red and green are swapped."""
    tags = profile_tags(srgb_profile())
    return profile_of(tags | {b"rXYZ": tags[b"gXYZ"], b"gXYZ": tags[b"rXYZ"]})


def linear_profile() -> bytes:
    """Return a linear profile. A value of 128 in it is 188 in sRGB."""
    curve = b"curv\0\0\0\0" + struct.pack(">I", 0)
    curves = dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), curve)
    return profile_of(profile_tags(srgb_profile()) | curves)


def zipped(files: dict[str, bytes], **options: Any) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", **options) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def animation(kind: str) -> bytes:
    frames = [Image.new("RGB", (90, 90), color) for color in ("red", "green", "blue")]
    return saved(frames[0], kind, save_all=True, append_images=frames[1:], duration=100)
