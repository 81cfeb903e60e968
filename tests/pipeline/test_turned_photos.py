"""Photos that are sideways or upside down are stored, displayed and downloaded upright."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
from django.core.files.storage import storages
from django.urls import reverse
from django.utils import timezone
from PIL import Image, ImageOps

import fakes
from conftest import World, names_for, upload, work_off
from picprocure.demo import samples
from picprocure.faces.types import Box, FoundFace
from picprocure.galleries.archives import gallery_archive
from picprocure.photos.models import Photo
from picprocure.photos.services import store_turned_original
from picprocure.pipeline import maintenance, steps
from picprocure.recognition.analysis import find_faces, replace_faces
from picprocure.recognition.engines import current_engine
from picprocure.recognition.models import Face
from picprocure.storage.files import DOWNLOAD_TIMEOUT
from picprocure.storage.models import PendingDeletion
from real_engines import best_engine
from snapshots import stored_objects


@pytest.fixture
def sideways_engine(settings: Any) -> None:
    settings.FACE_ENGINE = "fakes.SidewaysEngine"


@pytest.fixture
def photo(world: World, sideways_engine: None) -> Photo:
    """Return a photo of Charlie and a stranger."""
    stored = upload(world.event, fakes.sideways(fakes.CHARLIE, fakes.STRANGER), "sideways.png")
    assert (stored.width, stored.height) == (fakes.STRIPE, 2 * fakes.STRIPE)
    work_off()
    stored.refresh_from_db()
    return stored


def boxes(photo: Photo) -> list[Box]:
    faces = Face.objects.current().filter(photo=photo)
    sides = faces.order_by("left").values_list("left", "top", "right", "bottom")
    return [Box(*row) for row in sides]


UPRIGHT = [Box(0, 0, 64, 64), Box(64, 0, 128, 64)]


def opened(content: bytes) -> Image.Image:
    return ImageOps.exif_transpose(Image.open(io.BytesIO(content)))


def test_photo_is_delivered_and_everything_of_it_is_upright(world: World, photo: Photo) -> None:
    assert "sideways.png" in names_for(world.charlie, world.event)
    assert (photo.width, photo.height) == (128, 64)
    assert boxes(photo) == UPRIGHT
    client = world.client("charlie")
    for size in ("thumbnail", "web", "original"):
        response = client.get(reverse("media:photo", args=[photo.pk, size]))
        picture = opened(b"".join(response))
        assert picture.size == (128, 64)
        color = np.asarray(picture.convert("RGB"))[32, 32]
        assert np.allclose(color, fakes.CHARLIE, atol=12)
    archive = client.get(reverse("media:archive", args=[world.event.pk]))
    assert len(b"".join(archive)) == int(archive["Content-Length"])


def test_download_that_began_before_gets_the_former_original(world: World, settings: Any) -> None:
    upload(world.event, fakes.sideways(fakes.BOB, fakes.STRANGER), "sideways.png")
    work_off()
    archive = gallery_archive(visitor=world.bob, event=world.event)
    settings.FACE_ENGINE = "fakes.SidewaysEngine"
    Photo.objects.all().await_analysis()
    work_off()
    assert Photo.objects.get(name="sideways.png").turn
    assert len(b"".join(archive.chunks)) == archive.size_bytes


def test_photo_that_is_uploaded_again_stays_turned(world: World, photo: Photo) -> None:
    photo.faces.filter(left=0).update(embedding=None)  # as after a withdrawal
    Photo.objects.filter(pk=photo.pk).update(status=Photo.Status.FAILED)
    again = upload(world.event, fakes.sideways(fakes.CHARLIE, fakes.STRANGER), "sideways.png")
    assert again.pk == photo.pk
    assert (again.width, again.height) == (128, 64)
    work_off()
    assert boxes(photo) == UPRIGHT
    faces = Face.objects.current().filter(photo=photo).order_by("left")
    assert [face.embedding is None for face in faces] == [True, False]


def test_only_the_turned_original_is_left(photo: Photo, monkeypatch: pytest.MonkeyPatch) -> None:
    later = timezone.now() + DOWNLOAD_TIMEOUT
    monkeypatch.setattr(timezone, "now", lambda: later)
    maintenance.sweep()
    own = {key for key in stored_objects() if str(photo.pk) in key}
    assert own == set(photo.storage_keys)
    assert len(own) == 3
    assert photo.size_bytes == len(storages["photos"].open(photo.original_key).read())
    assert not PendingDeletion.objects.filter(key__contains=str(photo.pk)).exists()


def test_photo_is_turned_once(photo: Photo) -> None:
    before = photo.original_key
    Photo.objects.filter(pk=photo.pk).await_analysis()
    steps.analyze_photo(photo.pk)
    photo.refresh_from_db()
    assert photo.status == Photo.Status.ANALYZED
    assert photo.original_key == before
    assert boxes(photo) == UPRIGHT


def test_same_bytes_are_still_one_photo(world: World, photo: Photo) -> None:
    assert upload(world.event, fakes.sideways(fakes.CHARLIE, fakes.STRANGER)).pk == photo.pk


def test_worker_that_lost_its_claim_leaves_no_turned_original(
    world: World, sideways_engine: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    photo = upload(world.event, fakes.sideways(fakes.CHARLIE))

    def lose_the_claim(photo: Photo, engine: Any) -> Any:
        found = find_faces(photo, engine)
        Photo.objects.filter(pk=photo.pk).update(claim=None)
        return found

    monkeypatch.setattr(steps, "find_faces", lose_the_claim)
    steps.analyze_photo(photo.pk)
    photo.refresh_from_db()
    maintenance.sweep()
    own = {key for key in stored_objects() if str(photo.pk) in key}
    assert own == {photo.original_key}


def test_face_of_a_person_who_withdrew_stays_without_embedding_when_the_photo_is_turned(
    world: World, settings: Any
) -> None:
    """An engine that found the face sideways is followed by one that turns the photo."""
    photo = upload(world.event, fakes.sideways(fakes.CHARLIE, fakes.STRANGER), "sideways.png")
    charlies = FoundFace(Box(0, 64, 64, 128), fakes.embedding_of(fakes.CHARLIE))
    strangers = FoundFace(Box(0, 0, 64, 64), fakes.embedding_of(fakes.STRANGER))
    steps.analyze_photo(photo.pk)
    replace_faces(photo, [charlies, strangers], engine_version=current_engine().version)
    photo.faces.filter(top=64).update(embedding=None)
    settings.FACE_ENGINE = "fakes.SidewaysEngine"
    Photo.objects.filter(pk=photo.pk).await_analysis()
    steps.analyze_photo(photo.pk)
    assert boxes(photo) == UPRIGHT
    assert [face.embedding is None for face in photo.faces.order_by("left")] == [True, False]


def test_earlier_matches_turn_with_the_photo(world: World, settings: Any) -> None:
    photo = upload(world.event, fakes.sideways(fakes.BOB, fakes.STRANGER), "sideways.png")
    bobs = FoundFace(Box(0, 64, 64, 128), fakes.embedding_of(fakes.BOB))
    steps.analyze_photo(photo.pk)
    replace_faces(photo, [bobs], engine_version=current_engine().version)
    steps.sort_event(world.event.pk)
    assert "sideways.png" in names_for(world.bob, world.event)
    settings.FACE_ENGINE = "fakes.SidewaysEngine"
    Photo.objects.filter(pk=photo.pk).await_analysis()
    steps.analyze_photo(photo.pk)
    assert "sideways.png" in names_for(world.bob, world.event)
    superseded = photo.faces.get(is_superseded=True)
    assert Box(superseded.left, superseded.top, superseded.right, superseded.bottom) == UPRIGHT[0]
    steps.sort_event(world.event.pk)
    assert "sideways.png" in names_for(world.bob, world.event)
    assert not photo.faces.filter(is_superseded=True).exists()


@pytest.mark.engine
@pytest.mark.parametrize("turn", [90, 180])
def test_real_photo_is_stored_upright(world: World, settings: Any, turn: int) -> None:
    engine = best_engine()
    with Image.open(samples.portrait("obama2")) as portrait:
        upright = portrait.convert("RGB")
    upright.thumbnail((900, 900))
    stored = io.BytesIO()
    upright.rotate(turn, expand=True).save(stored, "JPEG", quality=95)
    photo = upload(world.event, stored.getvalue(), "turned.jpg")
    (face,) = find_faces(photo, engine)
    assert face.turn == turn
    original = store_turned_original(photo, turn)
    assert (original.width, original.height) == upright.size
    picture = opened(storages["photos"].open(original.original_key).read())
    assert np.abs(np.asarray(picture, float) - np.asarray(upright, float)).mean() < 4
