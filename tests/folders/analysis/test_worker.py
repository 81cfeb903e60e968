"""What a worker writes besides its analysis."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

import pytest

import fakes
from picprocure.faces.types import Box
from picprocure.folders.analysis.thumbnail_names import face_name, thumbnail_name
from picprocure.folders.analysis.types import Job, Kind
from picprocure.folders.analysis.worker import analyze


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    folder = tmp_path / "pictures"
    folder.mkdir()
    return folder


def job(kind: Kind, content: bytes, pictures: Path, *boxes: Box) -> Job:
    path = pictures.parent / "photo.png"
    path.write_bytes(content)
    digest = sha256(content).hexdigest()
    return Job(kind, path.name, path, digest, pictures, boxes=boxes)


def names(pictures: Path) -> set[str]:
    return {path.name for path in pictures.iterdir()}


def test_photo_gets_a_thumbnail_of_the_whole_and_none_of_its_faces(pictures: Path) -> None:
    photo = job(Kind.PHOTO, fakes.stripes(fakes.BOB, fakes.CHARLIE), pictures)
    assert len(analyze(fakes.StripeEngine(), photo).faces) == 2
    assert names(pictures) == {thumbnail_name(photo.digest)}


def test_reference_gets_a_thumbnail_of_its_face_alone(pictures: Path) -> None:
    reference = job(Kind.REFERENCE, fakes.portrait(fakes.BOB, 0), pictures)
    (face,) = analyze(fakes.StripeEngine(), reference).faces
    assert names(pictures) == {face_name(reference.digest, face.box)}


def test_missing_thumbnails_of_faces_are_written_without_an_analysis(pictures: Path) -> None:
    box = Box(2, 2, 30, 30)
    missing = job(Kind.THUMBNAILS, fakes.stripes(fakes.BOB), pictures, box)
    assert analyze(fakes.ConfusedEngine(), missing).error is None
    assert names(pictures) == {face_name(missing.digest, box)}
