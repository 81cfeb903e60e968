"""Cleaning a PNG keeps the picture unchanged and removes the rest."""

from __future__ import annotations

import struct
import tracemalloc
import zlib

import pytest
from PIL import Image

from photos import pictures as p
from picprocure.imaging.cleaning import png
from picprocure.imaging.cleaning.errors import Malformed
from picprocure.imaging.cleaning.icc import plain_profile
from picprocure.imaging.cleaning.png_data import Layout, stream_length


def cleaned(content: bytes) -> bytes:
    return png.clean(content).content


def kinds(content: bytes) -> list[bytes]:
    return [kind for kind, _ in p.png_chunks(content)]


def test_picture_data_is_kept_byte_for_byte() -> None:
    original = p.telling_png()
    assert p.image_data(cleaned(original)) == p.image_data(original)
    assert kinds(cleaned(original)) == [b"IHDR", b"IDAT", b"IEND"]


def test_data_in_many_chunks_stays_in_many_chunks() -> None:
    data = p.image_data(p.saved(kind="PNG"))
    parts = [(b"IDAT", data[at : at + 50]) for at in range(0, len(data), 50)]
    content = p.png_of([(b"IHDR", p.png_header(96, 64)), *parts, (b"IEND", b"")])
    assert cleaned(content) == content


def test_what_describes_color_and_density_is_kept_in_order() -> None:
    small = [
        (b"pHYs", struct.pack(">IIB", 3_000, 3_000, 1)),
        (b"sBIT", b"\x08\x08\x08"),
        (b"cHRM", bytes(32)),
        (b"gAMA", struct.pack(">I", 45_455)),
        (b"sRGB", b"\0"),
    ]
    content = p.with_chunks(p.saved(p.pattern().quantize(8), "PNG"), *small, before=b"PLTE")
    content = p.with_chunks(content, (b"tRNS", b"\0\x80"))
    expected = [b"IHDR", b"cHRM", b"gAMA", b"sRGB", b"sBIT", b"PLTE", b"tRNS", b"pHYs"]
    assert kinds(cleaned(content)) == [*expected, b"IDAT", b"IEND"]
    assert dict(small).items() <= dict(p.png_chunks(cleaned(content))).items()


@pytest.mark.parametrize("kind", [b"gAMA", b"cHRM", b"sRGB", b"sBIT", b"pHYs", b"tRNS"])
def test_small_chunk_of_another_length_is_left_out(kind: bytes) -> None:
    content = p.with_chunks(p.saved(kind="PNG"), (kind, p.SECRET * 30))
    assert cleaned(content) == cleaned(p.saved(kind="PNG"))


def test_second_chunk_of_a_kind_is_left_out() -> None:
    first, second = (b"gAMA", b"\0\0\xb1\x8f"), (b"gAMA", p.SECRET[:4])
    content = p.with_chunks(p.saved(kind="PNG"), first, second)
    assert cleaned(content) == cleaned(p.with_chunks(p.saved(kind="PNG"), first))


def test_orientation_is_kept_bare_wherever_it_stood() -> None:
    exif = (b"eXIf", p.telling_exif(6))
    for place in (b"IDAT", b"IEND"):
        result = png.clean(p.with_chunks(p.saved(kind="PNG"), exif, before=place))
        chunks = dict(p.png_chunks(result.content))
        assert result.orientation == 6
        assert len(chunks[b"eXIf"]) == 26
        assert dict(p.opened(result.content).getexif()) == {0x0112: 6}


def iccp(profile: bytes, name: bytes = p.SECRET) -> tuple[bytes, bytes]:
    return b"iCCP", name + b"\0\0" + zlib.compress(profile)


def test_profile_is_kept_without_its_name() -> None:
    content = p.with_chunks(p.saved(kind="PNG"), iccp(p.telling_profile()))
    result = cleaned(content)
    assert p.opened(result).info["icc_profile"] == plain_profile(p.telling_profile())
    assert p.SECRET not in zlib.decompress(dict(p.png_chunks(result))[b"iCCP"][5:])
    assert p.SECRET not in result


@pytest.mark.parametrize(
    "chunk",
    [
        iccp(bytes(30_000_000)),
        iccp(p.srgb_profile() + bytes(2_000_000)),
        (b"iCCP", b"name\0\0" + b"not compressed"),
        (b"iCCP", b"no separator"),
        (b"iCCP", b""),
    ],
    ids=["bomb", "too long", "not compressed", "no separator", "empty"],
)
def test_profile_that_cannot_be_used_is_left_out(chunk: tuple[bytes, bytes]) -> None:
    content = p.with_chunks(p.saved(kind="PNG"), chunk)
    assert cleaned(content) == cleaned(p.saved(kind="PNG"))


def test_profile_that_is_a_bomb_is_not_unfolded() -> None:
    content = p.with_chunks(p.saved(kind="PNG"), iccp(bytes(100_000_000)))
    tracemalloc.start()
    cleaned(content)
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak_bytes < 10_000_000


def test_image_data_that_is_a_bomb_is_not_unfolded() -> None:
    bomb = (b"IDAT", zlib.compress(bytes(100_000_000)))
    content = p.png_of([(b"IHDR", p.png_header(96, 64)), bomb, (b"IEND", b"")])
    tracemalloc.start()
    with pytest.raises(Malformed, match="more image data"):
        cleaned(content)
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak_bytes < 10_000_000


def test_data_hidden_behind_the_rows_is_dropped() -> None:
    data = p.image_data(p.saved(kind="PNG"))
    header = (b"IHDR", p.png_header(96, 64))
    content = p.png_of([header, (b"IDAT", data), (b"IDAT", p.SECRET * 9_999), (b"IEND", b"")])
    assert p.image_data(cleaned(content)) == data
    assert cleaned(cleaned(content)) == cleaned(content)


def test_checksum_of_what_is_left_out_does_not_matter() -> None:
    content = p.telling_png()
    at = content.index(b"tEXt") + 4
    assert cleaned(content[:at] + b"X" + content[at + 1 :]) == cleaned(content)


def test_checksum_of_what_is_kept_matters() -> None:
    content = p.with_chunks(p.saved(kind="PNG"), (b"gAMA", b"\0\0\xb1\x8f"))
    at = content.index(b"gAMA") + 4
    with pytest.raises(Malformed, match="checksum"):
        png.clean(content[:at] + b"X" + content[at + 1 :])


def test_palette_of_a_gray_picture_is_left_out() -> None:
    content = p.with_chunks(p.saved(p.pattern(mode="L"), "PNG"), (b"PLTE", bytes(768)))
    assert b"PLTE" not in kinds(cleaned(content))


def test_animation_control_behind_the_data_means_nothing() -> None:
    content = p.with_chunks(p.saved(kind="PNG"), (b"acTL", bytes(8)), before=b"IEND")
    assert cleaned(content) == cleaned(p.saved(kind="PNG"))


@pytest.mark.parametrize(
    ("width", "height"), [(1, 1), (2, 3), (4, 4), (5, 1), (1, 5), (8, 8), (33, 17)]
)
def test_interlaced_picture_is_measured_right(width: int, height: int) -> None:
    """Rows of the seven passes counted pixel by pixel."""
    pattern = ["16462646", "77777777", "56565656", "77777777", "36463646", "77777777"]
    pattern += ["56565656", "77777777"]
    rows: dict[tuple[str, int], int] = {}
    for y in range(height):
        for x in range(width):
            key = (pattern[y % 8][x % 8], y)
            rows[key] = rows.get(key, 0) + 1
    expected = sum(1 + 3 * pixels for pixels in rows.values())
    assert Layout(width, height, 8, 2, is_interlaced=True).unfolded_bytes == expected


@pytest.mark.parametrize(
    ("mode", "depth", "color"),
    [("1", 1, 0), ("L", 8, 0), ("LA", 8, 4), ("RGB", 8, 2), ("RGBA", 8, 6)],
)
def test_rows_are_measured_right(mode: str, depth: int, color: int) -> None:
    data = p.image_data(p.saved(p.pattern(37, 11, mode), "PNG"))
    layout = Layout(37, 11, depth, color, is_interlaced=False)
    assert layout.unfolded_bytes == len(zlib.decompress(data))
    assert stream_length(data, layout) == len(data)


def test_stream_that_unfolds_to_much_is_followed_to_its_end() -> None:
    layout = Layout(3_000, 3_000, 8, 2, is_interlaced=False)
    data = zlib.compress(bytes(layout.unfolded_bytes))
    assert stream_length(data + b"behind", layout) == len(data)
    with pytest.raises(Malformed, match="more image data"):
        stream_length(zlib.compress(bytes(layout.unfolded_bytes + 1)), layout)
    with pytest.raises(Malformed, match="cut off"):
        stream_length(zlib.compress(bytes(layout.unfolded_bytes - 1)), layout)


def test_16_bit_color_is_kept() -> None:
    rows = zlib.compress((b"\0" + b"\x80\x00\x40\x00\x20\x00" * 8) * 8)
    content = p.png_of([(b"IHDR", p.png_header(8, 8, depth=16)), (b"IDAT", rows), (b"IEND", b"")])
    assert cleaned(content) == content
    assert p.opened(cleaned(content)).convert("RGB").getpixel((0, 0)) == (0x80, 0x40, 0x20)


def test_16_bit_gray_is_kept() -> None:
    content = p.saved(Image.new("I;16", (9, 9), 40_000), "PNG")
    assert cleaned(content) == content
