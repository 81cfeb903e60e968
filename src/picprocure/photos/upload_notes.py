"""Notes for uploaders about parts of a file that aren't kept.

A gain map brightens a picture on HDR screens. It is a second picture in the file, and may show
people who were cut out of the first one. No program can detect this, so gain maps are removed, like
all other embedded pictures.
"""

from __future__ import annotations

from typing import Final

from picprocure.imaging.kinds import has_boxes

HDR_REMOVED: Final = "The HDR data was removed; the picture itself is kept."
VIDEO_REMOVED: Final = "The short video was removed; the picture itself is kept."
END_MISSING: Final = "The end of the file is missing. The last rows of the picture may be gray."

_GAIN_MAPS: Final = (
    b"http://ns.adobe.com/hdr-gain-map/1.0/",  # Ultra HDR, and Adobe's
    b"urn:iso:std:iso:ts:21496:-1",
    b"urn:com:apple:photo:2020:aux:hdrgainmap",
    b"http://ns.apple.com/HDRGainMap/1.0/",
)
_TONE_MAPPED: Final = b"tmap"  # the item type of ISO 21496-1 in HEIF and AVIF
_VIDEO_MARKS: Final = (b'MotionPhoto="1"', b'MicroVideo="1"', b"MotionPhoto_Data")


def notes_for(content: bytes, *, is_cut: bool) -> tuple[str, ...]:
    """Return a sentence for each part of an uploaded photo that isn't kept."""
    notes = []
    if _has_gain_map(content):
        notes.append(HDR_REMOVED)
    if any(mark in content for mark in _VIDEO_MARKS):
        notes.append(VIDEO_REMOVED)
    if is_cut:
        notes.append(END_MISSING)
    return tuple(notes)


def _has_gain_map(content: bytes) -> bool:
    if any(mark in content for mark in _GAIN_MAPS):
        return True
    if not has_boxes(content):
        return False
    header, _, _ = content.partition(b"mdat")  # the boxes before the compressed pictures
    return _TONE_MAPPED in header
