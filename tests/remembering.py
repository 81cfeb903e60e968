"""The real engine, for tests that show it the same pictures again and again.

Tests of the engine itself (its threads, memory, speed and errors) use `best_engine` or
`dlib_engine` of `real_engines.py`, which remember nothing.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any, TypeVar
from uuid import uuid4

from picprocure.faces.engine import ComposedEngine
from picprocure.faces.types import Box, Embedding, FoundFace
from picprocure.imaging.loaded_image import LoadedImage

T = TypeVar("T")

_answers: dict[str, Any] = {}
_folders: list[Path] = []


def share_answers(folder: Path) -> None:
    """Keep all answers in a folder, too. All processes of the test run share it."""
    folder.mkdir(exist_ok=True)
    _folders[:] = [folder]


class RememberingEngine(ComposedEngine):
    """The real engine, which looks at each picture once per test run."""

    def find_faces(self, image: LoadedImage) -> list[FoundFace]:
        return list(self._remembered(super().find_faces, image))

    def search_photo(self, image: LoadedImage) -> list[FoundFace]:
        return list(self._remembered(super().search_photo, image))

    def find_boxes(self, image: LoadedImage) -> list[Box]:
        return list(self._remembered(super().find_boxes, image))

    def head_yaw(self, image: LoadedImage, box: Box) -> float:
        return self._remembered(super().head_yaw, image, box)

    def embed_reference(self, image: LoadedImage, box: Box) -> Embedding:
        return self._remembered(super().embed_reference, image, box).copy()

    def _remembered(self, look: Callable[..., T], image: LoadedImage, *box: Box) -> T:
        picture = sha256(image.pixels.tobytes()).hexdigest()
        # The original of a reduced picture is not compared: no test has two of the same pixels.
        has_original = image.full_resolution is not None
        size = (image.pixels.shape, image.width, image.height, has_original)
        asked = repr((self.version, look.__name__, picture, size, box))
        if asked not in _answers:
            _answers[asked] = _of_the_run(asked, lambda: look(image, *box))
        answer: T = _answers[asked]
        return answer


def _of_the_run(asked: str, look: Callable[[], T]) -> T:
    """Return the answer that any process of the run got, or look and keep it for the others."""
    if not _folders:
        return look()
    kept = _folders[0] / sha256(asked.encode()).hexdigest()
    if kept.exists():
        answer: T = pickle.loads(kept.read_bytes())  # noqa: S301 -- of a process of this run
        return answer
    answer = look()
    own = kept.with_name(uuid4().hex)
    own.write_bytes(pickle.dumps(answer))
    own.replace(kept)
    return answer
