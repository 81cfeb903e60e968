"""Enrollment with real photos and the real engine."""

from __future__ import annotations

import io
from collections.abc import Callable

import pillow_heif
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from PIL import Image, ImageDraw

from picprocure.accounts.models import User
from picprocure.demo import samples
from real_engines import use_best_engine
from snapshots import stored_objects

pytestmark = [pytest.mark.engine, pytest.mark.django_db(transaction=True)]

START = "/profile/face/new/"


@pytest.fixture(autouse=True)
def real_engine(settings: object) -> None:
    use_best_engine(settings)


def sent(picture: Image.Image, kind: str = "JPEG") -> SimpleUploadedFile:
    out = io.BytesIO()
    picture.save(out, kind, **({"quality": 92} if kind == "JPEG" else {}))
    return SimpleUploadedFile(f"me.{kind.lower()}", out.getvalue())


def obama() -> Image.Image:
    return Image.open(samples.portrait("obama")).convert("RGB")


def biden() -> Image.Image:
    return Image.open(samples.portrait("biden")).convert("RGB")


def beside_each_other(*pictures: Image.Image) -> Image.Image:
    height = min(picture.height for picture in pictures)
    alike = [
        picture.resize((picture.width * height // picture.height, height)) for picture in pictures
    ]
    row = Image.new("RGB", (sum(picture.width for picture in alike), height))
    left = 0
    for picture in alike:
        row.paste(picture, (left, 0))
        left += picture.width
    return row


def half_outside() -> Image.Image:
    whole = obama()
    return whole.crop((whole.width // 2, 0, whole.width, whole.height))


def cartoon() -> Image.Image:
    picture = Image.new("RGB", (600, 600), (120, 190, 240))
    draw = ImageDraw.Draw(picture)
    draw.ellipse((150, 100, 450, 500), fill=(255, 220, 120), outline=(0, 0, 0), width=6)
    for left in (230, 340):
        draw.ellipse((left, 220, left + 50, 280), fill=(255, 255, 255), outline=(0, 0, 0), width=5)
        draw.ellipse((left + 18, 240, left + 34, 264), fill=(0, 0, 0))
    draw.line((300, 290, 290, 350, 310, 352), fill=(0, 0, 0), width=5)
    draw.arc((220, 330, 380, 440), 20, 160, fill=(160, 30, 30), width=10)
    return picture


def holding_up_a_photo() -> Image.Image:
    """Return a picture of Biden who holds a print of Obama."""
    scene = biden()
    printed = Image.new("RGB", (480, 480), (250, 250, 250))
    printed.paste(obama().crop((240, 20, 740, 520)).resize((460, 460)), (10, 10))
    scene.paste(printed.rotate(4, expand=True, fillcolor=(60, 60, 60)), (60, 900))
    return scene


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WebP"])
def test_one_clear_face_is_accepted(bob: User, browser: Client, kind: str) -> None:
    response = browser.post(START, {"photo": sent(obama(), kind), "consent": "on"})
    assert response["Location"] == reverse("enrollment:references")
    assert bob.references.count() == 1


def test_photo_from_a_phone_is_accepted(bob: User, browser: Client) -> None:
    out = io.BytesIO()
    pillow_heif.from_pillow(obama()).save(out, quality=90)
    photo = SimpleUploadedFile("IMG_1.HEIC", out.getvalue())
    browser.post(START, {"photo": photo, "consent": "on"})
    reference = bob.references.get()
    shown = browser.get(reverse("media:reference", args=[reference.pk]))
    assert Image.open(io.BytesIO(shown.content)).format == "JPEG"


def test_face_cropped_from_a_group_photo_is_accepted(bob: User, browser: Client) -> None:
    photo = SimpleUploadedFile("me.jpg", samples.portrait_of_woman())
    browser.post(START, {"photo": photo, "consent": "on"})
    assert bob.references.count() == 1


@pytest.mark.parametrize(
    ("picture", "message"),
    [
        (cartoon, "find a face in this photo"),
        (half_outside, "cut off at the edge"),
        (lambda: Image.new("RGB", (1, 1)), "find a face in this photo"),
        (lambda: obama().reduce(5), "pixels wide"),
    ],
)
def test_photo_without_a_usable_face_is_refused(
    bob: User, browser: Client, picture: Callable[[], Image.Image], message: str
) -> None:
    page = browser.post(START, {"photo": sent(picture()), "consent": "on"})
    assert message in page.content.decode()
    assert not bob.references.exists()
    assert not bob.consents.exists()
    assert stored_objects() == set()


@pytest.mark.parametrize(
    "picture",
    [
        lambda: Image.open(samples.group_photo(6)).convert("RGB"),
        lambda: beside_each_other(obama(), obama()),  # twins
        holding_up_a_photo,
    ],
)
def test_one_of_several_faces_must_be_chosen(
    bob: User, browser: Client, picture: Callable[[], Image.Image]
) -> None:
    response = browser.post(START, {"photo": sent(picture()), "consent": "on"})
    assert response["Location"] == reverse("enrollment:choose")
    assert not bob.references.exists()
    browser.post(reverse("enrollment:choose"), {"face": "0"})
    assert bob.references.count() == 1


def test_other_photos_must_show_the_same_person(bob: User, browser: Client) -> None:
    browser.post(START, {"photo": sent(obama()), "consent": "on"})
    page = browser.post(START, {"photo": sent(biden())}).content.decode()
    assert "doesn&#x27;t look like the person in your other photos" in page
    another = Image.open(samples.portrait("obama2")).convert("RGB")
    browser.post(START, {"photo": sent(another)})
    assert bob.references.count() == 2


@pytest.mark.parametrize(
    ("picture", "hint"),
    [
        (obama, "good"),
        (lambda: Image.new("RGB", (1, 1)), "no-face"),
        (cartoon, "no-face"),
        (lambda: obama().point(lambda value: value * 0.1), "more-light"),
        (half_outside, "cut-off"),
        (lambda: beside_each_other(obama(), biden()), "several-faces"),
        (lambda: _far_away(obama()), "closer"),
    ],
)
def test_camera_frame_gets_a_hint(
    browser: Client, picture: Callable[[], Image.Image], hint: str
) -> None:
    frame = picture()
    frame.thumbnail((640, 640))
    result = browser.post(reverse("enrollment:hint"), {"frame": sent(frame)}).json()
    assert result["hint"] == hint


def _far_away(picture: Image.Image) -> Image.Image:
    room = Image.new("RGB", (2 * picture.width, 2 * picture.height), (90, 90, 90))
    room.paste(picture, (picture.width // 2, picture.height // 2))
    return room
