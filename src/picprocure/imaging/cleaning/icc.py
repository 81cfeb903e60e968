"""Color profiles (ICC.1:2022), reduced to what describes color.

Profiles name things: a screenshot carries the profile of its screen, with the model and
serial number of the display and often its owner's name for it. Color needs none of that.
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
    """The profile with its color tags and neutral texts; None when it cannot be used."""
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
    # Tags may overlap in the original, and so come out as more than went in.
    return plain if len(plain) <= MAX_PROFILE_BYTES else None


def _is_for_pictures(profile: bytes) -> bool:
    return (
        profile[36:40] == _SIGNATURE
        and profile[12:16] in _CLASSES
        and profile[16:20] in _COLOR_SPACES
    )


def _tags_of_color(profile: bytes) -> dict[bytes, bytes]:
    """Raises struct.error when the table points outside the profile."""
    (count,) = struct.unpack_from(">I", profile, _HEADER_BYTES)
    tags = {}
    for index in range(min(count, _MAX_TAGS)):
        at = _HEADER_BYTES + 4 + index * _TAG_BYTES
        name, start, length = struct.unpack_from(">4sII", profile, at)
        if name in _TAGS_OF_COLOR:
            (tags[name],) = struct.unpack_from(f"{length}s", profile, start)
    return tags


def _assembled(profile: bytes, tags: dict[bytes, bytes]) -> bytes:
    """A profile of these tags; tags with the same data share it, as in most profiles."""
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
    """Version, class, color spaces, flags, attributes, intent and illuminant are kept."""
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
    """The two texts that every profile must have."""
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
