"""Fetch the portraits for demo and tests: real photos from a source distribution on PyPI.

They are official portraits made by the US government, in the tests of `face_recognition`.
"""

from __future__ import annotations

import re
import shutil
import tarfile
import tempfile
from pathlib import Path

from machine import pip
from machine.places import PHOTOS, REQUIREMENTS
from machine.talk import fingerprint, timed

LOCK = REQUIREMENTS / "photos.txt"
DISTRIBUTION = "face_recognition-1.3.0"
FOLDER = PHOTOS / DISTRIBUTION
STAMP = FOLDER / ".picprocure"
WANTED = re.compile(re.escape(DISTRIBUTION) + r"/tests/test_images/\w+\.jpg")


def prepare_photos() -> None:
    wanted = fingerprint(LOCK)
    if STAMP.is_file() and STAMP.read_text() == wanted:
        return
    PHOTOS.mkdir(parents=True, exist_ok=True)
    with (
        timed("Fetching portraits for demo and tests (3 MB)"),
        tempfile.TemporaryDirectory(dir=PHOTOS) as scratch,
    ):
        pip.download_source(LOCK, Path(scratch))
        unpack(Path(scratch) / f"{DISTRIBUTION}.tar.gz", Path(scratch))
        shutil.rmtree(FOLDER, ignore_errors=True)
        (Path(scratch) / DISTRIBUTION).rename(FOLDER)
    STAMP.write_text(wanted)


def unpack(archive: Path, destination: Path) -> None:
    """Unpack only the portraits. The names of members decide where they go, so they must match."""
    with tarfile.open(archive) as tar:
        for member in tar:
            is_wanted = member.isfile() and WANTED.fullmatch(member.name)
            content = tar.extractfile(member) if is_wanted else None
            if content:
                path = destination / member.name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content.read())
