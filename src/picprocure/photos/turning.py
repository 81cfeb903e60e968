"""Turn a stored photo by its EXIF orientation, without re-encoding the picture."""

from __future__ import annotations

from picprocure.imaging import cleaning
from picprocure.imaging.cleaning.exif import turned_orientation
from picprocure.imaging.kinds import accepted_kind
from picprocure.photos.decoding import unsupported_kind
from picprocure.photos.metadata import read_metadata


def turned_photo(content: bytes, degrees: int, *, name: str) -> bytes:
    """Return a photo that is displayed turned.

    Only its EXIF changes. The metadata that were kept stay as they are.

    Args:
        content: The photo, as `receive` has cleaned it.
        degrees: By how much it is turned clockwise: 0, 90, 180 or 270.
        name: The photo's name for error messages.

    Raises:
        UnsupportedKind: The photo is not a JPEG, PNG or WebP.
        CannotClean: It is damaged.
    """
    if not degrees:
        return content
    kind = accepted_kind(content)
    if kind is None:
        raise unsupported_kind(content, name)
    metadata = read_metadata(content)

    def describe(orientation: int) -> bytes:
        return metadata.exif_block(turned_orientation(orientation, degrees))

    return cleaning.clean(content, kind, describe).content
