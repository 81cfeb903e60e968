"""Reduce color profiles (ICC.1:2022) to what describes color.

A screenshot has the profile of its screen, with the model and serial number of the display and
often the name that its owner gave it. Color needs none of these.
"""

from __future__ import annotations

import struct

MAX_PROFILE_BYTES = 1024 * 1024

_HEADER_BYTES = 128
_TAG_BYTES = 12
_MAX_TAGS = 100
_VERSION_4 = 4
_SIGNATURE = b"acsp"
_CLASSES = frozenset({b"scnr", b"mntr", b"prtr", b"spac"})
_COLOR_SPACES = frozenset({b"RGB ", b"GRAY", b"CMYK"})
_DATE = struct.pack(">6H", 2000, 1, 1, 0, 0, 0)
_TAGS_OF_COLOR = frozenset(
    b"rXYZ gXYZ bXYZ rTRC gTRC bTRC kTRC wtpt bkpt lumi chad cicp gamt "
    b"A2B0 A2B1 A2B2 A2B3 B2A0 B2A1 B2A2 B2A3 D2B0 D2B1 D2B2 D2B3 B2D0 B2D1 B2D2 B2D3".split()
)


def plain_profile(profile: bytes) -> bytes | None:
    """Return the profile with only its color tags and neutral texts, or None if it is unusable."""
    if len(profile) > MAX_PROFILE_BYTES:
        return None
    try:
        tags = _tags_of_color(profile)
    except struct.error:
        return None
    if not tags or not _is_for_pictures(profile):
        return None
    tags |= _neutral_texts(version=profile[8])
    plain = _assembled(profile, tags)
    # Tags may overlap in the original, so the result may be larger than the original.
    return plain if len(plain) <= MAX_PROFILE_BYTES else None


def _is_for_pictures(profile: bytes) -> bool:
    return (
        profile[36:40] == _SIGNATURE
        and profile[12:16] in _CLASSES
        and profile[16:20] in _COLOR_SPACES
    )


def _tags_of_color(profile: bytes) -> dict[bytes, bytes]:
    """Return the tags that describe color.

    Raises:
        struct.error: The table points outside the profile.
    """
    (count,) = struct.unpack_from(">I", profile, _HEADER_BYTES)
    tags = {}
    for index in range(min(count, _MAX_TAGS)):
        at = _HEADER_BYTES + 4 + index * _TAG_BYTES
        name, start, length = struct.unpack_from(">4sII", profile, at)
        if name in _TAGS_OF_COLOR:
            (tags[name],) = struct.unpack_from(f"{length}s", profile, start)
    return tags


def _assembled(profile: bytes, tags: dict[bytes, bytes]) -> bytes:
    """Return a profile with these tags. Tags with equal data share it, as in most profiles."""
    start = _HEADER_BYTES + 4 + len(tags) * _TAG_BYTES
    data = bytearray()
    places: dict[bytes, int] = {}
    table = struct.pack(">I", len(tags))
    for name, element in tags.items():
        if element not in places:
            places[element] = start + len(data)
            data += element + bytes(-len(element) % 4)
        table += struct.pack(">4sII", name, places[element], len(element))
    return _neutral_header(profile, size=start + len(data)) + table + bytes(data)


def _neutral_header(profile: bytes, *, size: int) -> bytes:
    """Return a header with the version, class, color spaces, flags, attributes and intent.

    The illuminant is kept, too. Everything that tells where the profile comes from is removed.
    """
    return b"".join(
        (
            struct.pack(">I", size),
            bytes(4),  # preferred color engine
            profile[8:24],
            _DATE,
            _SIGNATURE,
            bytes(4),  # platform
            profile[44:48],
            bytes(8),  # manufacturer and model of the device
            profile[56:80],
            bytes(48),  # creator, fingerprint, reserved
        )
    )


def _neutral_texts(*, version: int) -> dict[bytes, bytes]:
    """Return the two texts that every profile must have."""
    if version >= _VERSION_4:
        return {b"desc": _localized("Color profile"), b"cprt": _localized("Unknown")}
    described = b"Color profile\0"
    no_other_scripts = bytes(78)
    return {
        b"desc": b"desc" + struct.pack(">II", 0, len(described)) + described + no_other_scripts,
        b"cprt": b"text" + bytes(4) + b"Unknown\0",
    }


def _localized(text: str) -> bytes:
    encoded = text.encode("utf-16-be")
    return b"mluc" + struct.pack(">III2s2sII", 0, 1, 12, b"en", b"US", len(encoded), 28) + encoded
