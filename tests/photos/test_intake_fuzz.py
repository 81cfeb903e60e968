"""A randomly damaged upload is refused, or gives a clean photo that decodes."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest

from picprocure.photos.errors import RefusedPhoto
from picprocure.photos.intake import PhotoLimits

from . import pictures as p

if TYPE_CHECKING:
    from collections.abc import Callable

MUTATIONS = 100
LIMITS = PhotoLimits(max_bytes=1_000_000, max_pixels=1_000_000)
SEEDS = {
    "jpeg": p.telling_jpeg(orientation=6),
    "progressive": p.saved(progressive=True, icc_profile=p.srgb_profile()),
    "png": p.with_chunks(p.telling_png(), (b"gAMA", b"\0\0\xb1\x8f")),
    "webp": p.telling_webp(orientation=3),
    "lossless webp": p.saved(kind="WEBP", lossless=True, icc_profile=p.srgb_profile()),
}


def overwrite(content: bytearray, dice: random.Random) -> None:
    for _ in range(dice.randint(1, 8)):
        content[dice.randrange(len(content))] = dice.randrange(256)


def delete_part(content: bytearray, dice: random.Random) -> None:
    start = dice.randrange(len(content))
    del content[start : start + dice.randint(1, 64)]


def insert_noise(content: bytearray, dice: random.Random) -> None:
    at = dice.randrange(len(content))
    content[at:at] = dice.randbytes(dice.randint(1, 64))


def repeat_part(content: bytearray, dice: random.Random) -> None:
    start, length = dice.randrange(len(content)), dice.randint(1, 400)
    at = dice.randrange(len(content))
    content[at:at] = content[start : start + length]


def truncate(content: bytearray, dice: random.Random) -> None:
    del content[dice.randrange(len(content)) :]


DAMAGE: list[Callable[[bytearray, random.Random], None]] = [
    overwrite,
    overwrite,
    delete_part,
    insert_noise,
    repeat_part,
    truncate,
]


def damaged(content: bytes, dice: random.Random) -> bytes:
    mutable = bytearray(content)
    dice.choice(DAMAGE)(mutable, dice)
    return bytes(mutable)


def png_damaged_inside(content: bytes, dice: random.Random) -> bytes:
    """Damage a chunk and correct its checksum, so that the damage reaches the decoder."""
    chunks = p.png_chunks(content)
    at = dice.randrange(len(chunks))
    kind, data = chunks[at]
    chunks[at] = kind, damaged(data, dice) if data else dice.randbytes(3)
    return p.png_of(chunks)


def assert_refused_or_clean(content: bytes, name: str) -> None:
    """Receive a file. Any other exception fails the test, also a warning from Pillow."""
    try:
        photo = p.received(content, name, LIMITS)
    except RefusedPhoto:
        return
    image = p.opened(photo.content)
    assert {image.size, image.size[::-1]} >= {(photo.width, photo.height)}
    assert p.received(photo.content, name, LIMITS).content == photo.content


@pytest.mark.parametrize("kind", SEEDS)
def test_random_damage_is_refused_or_harmless(kind: str) -> None:
    dice = random.Random(f"damage to {kind}")
    for number in range(MUTATIONS):
        assert_refused_or_clean(damaged(SEEDS[kind], dice), f"{kind} {number}")


def test_random_damage_inside_png_chunks_is_refused_or_harmless() -> None:
    dice = random.Random("damage inside")
    for number in range(MUTATIONS):
        assert_refused_or_clean(png_damaged_inside(SEEDS["png"], dice), f"inside {number}")
