"""Color profiles keep their colors, and nothing about their owners."""

from __future__ import annotations

import io
import struct

import pytest
from PIL import ImageCms

from photos import pictures as p
from picprocure.imaging.cleaning.icc import MAX_PROFILE_BYTES, plain_profile


def converted(profile: bytes) -> bytes:
    target = ImageCms.createProfile("sRGB")
    source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
    image = ImageCms.profileToProfile(p.pattern(), source, target)
    assert image is not None
    return image.tobytes()


@pytest.mark.parametrize("version", [2, 4])
@pytest.mark.parametrize("profile", [p.srgb_profile(), p.swapped_profile(), p.telling_profile()])
def test_plain_profile_means_the_same_colors(profile: bytes, version: int) -> None:
    profile = profile[:8] + bytes((version,)) + profile[9:]
    plain = plain_profile(profile)
    assert plain is not None
    assert converted(plain) == converted(profile)


@pytest.mark.parametrize("version", [2, 4])
def test_plain_profile_has_the_texts_it_must_have(version: int) -> None:
    profile = p.telling_profile()
    plain = plain_profile(profile[:8] + bytes((version,)) + profile[9:])
    assert plain is not None
    described = ImageCms.ImageCmsProfile(io.BytesIO(plain)).profile
    assert described.profile_description == "Color profile"
    assert described.copyright == "Unknown"


def test_names_dates_and_devices_are_gone() -> None:
    header = bytearray(p.srgb_profile()[:128])
    header[4:8] = header[40:44] = header[48:52] = header[52:56] = header[80:84] = p.SECRET[:4]
    header[84:100] = header[100:116] = p.SECRET[:14] + b"!!"
    plain = plain_profile(p.profile_of(p.profile_tags(p.telling_profile()), bytes(header)))
    assert plain is not None
    assert p.SECRET[:4] not in plain
    assert struct.unpack(">6H", plain[24:36]) == (2000, 1, 1, 0, 0, 0)
    assert struct.unpack(">I", plain[:4]) == (len(plain),)


def test_plain_profile_is_plain_already() -> None:
    plain = plain_profile(p.telling_profile())
    assert plain is not None
    assert plain_profile(plain) == plain


def test_curves_that_were_shared_stay_shared() -> None:
    tags = p.profile_tags(p.srgb_profile())
    curve = b"curv\0\0\0\0" + struct.pack(">I", 1_000) + bytes(2_000)
    plain = plain_profile(p.profile_of(tags | dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), curve)))
    assert plain is not None
    assert len(plain) < 4_000


def overlapping() -> bytes:
    """Thirteen tags that are each nearly the whole file would give 13 times its size."""
    names = [b"A2B%d" % n for n in range(4)] + [b"B2A%d" % n for n in range(4)]
    names += [b"D2B%d" % n for n in range(4)] + [b"gamt"]
    table = struct.pack(">I", len(names))
    for shift, name in enumerate(names):
        table += struct.pack(">4sII", name, 300 + shift, 500_000)
    body = p.srgb_profile()[:128] + table
    return body + bytes(range(256)) * 2_000


@pytest.mark.parametrize(
    "profile",
    [
        b"",
        b"short",
        bytes(128),
        p.srgb_profile()[:200],
        p.srgb_profile()[:128] + b"\xff\xff\xff\xff",
        p.srgb_profile().replace(b"acsp", b"nope"),
        p.srgb_profile().replace(b"mntr", b"link"),
        p.srgb_profile().replace(b"RGB ", b"Lab ", 1),
        p.profile_of({b"desc": b"text\0\0\0\0only words"}),
        p.srgb_profile() + bytes(MAX_PROFILE_BYTES),
        overlapping(),
    ],
)
def test_profile_that_cannot_be_used_is_none(profile: bytes) -> None:
    assert plain_profile(profile) is None
