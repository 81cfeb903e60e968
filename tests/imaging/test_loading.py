from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageFile

from picprocure.imaging.errors import ImageTooLarge, UnreadableImage, UnusableImage
from picprocure.imaging.loaded_image import LoadedImage
from picprocure.imaging.loading import load_for_search, load_upright, scaled

ORIENTATION = 0x0112
RED, GREEN, BLUE, YELLOW = (200, 30, 30), (30, 200, 30), (30, 30, 200), (200, 200, 30)


def load(content: bytes, *, max_side: int | None = None, limit: int = 10_000_000) -> LoadedImage:
    return load_upright(io.BytesIO(content), name="party.jpg", max_pixels=limit, max_side=max_side)


def encoded(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def quarters(width: int = 80, height: int = 48) -> Image.Image:
    """Return quarters in red, green, blue and yellow, in reading order."""
    image = Image.new("RGB", (width, height), RED)
    image.paste(GREEN, (width // 2, 0, width, height // 2))
    image.paste(BLUE, (0, height // 2, width // 2, height))
    image.paste(YELLOW, (width // 2, height // 2, width, height))
    return image


def corners(loaded: LoadedImage) -> list[tuple[int, ...]]:
    """Return the colors of the four quarters, rounded so that compression doesn't matter."""
    height, width = loaded.pixels.shape[:2]
    places = [(y, x) for y in (height // 4, 3 * height // 4) for x in (width // 4, 3 * width // 4)]
    known = np.array([RED, GREEN, BLUE, YELLOW])
    found = [np.abs(known - loaded.pixels[place].astype(int)).sum(axis=1) for place in places]
    assert all(off.min() < 40 for off in found)
    return [tuple(known[off.argmin()].tolist()) for off in found]


def png_header(width: int, height: int) -> bytes:
    """Return a PNG that is only a header."""
    header = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    pixels = b"IDAT" + zlib.compress(b"\0" * 100)
    chunks = [
        struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk))
        for chunk in (header, pixels, b"IEND")
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


UNTURNED = {  # how a turned camera stores an upright scene
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("orientation", [1, *UNTURNED])
@pytest.mark.parametrize("max_side", [None, 20])
def test_every_exif_orientation_ends_upright(
    kind: str, orientation: int, max_side: int | None
) -> None:
    stored = quarters()
    if orientation in UNTURNED:
        stored = stored.transpose(UNTURNED[orientation])
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    loaded = load(encoded(stored, kind, exif=exif, quality=95), max_side=max_side)
    assert corners(loaded) == [RED, GREEN, BLUE, YELLOW]
    assert (loaded.width, loaded.height) == (80, 48)
    assert loaded.pixels.shape == ((48, 80, 3) if max_side is None else (12, 20, 3))


@pytest.mark.parametrize("orientation", [0, 9, 4242])
def test_an_orientation_that_means_nothing_is_ignored(orientation: int) -> None:
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    loaded = load(encoded(quarters(), "JPEG", exif=exif, quality=95))
    assert corners(loaded) == [RED, GREEN, BLUE, YELLOW]


@pytest.mark.parametrize("exif", [b"Exif\0\0", b"Exif\0\0MM", b"Exif\0\0nonsense" * 3])
def test_broken_exif_does_not_spoil_the_picture(exif: bytes) -> None:
    loaded = load(encoded(quarters(), "JPEG", exif=exif, quality=95))
    assert corners(loaded) == [RED, GREEN, BLUE, YELLOW]


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA"])
def test_every_kind_of_png_becomes_rgb(mode: str) -> None:
    loaded = load(encoded(Image.new("RGB", (9, 6), "white").convert(mode)))
    assert loaded.pixels.dtype == np.uint8
    assert loaded.pixels.shape == (6, 9, 3)
    assert loaded.pixels.flags.c_contiguous
    assert loaded.pixels.min() == 255


@pytest.mark.parametrize("mode", ["L", "RGB", "CMYK"])
def test_every_kind_of_jpeg_becomes_rgb(mode: str) -> None:
    gray = Image.new("RGB", (16, 16), (120, 120, 120)).convert(mode)
    loaded = load(encoded(gray, "JPEG", quality=95))
    assert loaded.pixels.shape == (16, 16, 3)
    assert np.abs(loaded.pixels.astype(int) - 120).max() <= 4


def test_sixteen_bit_gray_is_scaled_and_not_clipped() -> None:
    steps = np.array([[0, 257, 25_700, 51_400, 65_535]], dtype=np.uint16)
    loaded = load(encoded(Image.fromarray(steps)))
    assert loaded.pixels[0, :, 0].tolist() == [0, 1, 100, 200, 255]


def test_transparent_parts_become_white() -> None:
    image = Image.new("RGBA", (4, 4), (200, 0, 0, 255))
    image.putpixel((0, 0), (0, 0, 0, 0))
    image.putpixel((1, 0), (0, 0, 0, 128))
    pixels = load(encoded(image)).pixels
    assert pixels[0, 0].tolist() == [255, 255, 255]
    assert pixels[0, 1].tolist() == [127, 127, 127]
    assert pixels[0, 2].tolist() == [200, 0, 0]


def test_a_transparent_palette_color_becomes_white() -> None:
    image = Image.new("P", (4, 4), 1)
    image.putpalette([0, 0, 0, 200, 0, 0])
    image.putpixel((0, 0), 0)
    pixels = load(encoded(image, transparency=0)).pixels
    assert pixels[0, 0].tolist() == [255, 255, 255]
    assert pixels[1, 1].tolist() == [200, 0, 0]


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_an_animation_is_refused_as_the_site_does(kind: str) -> None:
    frames = [Image.new("RGB", (8, 8), color) for color in (RED, BLUE)]
    content = encoded(frames[0], kind, save_all=True, append_images=frames[1:], lossless=True)
    with pytest.raises(UnreadableImage, match="animation"):
        load(content)


def test_of_a_multi_picture_jpeg_the_first_picture_is_read() -> None:
    frames = [Image.new("RGB", (16, 16), color) for color in (RED, BLUE)]
    content = encoded(frames[0], "MPO", save_all=True, append_images=frames[1:])
    assert np.abs(load(content).pixels[8, 8].astype(int) - RED).max() < 10


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("max_side", [1, 37, 100, 399, 400])
def test_a_larger_picture_is_reduced_to_exactly_the_side(kind: str, max_side: int) -> None:
    loaded = load(encoded(quarters(400, 260), kind), max_side=max_side)
    assert max(loaded.pixels.shape[:2]) == max_side
    assert (loaded.width, loaded.height) == (400, 260)


def test_no_picture_is_enlarged() -> None:
    assert load(encoded(quarters()), max_side=4000).pixels.shape == (48, 80, 3)


@pytest.mark.parametrize("max_side", [101, 150, 199, 399])
def test_shrinking_while_decoding_never_goes_below_the_side(
    max_side: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    decoded: list[tuple[int, int]] = []
    load_pixels = ImageFile.ImageFile.load

    def noting_the_size(image: ImageFile.ImageFile) -> object:
        pixels = load_pixels(image)
        decoded.append(image.size)
        return pixels

    monkeypatch.setattr(ImageFile.ImageFile, "load", noting_the_size)
    load(encoded(quarters(801, 533), "JPEG"), max_side=max_side)
    assert max_side <= max(decoded[0]) < 801


def test_an_extremely_narrow_picture_keeps_at_least_one_pixel() -> None:
    assert load(encoded(Image.new("RGB", (4000, 1))), max_side=100).pixels.shape == (1, 100, 3)


def test_a_path_and_a_stream_read_alike(tmp_path: Path) -> None:
    path = tmp_path / "p.png"
    path.write_bytes(encoded(quarters()))
    from_path = load_upright(path, name="p.png", max_pixels=10_000)
    assert np.array_equal(from_path.pixels, load(path.read_bytes()).pixels)


def test_a_missing_file_is_no_broken_picture(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        load_upright(tmp_path / "gone.jpg", name="gone.jpg", max_pixels=1000)


@pytest.mark.parametrize(
    ("kind", "keep"),
    [(kind, keep) for kind in ("JPEG", "PNG", "WEBP") for keep in (0.1, 0.5, 0.9)]
    + [("PNG", 0.99), ("WEBP", 0.99)],
)
def test_a_truncated_picture_is_refused_with_its_name(kind: str, keep: float) -> None:
    noise = np.random.default_rng(1).integers(0, 255, (90, 120, 3), dtype=np.uint8)
    content = encoded(Image.fromarray(noise), kind)
    with pytest.raises(UnreadableImage, match=r"party\.jpg can't be opened: .*damaged"):
        load(content[: int(len(content) * keep)])


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "the file is empty"),
        (b"Dear diary, today", "isn't in a format"),
        (encoded(quarters(), "GIF"), "isn't in a format"),
        (encoded(quarters(), "BMP"), "isn't in a format"),
        (b"\xff\xd8\xff", "damaged"),
        (b"\x89PNG\r\n\x1a\n", "damaged"),
        (b"RIFF\x10\0\0\0WAVEfmt ", "isn't in a format"),
    ],
    ids=["empty", "text", "gif", "bmp", "jpeg magic", "png magic", "sound"],
)
def test_what_is_no_picture_is_refused_with_the_reason(content: bytes, reason: str) -> None:
    with pytest.raises(UnreadableImage, match=reason) as caught:
        load(content)
    assert "party.jpg" in str(caught.value)
    assert "try that copy" in str(caught.value)


def test_too_many_pixels_are_refused_before_decoding() -> None:
    with pytest.raises(ImageTooLarge) as caught:
        load(png_header(60_000, 60_000), limit=50_000_000)
    assert (caught.value.width, caught.value.height) == (60_000, 60_000)
    assert str(caught.value) == (
        "party.jpg has 60,000 by 60,000 pixels, 3,600 megapixels; the limit here is 50 megapixels. "
        "Export it smaller and try again."
    )


def test_a_webp_of_impossible_size_is_refused() -> None:
    canvas = struct.pack("<I", 0xFFFFFE)[:3]
    chunk = b"VP8X" + struct.pack("<I", 10) + b"\0" * 4 + canvas * 2
    content = b"RIFF" + struct.pack("<I", 4 + len(chunk)) + b"WEBP" + chunk
    with pytest.raises(UnusableImage, match=r"party\.jpg"):
        load(content)


def test_the_limit_itself_is_allowed_and_one_pixel_more_is_not() -> None:
    content = encoded(quarters())
    assert load(content, limit=80 * 48).width == 80
    with pytest.raises(ImageTooLarge):
        load(content, limit=80 * 48 - 1)


def test_a_limit_above_pillows_own_counts() -> None:
    """Only the caller limits the size. There is no warning and no other limit."""
    tall = Image.MAX_IMAGE_PIXELS
    assert tall is not None
    content = png_header(10_000, tall // 10_000 + 100)
    with pytest.raises(UnreadableImage):  # it is only a header; its size was accepted
        load(content, limit=2 * tall)


def test_scaled_pixels_have_the_asked_size() -> None:
    pixels = load(encoded(quarters())).pixels
    assert scaled(pixels, 0.5).shape == (24, 40, 3)
    assert scaled(pixels, 2.5).shape == (120, 200, 3)
    assert scaled(pixels, 1.0) is pixels


@pytest.mark.parametrize("orientation", [1, 6])
def test_a_large_jpeg_is_searched_at_half_its_size_and_can_be_had_in_full(orientation: int) -> None:
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    turned = (
        quarters(2601, 1701).transpose(UNTURNED[6]) if orientation == 6 else quarters(2601, 1701)
    )
    content = encoded(turned, "JPEG", exif=exif, quality=95)
    image = load_for_search(io.BytesIO(content), name="party.jpg", max_pixels=10_000_000)
    assert (image.width, image.height) == (2601, 1701)
    assert image.pixels.shape == (851, 1301, 3)
    assert corners(image) == [RED, GREEN, BLUE, YELLOW]
    assert image.full_resolution is not None
    assert image.full_resolution().shape == (1701, 2601, 3)


def test_what_saves_no_time_is_searched_as_it_is() -> None:
    for content in (encoded(quarters(2600, 1700)), encoded(quarters(2400, 1700), "JPEG")):
        image = load_for_search(io.BytesIO(content), name="party", max_pixels=10_000_000)
        assert image.pixels.shape[:2] == (image.height, image.width)
        assert image.full_resolution is None


def test_limits_hold_for_what_is_searched() -> None:
    with pytest.raises(ImageTooLarge):
        load_for_search(
            io.BytesIO(encoded(quarters(2600, 1700), "JPEG")), name="a", max_pixels=4_000_000
        )
