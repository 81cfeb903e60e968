"""All bytes give a picture or a typed error, with limited memory."""

from __future__ import annotations

import io
import struct
import subprocess
import sys
import textwrap
import zlib
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from picprocure.imaging.errors import ImageTooLarge, UnreadableImage, UnusableImage

from .test_loading import encoded, load, png_header
from .test_loading_kinds import heif
from .tiff_files import arw, dng, tiff_of_one_tile

LIMIT = 1_000_000


@cache
def pictures() -> dict[str, bytes]:
    noise = np.random.default_rng(1).integers(0, 255, (48, 64, 3), dtype=np.uint8)
    image = Image.fromarray(noise)
    return {
        "jpeg": encoded(image, "JPEG"),
        "progressive": encoded(image, "JPEG", progressive=True),
        "png": encoded(image),
        "webp": encoded(image, "WEBP"),
        "avif": encoded(image, "AVIF"),
        "heif": heif(image),
        "tiff": encoded(image, "TIFF"),
        "tiff_lzw": encoded(image, "TIFF", compression="tiff_lzw"),
        "tiff_deflate": encoded(image, "TIFF", compression="tiff_deflate"),
        "dng": dng(encoded(image, "JPEG"), image.size),
        "arw": arw(encoded(image, "JPEG"), image.size),
    }


KINDS = list(pictures())


@pytest.mark.parametrize("kind", KINDS)
def test_a_whole_picture_is_read(kind: str) -> None:
    assert load(pictures()[kind]).pixels.shape == (48, 64, 3)


@pytest.mark.parametrize("kind", KINDS)
def test_a_picture_cut_anywhere_is_read_or_refused(kind: str) -> None:
    content = pictures()[kind]
    for length in {*range(64), *range(64, len(content), len(content) // 60)}:
        read_or_refused(content[:length])
    with pytest.raises(UnreadableImage, match=r"party\.jpg"):
        load(content[: len(content) // 3])


@pytest.mark.parametrize("kind", KINDS)
def test_a_picture_with_wrong_bytes_is_read_or_refused(kind: str) -> None:
    for content in damaged(pictures()[kind]):
        read_or_refused(content)


def damaged(content: bytes) -> Iterator[bytes]:
    """Change bytes, most of them at the beginning, where the structure is."""
    random = np.random.default_rng(7)
    for round_ in range(100):
        spoiled = bytearray(content)
        for _ in range(1 + round_ % 8):
            place = int(random.integers(0, min(len(content) - 4, 100 << (round_ % 7))))
            number = random.choice([0, 1, 0xFF, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF])
            width = int(random.choice([1, 2, 4]))
            spoiled[place : place + width] = struct.pack("<I", int(number))[:width]
        yield bytes(spoiled)


def read_or_refused(content: bytes) -> None:
    try:
        loaded = load(content, limit=LIMIT)
    except UnusableImage:
        return
    assert 0 < loaded.width * loaded.height <= LIMIT


@pytest.mark.parametrize("kind", ["heif", "avif"])
def test_boxes_that_claim_too_many_pixels_are_refused(kind: str) -> None:
    image = Image.new("RGB", (64, 64))
    content = heif(image) if kind == "heif" else encoded(image, "AVIF")
    claim = struct.pack(">II", 64, 64)
    assert claim in content
    with pytest.raises(UnusableImage):
        load(content.replace(claim, struct.pack(">II", 65_535, 65_535)))
    with pytest.raises(ImageTooLarge):
        load(content.replace(claim, struct.pack(">II", 5_000, 5_000)))
    with pytest.raises(UnreadableImage):
        load(content.replace(claim, struct.pack(">II", 0, 0)))


def test_a_tiff_that_claims_too_many_pixels_is_refused() -> None:
    with pytest.raises(ImageTooLarge, match="65,535 by 65,535"):
        load(tiff_of_one_tile((65_535, 65_535), (16, 16), b"x"))
    with pytest.raises(UnreadableImage):
        load(tiff_of_one_tile((0, 0), (16, 16), b"x"))


def deflated_zeros() -> bytes:
    return zlib.compress(bytes(50_000_000))


def claiming_less(content: bytes) -> bytes:
    return content.replace(struct.pack(">II", 4_000, 3_000), struct.pack(">II", 64, 48))


BLACK = Image.new("RGB", (4_000, 3_000))
BOMBS: dict[str, Callable[[], bytes]] = {
    "png": lambda: png_header(65_535, 65_535),
    "avif": lambda: claiming_less(encoded(BLACK, "AVIF", quality=20, speed=10)),
    "heif": lambda: claiming_less(heif(BLACK, enc_params={"preset": "ultrafast"})),
    "tile": lambda: tiff_of_one_tile((64, 48), (65_520, 65_520), deflated_zeros()),
    "wide": lambda: tiff_of_one_tile((60_000, 16), (60_000, 60_000), deflated_zeros()),
}
"""Small files from which careless decoders make a lot of data."""


@pytest.mark.skipif(sys.platform != "linux", reason="asks Linux for the peak of memory")
@pytest.mark.parametrize("kind", BOMBS)
def test_a_bomb_takes_little_memory(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "bomb"
    path.write_bytes(BOMBS[kind]())
    assert peak_megabytes(path) < 200


def peak_megabytes(path: Path) -> int:
    """Return the peak memory of a process that reads or refuses the picture."""
    script = f"""
        from pathlib import Path
        from picprocure.imaging.errors import UnusableImage
        from picprocure.imaging.loading import load_upright
        try:
            load_upright(Path({str(path)!r}), name="bomb", max_pixels={LIMIT})
        except UnusableImage:
            pass
        lines = Path("/proc/self/status").read_text().splitlines()
        print(next(line.split()[1] for line in lines if line.startswith("VmHWM")))
    """
    ran = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)], capture_output=True, check=True, text=True
    )
    return int(ran.stdout) // 1000


def test_a_picture_of_many_frames_costs_one() -> None:
    frames = [Image.new("RGB", (64, 64), (n, n, n)) for n in range(60)]
    content = encoded(frames[0], "TIFF", save_all=True, append_images=frames[1:])
    assert load(content).pixels.shape == (64, 64, 3)
    assert load(io.BytesIO(content).getvalue()[: len(content) // 2]).width == 64
