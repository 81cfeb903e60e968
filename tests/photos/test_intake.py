"""Uploads are accepted and cleaned, or refused with a message."""

from __future__ import annotations

import hashlib
import io
import struct
import zlib
from typing import IO, TYPE_CHECKING, cast

import pytest
from PIL import Image, ImageFile

from picprocure.photos.errors import (
    AnimatedPhoto,
    DamagedPhoto,
    EmptyFile,
    RefusedPhoto,
    TooManyBytes,
    TooManyPixels,
    UnsupportedKind,
)
from picprocure.photos.intake import ImageKind, PhotoLimits, clean_photo, receive

from . import pictures as p

if TYPE_CHECKING:
    from collections.abc import Callable


class NeverRead(io.RawIOBase):
    """An upload that fails the test if it is read."""

    def readable(self) -> bool:
        return True

    def read(self, *_sizes: int) -> bytes:
        raise AssertionError("the upload was read")


def test_ordinary_photo_is_accepted() -> None:
    content = p.saved()
    photo = p.received(content, "IMG_1.jpg")
    assert (photo.name, photo.kind, photo.width, photo.height) == (
        "IMG_1.jpg",
        ImageKind.JPEG,
        96,
        64,
    )
    assert photo.sha256 == hashlib.sha256(content).hexdigest()
    assert (photo.kind.extension, photo.kind.content_type) == (".jpg", "image/jpeg")


def test_upload_is_read_from_its_start() -> None:
    content = p.saved()
    upload = io.BytesIO(content)
    upload.read(100)
    photo = receive(upload, name="a.jpg", size=len(content), limits=p.LIMITS)
    assert photo.sha256 == hashlib.sha256(content).hexdigest()


# --- Limits ------------------------------------------------------------------------------


def test_photo_of_41_mb_is_refused_without_reading_it() -> None:
    with pytest.raises(TooManyBytes) as refusal:
        receive(
            cast("IO[bytes]", NeverRead()), name="IMG_2041.jpg", size=41 * 2**20, limits=p.LIMITS
        )
    assert str(refusal.value) == (
        "IMG_2041.jpg is 41 MB; the limit here is 25 MB. Export it smaller and upload it again."
    )


@pytest.mark.parametrize(
    ("size", "max_bytes", "words"),
    [
        (25 * 2**20 + 1, 25 * 2**20, "is 25.1 MB; the limit here is 25 MB"),
        (1_500, 1_024, "is 1.5 KB; the limit here is 1 KB"),
        (3_000 * 2**20, 25 * 2**20, "is 3,000 MB; the limit here is 25 MB"),
    ],
)
def test_message_states_a_size_above_the_limit(size: int, max_bytes: int, words: str) -> None:
    assert words in str(TooManyBytes("a.jpg", size=size, max_bytes=max_bytes))


@pytest.mark.parametrize("claimed", [100, 10_000_000])
def test_upload_of_another_length_than_claimed_is_refused(claimed: int) -> None:
    with pytest.raises(DamagedPhoto, match="did not arrive whole"):
        receive(io.BytesIO(p.saved()), name="a.jpg", size=claimed, limits=p.LIMITS)


def test_photo_at_the_pixel_limit_is_accepted_and_above_it_refused() -> None:
    content = p.saved()
    p.received(content, limits=PhotoLimits(max_bytes=10_000, max_pixels=96 * 64))
    with pytest.raises(TooManyPixels, match=r"6,144 pixels \(96 by 64\); the limit here is 6,143"):
        p.received(content, limits=PhotoLimits(max_bytes=10_000, max_pixels=96 * 64 - 1))


def test_png_of_60000_by_60000_pixels_is_refused_by_its_header() -> None:
    content = p.PNG_SIGNATURE + p.chunk(b"IHDR", p.png_header(60_000, 60_000))
    with pytest.raises(TooManyPixels) as refusal:
        p.received(content, "huge.png")
    assert str(refusal.value) == (
        "huge.png has 3,600 megapixels (60,000 by 60,000); the limit here is 50 megapixels. "
        "Export it smaller and upload it again."
    )


def huge_jpeg() -> bytes:
    content = bytearray(p.saved())
    struct.pack_into(">HH", content, content.index(b"\xff\xc0") + 5, 65_500, 65_500)
    return bytes(content)


@pytest.mark.parametrize(
    "content",
    [
        huge_jpeg(),
        p.riff(p.extended(16_384, 16_384, 0)),
        p.riff((b"VP8L", b"\x2f\xff\xff\xff\x0f" + bytes(20))),
    ],
    ids=["jpeg", "extended webp", "lossless webp"],
)
def test_huge_picture_is_refused_by_its_header(content: bytes) -> None:
    with pytest.raises(TooManyPixels):
        p.received(content)


# --- Unsupported kinds -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "description", "way_out"),
    [
        (b"\0\0\0\x20ftypisom\0\0\2\0isomiso2", "a video", "Export one picture of it"),
        (b"RIFF\x10\0\0\0AVI LIST", "a video", "Export one picture of it"),
        (b"RIFF\x10\0\0\0WAVEfmt ", "not a photo", "Choose the photo again"),
        (p.saved(kind="GIF"), "a GIF image", "Export it as JPEG"),
        (p.saved(kind="BMP"), "a BMP image", "Export it as JPEG"),
        (b"%PDF-1.7\n%\xe2\xe3", "a PDF document", "Export its photos as JPEG"),
        (b"PK\x03\x04\x14\0\0\0", "an archive", "Unpack it"),
        (b"This is not a photo.\n", "a text file", "Choose the photo again"),
        ("Ein Gru\u00df aus K\u00f6ln".encode(), "a text file", "Choose the photo again"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "a text file", "Choose the photo again"),
        (bytes(range(256)), "not a photo", "Choose the photo again"),
        (b"\xff\xd8", "not a photo", "Choose the photo again"),
    ],
)
def test_refusal_of_unsupported_kind_names_the_kind(
    content: bytes, description: str, way_out: str
) -> None:
    with pytest.raises(UnsupportedKind) as refusal:
        p.received(content, "IMG_1.jpg")
    message = str(refusal.value)
    assert message.startswith(f"IMG_1.jpg is {description}")
    assert "PicProcure accepts JPEG, PNG, WebP, HEIC, AVIF, TIFF and raw photos." in message
    assert way_out in message


def test_refusal_of_gif_has_the_full_message() -> None:
    with pytest.raises(UnsupportedKind) as refusal:
        p.received(p.saved(kind="GIF"), "IMG_1.gif")
    assert str(refusal.value) == (
        "IMG_1.gif is a GIF image. PicProcure accepts JPEG, PNG, WebP, HEIC, AVIF, TIFF and raw "
        "photos. Export it as JPEG and upload it again."
    )


@pytest.mark.parametrize(
    "content",
    [
        b"\0\0\0\x18ftypheic\0\0\0\0mif1heic",
        b"\0\0\0\x18ftypmif1\0\0\0\0mif1heic",
        b"\0\0\0\x20ftypavif\0\0\0\0avifmif1",
        b"\0\0\0\x18ftypcrx \0\0\0\1crx isom",
        b"FUJIFILMCCD-RAW 0201",
        b"II*\0\x08\0\0\0",
    ],
    ids=["heic", "heif", "avif", "cr3", "raf", "tiff"],
)
def test_file_with_only_a_header_is_refused_as_damaged(content: bytes) -> None:
    with pytest.raises(DamagedPhoto):
        p.received(content)


def test_kind_is_found_by_content() -> None:
    photo = p.received(p.saved(kind="PNG"), "really-a-png.jpg")
    assert (photo.kind, photo.name) == (ImageKind.PNG, "really-a-png.png")


# --- Names -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("../../etc/passwd.jpg", "passwd.jpg"),
        ("C:\\photos\\a.jpg", "a.jpg"),
        ("a \"b\" 'c'.jpg", "a \"b\" 'c'.jpg"),
        ("\U0001f389.jpg", "\U0001f389.jpg"),
        ("photo\u202egpj.exe", "photogpj.exe.jpg"),
        ("x" * 300 + ".jpg", "x" * 116 + ".jpg"),
        ("\0\n", "photo.jpg"),
    ],
)
def test_unusual_name_is_made_harmless(raw: str, expected: str) -> None:
    assert p.received(p.saved(), raw).name == expected


def test_refusal_has_the_harmless_name() -> None:
    with pytest.raises(EmptyFile) as refusal:
        p.received(b"", "../\u202e<b>party</b>\n.jpg")
    assert refusal.value.name == "b>.jpg"
    assert str(refusal.value).startswith("b>.jpg is empty (0 bytes).")


# --- Damaged and hostile files -------------------------------------------------------------


def cut(content: bytes, part: float) -> bytes:
    return content[: int(len(content) * part)]


def png_with(chunks: list[tuple[bytes, bytes]]) -> bytes:
    return p.png_of([(b"IHDR", p.png_header(8, 8)), *chunks, (b"IEND", b"")])


def rows(width: int = 8, height: int = 8, channels: int = 3) -> bytes:
    return zlib.compress(bytes((width * channels + 1) * height))


def broken_checksum() -> bytes:
    content = bytearray(p.saved(kind="PNG"))
    content[content.index(b"IDAT") + 20] ^= 1
    return bytes(content)


def without(content: bytes, kind: bytes) -> bytes:
    return p.png_of([chunk for chunk in p.png_chunks(content) if chunk[0] != kind])


def replaced(content: bytes, old: bytes, new: bytes) -> bytes:
    assert content.count(old) >= 1
    return content.replace(old, new, 1)


def lossy_webp() -> bytes:
    return p.riff_chunks(p.saved(kind="WEBP"))[b"VP8 "]


def wrong_jpeg_length() -> bytes:
    """Return a JPEG with a comment whose length exceeds the end of the file."""
    return p.SOI + b"\xff\xfe\xff\xff" + p.saved()[2:]


def wrong_webp_length() -> bytes:
    content = bytearray(p.saved(kind="WEBP"))
    struct.pack_into("<I", content, 16, 2**31)
    return bytes(content)


def animation(kind: str) -> bytes:
    second_frame = p.pattern().transpose(Image.Transpose.ROTATE_180)
    return p.saved(kind=kind, save_all=True, append_images=[second_frame], duration=100)


JPEG = p.saved()
PROGRESSIVE = p.saved(progressive=True)
PNG = p.saved(kind="PNG")
WEBP = p.saved(kind="WEBP")

REFUSED: list[tuple[str, bytes | Callable[[], bytes], type[RefusedPhoto], str]] = [
    ("empty", b"", EmptyFile, "is empty"),
    *(
        (f"{kind} cut at {part:.0%}", cut(content, part), DamagedPhoto, "is damaged")
        for kind, content in (("jpeg", JPEG), ("progressive", PROGRESSIVE), ("png", PNG))
        for part in (0.05, 0.3, 0.6, 0.9)
    ),
    *((f"webp cut at {x:.0%}", cut(WEBP, x), DamagedPhoto, "end is missing") for x in (0.3, 0.99)),
    ("jpeg that is only a start", b"\xff\xd8\xff", DamagedPhoto, "is damaged"),
    ("jpeg without picture", p.SOI + p.EOI, DamagedPhoto, "holds no picture"),
    ("jpeg of tables", p.SOI + p.segment(0xDB, bytes(65)) + p.EOI, DamagedPhoto, "no picture"),
    ("jpeg header filled up with zeros", cut(JPEG, 0.3) + bytes(5_000), DamagedPhoto, "damaged"),
    ("jpeg of fill bytes", p.SOI + b"\xff" * 100_000, DamagedPhoto, "is damaged"),
    ("jpeg with a wrong length", wrong_jpeg_length(), DamagedPhoto, "length is wrong"),
    ("jpeg with a length of 0", p.SOI + b"\xff\xfe\0\0" + JPEG[2:], DamagedPhoto, "length"),
    ("jpeg with a length of 1", p.SOI + b"\xff\xfe\0\1" + JPEG[2:], DamagedPhoto, "length"),
    ("jpeg with an unknown marker", p.SOI + p.segment(0x02, b"?") + JPEG[2:], DamagedPhoto, "fit"),
    ("jpeg in a jpeg", p.SOI + JPEG, DamagedPhoto, "fit together"),
    (
        "jpeg with two frames",
        p.SOI + p.segment(0xC0, b"\x08\0\x08\0\x08\x01\x01\x11\0") + JPEG[2:],
        DamagedPhoto,
        "two frame headers",
    ),
    ("jpeg with a short frame", p.SOI + p.segment(0xC0, b"\x08\0") + p.EOI, DamagedPhoto, "short"),
    (
        "jpeg of no lines",
        p.SOI + p.segment(0xC0, b"\x08\0\0\0\x08\x01\x01\x11\0") + p.EOI,
        DamagedPhoto,
        "8 by 0 pixels",
    ),
    (
        "jpeg with impossible tables",
        p.SOI + p.segment(0xC4, b"\x00" + b"\xff" * 16) + JPEG[2:],
        DamagedPhoto,
        "cannot be decoded",
    ),
    (
        "jpeg of thousands of segments",
        p.SOI + p.segment(p.COM, b"") * 6_000 + JPEG[2:],
        DamagedPhoto,
        "more than 5,000 parts",
    ),
    ("arithmetic jpeg", replaced(JPEG, b"\xff\xc0", b"\xff\xc9"), UnsupportedKind, "rare form"),
    ("lossless jpeg", replaced(JPEG, b"\xff\xc0", b"\xff\xc3"), UnsupportedKind, "rare form"),
    (
        "12-bit jpeg",
        replaced(JPEG, b"\xff\xc0\0\x11\x08", b"\xff\xc1\0\x11\x0c"),
        UnsupportedKind,
        "12 bits",
    ),
    ("png that is only a signature", p.PNG_SIGNATURE, DamagedPhoto, "end is missing"),
    ("png without header", without(PNG, b"IHDR"), DamagedPhoto, "begin with a header"),
    ("png without data", without(PNG, b"IDAT"), DamagedPhoto, "no picture"),
    ("png with a wrong checksum", broken_checksum(), DamagedPhoto, "checksum"),
    (
        "png with a wrong length",
        PNG.replace(PNG[33:37], b"\x7f\xff\xff\xff", 1),
        DamagedPhoto,
        "length is wrong",
    ),
    ("png of 0 pixels", p.png_of([(b"IHDR", p.png_header(0, 8))]), DamagedPhoto, "0 by 8"),
    (
        "png of -1 pixels",
        p.png_of([(b"IHDR", p.png_header(2**32 - 1, 1))]),
        DamagedPhoto,
        "4,294,967,295 by 1",
    ),
    (
        "png of a color that does not exist",
        p.png_of([(b"IHDR", p.png_header(8, 8, color=5)), (b"IDAT", rows()), (b"IEND", b"")]),
        DamagedPhoto,
        "makes no sense",
    ),
    (
        "palette png without palette",
        p.png_of([(b"IHDR", p.png_header(8, 8, color=3)), (b"IDAT", rows()), (b"IEND", b"")]),
        DamagedPhoto,
        "no picture",
    ),
    (
        "png with other chunks amid its data",
        png_with([(b"IDAT", rows()[:5]), (b"tIME", bytes(7)), (b"IDAT", rows()[5:])]),
        DamagedPhoto,
        "not in one piece",
    ),
    ("png with an unknown part", png_with([(b"CgBI", b"")]), DamagedPhoto, "no decoder knows"),
    ("png with too few rows", png_with([(b"IDAT", rows(8, 4))]), DamagedPhoto, "cut off"),
    ("png with too many rows", png_with([(b"IDAT", rows(8, 9))]), DamagedPhoto, "more image data"),
    ("png without checksum", png_with([(b"IDAT", rows()[:-4])]), DamagedPhoto, "cut off"),
    ("png of half a stream", png_with([(b"IDAT", rows()[:9])]), DamagedPhoto, "cut off"),
    ("png of noise", png_with([(b"IDAT", b"noise" * 20)]), DamagedPhoto, "garbled"),
    (
        "png that is a bomb",
        lambda: png_with([(b"IDAT", rows(8, 10**7))]),
        DamagedPhoto,
        "more image data",
    ),
    (
        "png of no filter",
        png_with([(b"IDAT", zlib.compress(b"\5" * 200))]),
        DamagedPhoto,
        "decoded",
    ),
    (
        "png of countless chunks",
        lambda: png_with([(b"IDAT", b"")] * 100_001),
        DamagedPhoto,
        "more than 100,000 parts",
    ),
    ("webp of nothing", p.riff(), DamagedPhoto, "no picture"),
    ("webp that is only a header", b"RIFF\x04\0\0\0WEBP", DamagedPhoto, "no picture"),
    ("webp with a wrong length", wrong_webp_length(), DamagedPhoto, "length is wrong"),
    ("webp that starts with text", p.riff((b"XMP ", b"x")), DamagedPhoto, "does not begin"),
    ("webp of a short header", p.riff((b"VP8X", bytes(4))), DamagedPhoto, "too short"),
    ("webp of no data", p.riff((b"VP8 ", b"")), DamagedPhoto, "too short"),
    ("webp of noise", p.riff((b"VP8 ", bytes(40))), DamagedPhoto, "makes no sense"),
    ("webp of half a picture", p.riff((b"VP8 ", lossy_webp()[:60])), DamagedPhoto, "decoded"),
    (
        "webp of two sizes",
        p.riff(p.extended(95, 64, 0), (b"VP8 ", lossy_webp())),
        DamagedPhoto,
        "two different sizes",
    ),
    (
        "webp of countless chunks",
        p.riff((b"VP8 ", lossy_webp()), *[(b"xxxx", b"")] * 1_001),
        DamagedPhoto,
        "more than 1,000 parts",
    ),
    ("animated png", animation("PNG"), AnimatedPhoto, "is an animation"),
    ("animated webp", animation("WEBP"), AnimatedPhoto, "is an animation"),
    (
        "animated webp that denies it",
        p.riff(p.extended(96, 64, 0), (b"ANMF", bytes(16) + lossy_webp())),
        AnimatedPhoto,
        "is an animation",
    ),
]


@pytest.mark.parametrize(
    ("content", "reason", "words"),
    [case[1:] for case in REFUSED],
    ids=[case[0] for case in REFUSED],
)
def test_bad_file_is_refused_with_reason(
    content: bytes | Callable[[], bytes], reason: type[RefusedPhoto], words: str
) -> None:
    with pytest.raises(RefusedPhoto) as refusal:
        p.received(content if isinstance(content, bytes) else content(), "IMG_7.jpg")
    assert type(refusal.value) is reason
    message = str(refusal.value)
    assert message.startswith("IMG_7.jpg ")
    assert words in message
    assert message.endswith(".")


def test_each_refusal_has_its_own_code() -> None:
    kinds = RefusedPhoto.__subclasses__()
    assert len({kind.code for kind in kinds} | {RefusedPhoto.code}) == len(kinds) + 1


def test_jpeg_of_countless_passes_is_refused() -> None:
    """A pass has only a few bytes, but a decoder processes the whole picture for it."""
    content = p.saved(Image.new("L", (512, 512), 128), progressive=True)
    last_pass = content[content.rindex(b"\xff\xda") : -2]
    p.received(content[:-2] + last_pass * 50 + p.EOI)
    with pytest.raises(UnsupportedKind, match=r"rare form of JPEG \(106 passes; the limit is 64\)"):
        p.received(content[:-2] + last_pass * 100 + p.EOI)


def test_setting_that_accepts_truncated_images_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", True)
    with pytest.raises(RuntimeError, match="truncated"):
        clean_photo(p.saved(), "photo.jpg", p.LIMITS)


# --- Unusual, but valid ----------------------------------------------------------------------

UNUSUAL: list[tuple[str, Callable[[], bytes], ImageKind]] = [
    ("gray jpeg", lambda: p.saved(p.pattern(mode="L")), ImageKind.JPEG),
    ("cmyk jpeg", lambda: p.saved(p.pattern(mode="CMYK")), ImageKind.JPEG),
    ("progressive jpeg", lambda: PROGRESSIVE, ImageKind.JPEG),
    ("jpeg with restarts", lambda: p.saved(restart_marker_blocks=1), ImageKind.JPEG),
    ("1-pixel jpeg", lambda: p.saved(p.pattern(1, 1)), ImageKind.JPEG),
    (
        "mpo",
        lambda: p.saved(kind="MPO", save_all=True, append_images=[p.pattern()]),
        ImageKind.JPEG,
    ),
    ("16-bit gray png", lambda: p.saved(Image.new("I;16", (9, 9), 40_000), "PNG"), ImageKind.PNG),
    ("bilevel png", lambda: p.saved(p.pattern(mode="1"), "PNG"), ImageKind.PNG),
    ("palette png", lambda: p.saved(p.pattern().quantize(16), "PNG"), ImageKind.PNG),
    (
        "palette png with alpha",
        lambda: p.saved(p.pattern().quantize(4), "PNG", transparency=0),
        ImageKind.PNG,
    ),
    ("gray png with alpha", lambda: p.saved(p.pattern(mode="LA"), "PNG"), ImageKind.PNG),
    ("png with alpha", lambda: p.saved(p.pattern(mode="RGBA"), "PNG"), ImageKind.PNG),
    ("lossy webp", lambda: WEBP, ImageKind.WEBP),
    ("lossless webp", lambda: p.saved(kind="WEBP", lossless=True), ImageKind.WEBP),
    ("jpeg without end mark", lambda: JPEG[:-2], ImageKind.JPEG),
    ("jpeg with text between parts", lambda: JPEG[:20] + b"hello" + JPEG[20:], ImageKind.JPEG),
    ("png without end", lambda: without(PNG, b"IEND"), ImageKind.PNG),
    ("odd webp", lambda: p.saved(p.pattern(33, 7), "WEBP", lossless=True), ImageKind.WEBP),
]


@pytest.mark.parametrize(
    ("build", "kind"), [case[1:] for case in UNUSUAL], ids=[case[0] for case in UNUSUAL]
)
def test_unusual_photo_is_accepted_with_the_same_pixels(
    build: Callable[[], bytes], kind: ImageKind
) -> None:
    content = build()
    photo = p.received(content)
    assert photo.kind == kind
    whole = content + p.EOI if content.startswith(p.SOI) else content
    assert p.same_pixels(photo.content, whole)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_size_is_that_of_the_upright_picture(kind: str, orientation: int) -> None:
    photo = p.received(p.turned(orientation, kind))
    assert (photo.width, photo.height) == (96, 64)


PERSONAL = {
    "jpeg": p.telling_jpeg(),
    "progressive": p.telling_jpeg(progressive=True),
    "png": p.telling_png(),
    "webp": p.telling_webp(),
}


@pytest.mark.parametrize("content", PERSONAL.values(), ids=PERSONAL)
def test_personal_data_is_removed(content: bytes) -> None:
    assert p.SECRET in content
    cleaned = p.received(content).content
    for trace in (p.SECRET, b"GPS", b"xmpmeta", b"http:", b"Photoshop", b"Exif", b"eXIf", b"EXIF"):
        assert trace not in cleaned
    assert p.same_pixels(cleaned, content)


@pytest.mark.parametrize("content", [JPEG, PNG, WEBP], ids=["jpeg", "png", "webp"])
@pytest.mark.parametrize(
    "trailer",
    [b"PK\x03\x04" + p.SECRET, p.JPEG_WITH_SECRET, p.SECRET * 10_000],
    ids=["zip", "another photo", "rest of an overwritten file"],
)
def test_bytes_after_the_picture_are_removed(content: bytes, trailer: bytes) -> None:
    assert p.received(content + trailer).content == p.received(content).content


@pytest.mark.parametrize("content", PERSONAL.values(), ids=PERSONAL)
def test_cleaning_a_clean_photo_changes_nothing(content: bytes) -> None:
    clean = p.received(content).content
    assert p.received(clean).content == clean
