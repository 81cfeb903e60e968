"""The cost of decoding a HEIF or AVIF (ISO/IEC 23008-12): the sizes and parts of its items."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from picprocure.imaging.errors import TooCostly
from picprocure.imaging.limits import MAX_ITEMS, ensure_parts, ensure_pixels, ensure_tiled_pixels

if TYPE_CHECKING:
    from collections.abc import Iterator

_FULL: Final = 4  # version and flags
_MAX_DEPTH: Final = 4  # a grid in an overlay in a crop


@dataclass(slots=True)
class _Items:
    """What a file says about its items.

    Attributes:
        sizes: Width and height in pixels, by the index of the property.
        properties: The indices of an item's properties, by item.
        parts: The items that an item consists of, by item.
    """

    sizes: dict[int, tuple[int, int]] = field(default_factory=dict)
    properties: dict[int, list[int]] = field(default_factory=dict)
    parts: dict[int, list[int]] = field(default_factory=dict)

    def pixels(self, item: int) -> int:
        """Return the pixels of an item by its largest size."""
        sizes = [
            self.sizes[place] for place in self.properties.get(item, ()) if place in self.sizes
        ]
        return max((width * height for width, height in sizes), default=0)


def check_boxes(content: bytes, max_pixels: int) -> None:
    """Check the cost of decoding a HEIF or AVIF.

    Raises:
        TooLarge: A picture in it has more than `max_pixels`.
        TooCostly: It has too many parts or pictures, or their tiles have too many pixels.
    """
    items = _Items()
    for kind, body in _boxes(memoryview(content)):
        if kind == b"meta":
            _read_meta(body[_FULL:], items)
    for width, height in items.sizes.values():
        ensure_pixels(width, height, max_pixels)
    known: dict[int, int] = {}
    for item in items.parts:
        ensure_tiled_pixels(_cost(item, items, known, set()), picture=items.pixels(item))


def _cost(item: int, items: _Items, known: dict[int, int], above: set[int]) -> int:
    """Return the pixels that are decoded for an item, with its parts each time they are used.

    Args:
        item: The id of the item.
        items: What the file says about its items.
        known: The results for other items.
        above: The items that this item is a part of.
    """
    if item in above or len(above) > _MAX_DEPTH:
        raise TooCostly("its pictures are parts of each other")
    if item not in known:
        parts = items.parts.get(item)
        inside = above | {item}
        known[item] = (
            sum(_cost(part, items, known, inside) for part in parts)
            if parts
            else items.pixels(item)
        )
    return known[item]


def _boxes(view: memoryview) -> Iterator[tuple[bytes, memoryview]]:
    """Yield the kind and body of each box."""
    position, count = 0, 0
    while position + 8 <= len(view):
        size, head = int.from_bytes(view[position : position + 4], "big"), 8
        if size == 1:
            size, head = int.from_bytes(view[position + 8 : position + 16], "big"), 16
        end = position + size if size else len(view)
        if end < position + head:
            return
        yield bytes(view[position + 4 : position + 8]), view[position + head : end]
        count += 1
        ensure_parts(count)
        position = end


def _read_meta(meta: memoryview, items: _Items) -> None:
    for kind, body in _boxes(meta):
        if kind == b"iprp":
            _read_properties(body, items)
        elif kind == b"iref":
            _read_parts(body, items)


def _read_properties(body: memoryview, items: _Items) -> None:
    for kind, inside in _boxes(body):
        if kind == b"ipco":
            _read_sizes(inside, items)
        elif kind == b"ipma":
            _read_associations(inside, items)


def _read_sizes(body: memoryview, items: _Items) -> None:
    for place, (kind, data) in enumerate(_boxes(body), start=1):
        if kind == b"ispe":
            width, height = (int.from_bytes(data[at : at + 4], "big") for at in (4, 8))
            items.sizes[place] = width, height


def _read_associations(body: memoryview, items: _Items) -> None:
    """Read which properties an item has (`ipma`)."""
    id_bytes = 4 if bytes(body[:1]) == b"\1" else 2
    place_bytes = 2 if bytes(body[3:4]) and body[3] & 1 else 1
    is_essential = 1 << (8 * place_bytes - 1)
    position, count = 8, int.from_bytes(body[4:8], "big")
    _ensure_items(count)
    for _ in range(count):
        item = int.from_bytes(body[position : position + id_bytes], "big")
        position += id_bytes
        number = int.from_bytes(body[position : position + 1], "big")
        position += 1
        places = items.properties.setdefault(item, [])
        for _ in range(number):
            place = int.from_bytes(body[position : position + place_bytes], "big")
            places.append(place & ~is_essential)
            position += place_bytes


def _read_parts(body: memoryview, items: _Items) -> None:
    """Read which items an item consists of (`dimg`): tiles of a grid, layers of an overlay."""
    id_bytes = 4 if bytes(body[:1]) == b"\1" else 2
    for kind, data in _boxes(body[_FULL:]):
        if kind != b"dimg":
            continue
        _ensure_items(len(data) // id_bytes)
        numbers = [data[at : at + id_bytes] for at in range(id_bytes + 2, len(data), id_bytes)]
        parts = [int.from_bytes(number, "big") for number in numbers]
        items.parts.setdefault(int.from_bytes(data[:id_bytes], "big"), []).extend(parts)


def _ensure_items(count: int) -> None:
    if count > MAX_ITEMS:
        raise TooCostly(f"it is made of {count:,} pictures; the limit is {MAX_ITEMS:,}")
