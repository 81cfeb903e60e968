"""The photos of these tests, made from real ones. Who is in them was seen by eye."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from typing import TypedDict

from PIL import Image

from picprocure.demo import samples

Crop = tuple[int, int, int, int]

# The woman in red, second from the left, in the sixth group photo. No event here holds it.
WOMAN_IN_GROUP_6: Crop = (530, 220, 1000, 720)

# Head and shoulders of two people who then stand side by side in one print.
HEAD_IN_OBAMA3: Crop = (430, 120, 1180, 1020)
HEAD_OF_THE_WOMAN_IN_GROUP_1: Crop = (1260, 80, 1860, 800)
PRINT_HEIGHT = 900

# Metadata that a camera writes into a photo, which must not be delivered.
CAMERA_OWNER = "Ann Onymous of 4 Hidden Lane"
LATITUDE, LONGITUDE = (52.0, 31.0, 12.0), (13.0, 24.0, 18.0)
GPS_DIRECTORY, ARTIST, CAMERA_MAKER = 0x8825, 0x013B, 0x010F


class FilePayload(TypedDict):
    """A file as Playwright hands it to a page."""

    name: str
    mimeType: str
    buffer: bytes


@dataclass(frozen=True)
class Picture:
    name: str
    content: bytes = field(repr=False)

    @property
    def payload(self) -> FilePayload:
        return {"name": self.name, "mimeType": "image/jpeg", "buffer": self.content}


def group(number: int) -> Picture:
    path = samples.group_photo(number)
    return Picture(path.name, path.read_bytes())


def portrait(name: str) -> Picture:
    path = samples.portrait(name)
    return Picture(path.name, path.read_bytes())


def woman_of_groups_1_and_3() -> Picture:
    return Picture("me.jpg", samples.portrait_of_woman())


def woman_of_group_6() -> Picture:
    with Image.open(samples.group_photo(6)) as photo:
        return Picture("me.jpg", _jpeg(photo.crop(WOMAN_IN_GROUP_6)))


def two_people_with_location() -> Picture:
    """Return a photo of two people as a phone saves it: with place, owner and maker."""
    with (
        Image.open(samples.portrait("obama3")) as portrait_of_him,
        Image.open(samples.group_photo(1)) as group_with_her,
    ):
        him = _as_high_as_the_print(portrait_of_him.crop(HEAD_IN_OBAMA3))
        her = _as_high_as_the_print(group_with_her.crop(HEAD_OF_THE_WOMAN_IN_GROUP_1))
    both = Image.new("RGB", (him.width + her.width, PRINT_HEIGHT))
    both.paste(him, (0, 0))
    both.paste(her, (him.width, 0))
    exif = Image.Exif()
    exif[ARTIST], exif[CAMERA_MAKER] = CAMERA_OWNER, "Acme"
    exif[GPS_DIRECTORY] = {1: "N", 2: LATITUDE, 3: "E", 4: LONGITUDE}
    return Picture("together.jpg", _jpeg(both, exif=exif.tobytes()))


def cover() -> Picture:
    """Return a plain cover without people."""
    return Picture("cover.jpg", _jpeg(Image.linear_gradient("L").resize((1200, 675))))


def text_named_jpg() -> Picture:
    return Picture("notes.jpg", b"Bring cake. Ask Bob about the music.\n" * 20)


def _as_high_as_the_print(image: Image.Image) -> Image.Image:
    return image.resize((round(image.width * PRINT_HEIGHT / image.height), PRINT_HEIGHT))


def _jpeg(image: Image.Image, *, exif: bytes = b"") -> bytes:
    out = io.BytesIO()
    image.convert("RGB").save(out, "JPEG", quality=92, exif=exif)
    return out.getvalue()
