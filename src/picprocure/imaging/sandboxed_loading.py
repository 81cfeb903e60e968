"""Pictures that people send, decoded in a child process."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from picprocure.imaging.errors import TooCostly, UnreadableImage
from picprocure.imaging.loaded_image import LoadedImage
from picprocure.imaging.loading import load_upright
from picprocure.imaging.sandbox import decoder

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True)
class SentImage:
    """A decoded picture on its way between processes."""

    data: bytearray
    shape: tuple[int, ...]
    width: int
    height: int

    @classmethod
    def of(cls, image: LoadedImage) -> SentImage:
        return cls(bytearray(image.pixels), image.pixels.shape, image.width, image.height)

    @property
    def image(self) -> LoadedImage:
        pixels = np.frombuffer(self.data, dtype=np.uint8).reshape(self.shape)
        return LoadedImage(pixels=pixels, width=self.width, height=self.height)


def load_sandboxed(
    contents: Iterable[bytes], *, name: str, max_pixels: int, max_bytes: int
) -> list[LoadedImage]:
    """Load pictures like `load_upright`, all with the same decoder.

    Raises:
        Busy: No decoder became free in time.
        UnusableImage: A picture can't be used.
    """
    with decoder() as decode:
        try:
            return [
                decode(max_pixels, _sent, content, name, max_pixels, max_bytes).image
                for content in contents
            ]
        except TooCostly as error:
            raise UnreadableImage(name, str(error)) from error


def _sent(content: bytes, name: str, max_pixels: int, max_bytes: int) -> SentImage:
    loaded = load_upright(
        io.BytesIO(content), name=name, max_pixels=max_pixels, max_bytes=max_bytes
    )
    return SentImage.of(loaded)
