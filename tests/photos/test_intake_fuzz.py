"""Random damage ends in a refusal or in a clean photo that decodes, and in nothing else."""

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


def flipped(content: bytearray, dice: random.Random) -> None:
    for _ in range(dice.randint(1, 8)):
        content[dice.randrange(len(content))] = dice.randrange(256)


def cut_out(content: bytearray, dice: random.Random) -> None:
    start = dice.randrange(len(content))
    del content[start : start + dice.randint(1, 64)]


def put_in(content: bytearray, dice: random.Random) -> None:
    at = dice.randrange(len(content))
    content[at:at] = dice.randbytes(dice.randint(1, 64))


def doubled(content: bytearray, dice: random.Random) -> None:
    start, length = dice.randrange(len(content)), dice.randint(1, 400)
    at = dice.randrange(len(content))
    content[at:at] = content[start : start + length]


def cut_off(content: bytearray, dice: random.Random) -> None:
    del content[dice.randrange(len(content)) :]


DAMAGE: list[Callable[[bytearray, random.Random], None]] = [
    flipped,
    flipped,
    cut_out,
    put_in,
    doubled,
    cut_off,
]


def damaged(content: bytes, dice: random.Random) -> bytes:
    mutable = bytearray(content)
    dice.choice(DAMAGE)(mutable, dice)
    return bytes(mutable)


def png_damaged_inside(content: bytes, dice: random.Random) -> bytes:
    """With checksums that fit, so that the damage gets beyond them."""
    chunks = p.png_chunks(content)
    at = dice.randrange(len(chunks))
    kind, data = chunks[at]
    chunks[at] = kind, damaged(data, dice) if data else dice.randbytes(3)
    return p.png_of(chunks)


def assert_refused_or_clean(content: bytes, name: str) -> None:
    """Any other exception fails the test, warnings of Pillow included."""
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
