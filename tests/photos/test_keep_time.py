"""Events that keep the time alone: the photo says when it was taken, how to turn it, no more."""

from __future__ import annotations

import io
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from PIL import ExifTags

from picprocure.imaging.cleaning import clean
from picprocure.imaging.kinds import ImageKind
from picprocure.photos.intake import CleanPhoto, receive

from . import pictures as p
from .test_conversion import avif, exif_of, heic, tiff

TIME = {
    int(ExifTags.Base.DateTimeOriginal): "2026:07:04 18:30:15",
    int(ExifTags.Base.SubsecTimeOriginal): "25",
    int(ExifTags.Base.OffsetTimeOriginal): "+05:30",
}
TOLD = {"SubsecTimeOriginal": "25", "OffsetTimeOriginal": "+05:30", "BodySerialNumber": "PLANTED"}
EVERY_KIND = pytest.mark.parametrize(
    "made",
    [
        p.saved,
        partial(p.saved, kind="PNG"),
        partial(p.saved, kind="WEBP"),
        *(partial(maker, p.pattern()) for maker in (heic, avif, tiff)),
    ],
    ids=["jpeg", "png", "webp", "heic", "avif", "tiff"],
)


def with_time(content: bytes, *, keep_time: bool = True) -> CleanPhoto:
    return receive(
        io.BytesIO(content), name="a.jpg", size=len(content), limits=p.LIMITS, keep_time=keep_time
    )


def said(content: bytes) -> tuple[dict[int, Any], dict[int, Any]]:
    """All that the EXIF says: of the file without the pointer to the shot's, and of the shot."""
    exif = p.opened(content).getexif()
    shot = dict(exif.get_ifd(ExifTags.IFD.Exif))
    assert not exif.get_ifd(ExifTags.IFD.GPSInfo)
    assert not exif.get_ifd(ExifTags.IFD.IFD1)
    return {tag: value for tag, value in exif.items() if tag != ExifTags.IFD.Exif}, shot


@EVERY_KIND
def test_the_time_is_all_that_is_said(made: Callable[..., bytes]) -> None:
    photo = with_time(made(exif=exif_of(**TOLD)))
    of_the_file, of_the_shot = said(photo.content)
    assert of_the_file.keys() <= {ExifTags.Base.Orientation}
    assert of_the_shot == TIME
    assert not photo.has_metadata
    for trace in (p.SECRET, b"PLANTED", b"GPS", b"http:", b"xmpmeta"):
        assert trace not in photo.content


@EVERY_KIND
def test_nothing_is_said_where_the_event_keeps_nothing(made: Callable[..., bytes]) -> None:
    content = with_time(made(exif=exif_of(**TOLD)), keep_time=False).content
    of_the_file, of_the_shot = said(content)
    assert of_the_file.keys() <= {ExifTags.Base.Orientation}
    assert not of_the_shot
    assert b"2026" not in content


@pytest.mark.parametrize(
    "content", [p.telling_jpeg(6), p.telling_png(), p.telling_webp(6)], ids=["jpeg", "png", "webp"]
)
def test_what_tells_much_and_no_time_is_as_without(content: bytes) -> None:
    assert with_time(content).content == p.received(content).content


@pytest.mark.parametrize("orientation", [1, *p.STORED_AS])
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_it_is_turned_as_before(kind: str, orientation: int) -> None:
    stored = p.pattern()
    if orientation in p.STORED_AS:
        stored = stored.transpose(p.STORED_AS[orientation])
    content = p.saved(stored, kind, exif=exif_of(orientation=orientation))
    photo, plain = with_time(content), p.received(content)
    assert (photo.width, photo.height) == (plain.width, plain.height) == (96, 64)
    assert said(photo.content)[0].get(ExifTags.Base.Orientation, 1) == orientation
    assert p.same_pixels(photo.content, content)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_download_that_is_uploaded_again_comes_out_the_same(kind: str) -> None:
    once = with_time(p.saved(kind=kind, exif=exif_of(**TOLD))).content
    assert with_time(once).content == once


def test_a_good_date_is_kept_for_a_bad_one() -> None:
    exif = exif_of()
    exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.DateTimeOriginal] = "0000:00:00 00:00:00"
    _, of_the_shot = said(with_time(p.saved(exif=exif)).content)
    assert of_the_shot == {ExifTags.Base.DateTimeOriginal: "2026:07:04 18:30:15"}


def test_a_photo_of_more_words_than_the_time_keeps_all_where_the_event_does() -> None:
    content = p.saved(exif=exif_of())
    kept = receive(
        io.BytesIO(content), name="a", size=len(content), limits=p.LIMITS,
        keep_metadata=True, keep_time=True,
    )  # fmt: skip
    assert kept.has_metadata
    assert kept.content == p.received(content, keep_metadata=True).content


def test_nothing_that_a_clean_file_leaves_out_hides_in_the_time() -> None:
    """Take the block of the time away again, and the file is the one without."""
    content = p.saved(exif=exif_of(**TOLD))
    with_block = with_time(content).content
    assert clean(with_block, ImageKind.JPEG).content == p.received(content).content
