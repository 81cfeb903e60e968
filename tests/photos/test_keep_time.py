"""Events that keep only the capture time: the photo's Exif has the time and the orientation."""

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
MORE_TAGS: dict[str, Any] = {
    "SubsecTimeOriginal": "25",
    "OffsetTimeOriginal": "+05:30",
    "BodySerialNumber": "PLANTED",
}
EVERY_KIND = pytest.mark.parametrize(
    "encode",
    [
        p.saved,
        partial(p.saved, kind="PNG"),
        partial(p.saved, kind="WEBP"),
        *(partial(encoder, p.pattern()) for encoder in (heic, avif, tiff)),
    ],
    ids=["jpeg", "png", "webp", "heic", "avif", "tiff"],
)


def receive_with_time(content: bytes, *, keep_time: bool = True) -> CleanPhoto:
    return receive(
        io.BytesIO(content), name="a.jpg", size=len(content), limits=p.LIMITS, keep_time=keep_time
    )


def exif_tags(content: bytes) -> tuple[dict[int, Any], dict[int, Any]]:
    """Return the Exif tags about the file, without the pointer to the others, and about the shot.

    There must be no GPS tags and no thumbnail.
    """
    exif = p.opened(content).getexif()
    shot = dict(exif.get_ifd(ExifTags.IFD.Exif))
    assert not exif.get_ifd(ExifTags.IFD.GPSInfo)
    assert not exif.get_ifd(ExifTags.IFD.IFD1)
    return {tag: value for tag, value in exif.items() if tag != ExifTags.IFD.Exif}, shot


@EVERY_KIND
def test_only_the_time_is_kept(encode: Callable[..., bytes]) -> None:
    photo = receive_with_time(encode(exif=exif_of(**MORE_TAGS)))
    file_tags, shot_tags = exif_tags(photo.content)
    assert file_tags.keys() <= {ExifTags.Base.Orientation}
    assert shot_tags == TIME
    assert not photo.has_metadata
    for trace in (p.SECRET, b"PLANTED", b"GPS", b"http:", b"xmpmeta"):
        assert trace not in photo.content


@EVERY_KIND
def test_time_is_removed_if_the_event_keeps_nothing(encode: Callable[..., bytes]) -> None:
    content = receive_with_time(encode(exif=exif_of(**MORE_TAGS)), keep_time=False).content
    file_tags, shot_tags = exif_tags(content)
    assert file_tags.keys() <= {ExifTags.Base.Orientation}
    assert not shot_tags
    assert b"2026" not in content


@pytest.mark.parametrize(
    "content", [p.telling_jpeg(6), p.telling_png(), p.telling_webp(6)], ids=["jpeg", "png", "webp"]
)
def test_other_metadata_is_removed_from_photo_without_time(content: bytes) -> None:
    assert receive_with_time(content).content == p.received(content).content


@pytest.mark.parametrize("orientation", [1, *p.STORED_AS])
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_orientation_is_kept(kind: str, orientation: int) -> None:
    stored = p.pattern()
    if orientation in p.STORED_AS:
        stored = stored.transpose(p.STORED_AS[orientation])
    content = p.saved(stored, kind, exif=exif_of(orientation=orientation))
    photo, plain = receive_with_time(content), p.received(content)
    assert (photo.width, photo.height) == (plain.width, plain.height) == (96, 64)
    assert exif_tags(photo.content)[0].get(ExifTags.Base.Orientation, 1) == orientation
    assert p.same_pixels(photo.content, content)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_download_that_is_uploaded_again_is_unchanged(kind: str) -> None:
    clean = receive_with_time(p.saved(kind=kind, exif=exif_of(**MORE_TAGS))).content
    assert receive_with_time(clean).content == clean


def test_invalid_time_is_replaced_by_the_next_best() -> None:
    exif = exif_of()
    exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.DateTimeOriginal] = "0000:00:00 00:00:00"
    _, shot_tags = exif_tags(receive_with_time(p.saved(exif=exif)).content)
    assert shot_tags == {ExifTags.Base.DateTimeOriginal: "2026:07:04 18:30:15"}


def test_all_metadata_is_kept_if_the_event_keeps_metadata() -> None:
    content = p.saved(exif=exif_of())
    photo = receive(
        io.BytesIO(content), name="a", size=len(content), limits=p.LIMITS,
        keep_metadata=True, keep_time=True,
    )  # fmt: skip
    assert photo.has_metadata
    assert photo.content == p.received(content, keep_metadata=True).content


def test_photo_with_time_differs_only_in_its_exif() -> None:
    """Without the Exif block, the file is the same as one that was received without the time."""
    content = p.saved(exif=exif_of(**MORE_TAGS))
    with_block = receive_with_time(content).content
    assert clean(with_block, ImageKind.JPEG).content == p.received(content).content
