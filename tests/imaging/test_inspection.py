"""Headers are enough to refuse exactly those pictures that would take too much."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from picprocure.imaging.cleaning import jpeg as cleaning_jpeg
from picprocure.imaging.cleaning.errors import CannotClean
from picprocure.imaging.errors import ImagingError, TooCostly, TooLarge
from picprocure.imaging.inspection import check
from picprocure.imaging.jpeg import jpeg_cost
from picprocure.imaging.process_limits import memory
from picprocure.imaging.readers import opened

from . import hostile

PHOTO, FRAME = 100_000_000, 1_500_000


@pytest.mark.parametrize("name", hostile.BOMBS)
def test_a_bomb_is_refused_before_anything_is_decoded(name: str) -> None:
    content = hostile.BOMBS[name]()
    before, begun = memory().resident, time.process_time()
    with pytest.raises(ImagingError):
        opened(content, PHOTO)
    assert time.process_time() - begun < 1
    assert memory().resident - before < 60_000_000


@pytest.mark.parametrize(("name", "content"), hostile.lawful().items())
def test_what_cameras_and_programs_write_is_not_refused(name: str, content: bytes) -> None:
    opened(content, PHOTO) if not name.startswith(("tile", "strips")) else check(
        content, max_pixels=PHOTO
    )


@pytest.mark.parametrize("name", [*hostile.BOMBS, *hostile.lawful()])
def test_what_is_cut_off_is_refused_or_left_to_the_decoder(name: str) -> None:
    whole = hostile.BOMBS[name]() if name in hostile.BOMBS else hostile.lawful()[name]
    for content in hostile.halves(whole[:300_000]):
        with contextlib.suppress(ImagingError):
            check(content, max_pixels=PHOTO)


@pytest.mark.parametrize("filling", [b"\xff", b"\xff\xff\x00", b"\xff\x01", b"a", b"\x00"])
@pytest.mark.parametrize("read", [jpeg_cost, cleaning_jpeg.clean])
def test_looking_at_a_file_takes_time_in_proportion_to_its_size(
    filling: bytes, read: Callable[[bytes], object]
) -> None:
    begun = time.process_time()
    with contextlib.suppress(ImagingError, CannotClean):
        read(b"\xff\xd8" + filling * (3_000_000 // len(filling)))
    assert time.process_time() - begun < 3


def test_smaller_pictures_may_have_more_passes() -> None:
    check(hostile.jpeg_of_scans(1_000, 1_000, 64), max_pixels=PHOTO)
    check(hostile.jpeg_of_scans(1_000, 1_000, 18), max_pixels=FRAME)
    with pytest.raises(TooCostly, match=r"30 passes; the limit at its size is 27"):
        check(hostile.jpeg_of_scans(1_000, 1_000, 30), max_pixels=FRAME)
    with pytest.raises(TooCostly, match=r"65 passes; the limit is 64"):
        check(hostile.jpeg_of_scans(64, 64, 65), max_pixels=PHOTO)


def test_passes_are_counted_as_a_decoder_does() -> None:
    ten = hostile.lawful()["progressive.jpg"]
    assert jpeg_cost(ten).scans == 10
    assert jpeg_cost(ten.replace(b"\xff\xda", b"junk\0\xff\xff\xff\xda")).scans == 10
    assert jpeg_cost(ten[: ten.rindex(b"\xff\xda") + 20]).scans == 10
    assert jpeg_cost(ten + ten).scans == 10  # the second is another picture
    assert jpeg_cost(b"").scans == 0


def test_the_largest_of_several_sizes_counts() -> None:
    content = hostile.webp_of_canvas(16)
    claims = content.replace(b"\x0f\0\0\x0f\0\0", b"\xff\x3f\0\xff\x3f\0")
    with pytest.raises(TooLarge, match="16,384 by 16,384"):
        check(claims, max_pixels=PHOTO)


def test_labeled_photos_are_within_the_limits(labeled_photos: Path) -> None:
    """Two of 3,894 are progressive. One has 10 passes, the other 14."""
    for path in labeled_photos.glob("[!l]*/**/*.jpg"):
        check(path.read_bytes(), max_pixels=50_000_000)
    for path in list(labeled_photos.glob("lfw/*/*.jpg"))[::20]:
        check(path.read_bytes(), max_pixels=FRAME)
