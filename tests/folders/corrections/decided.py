"""Decisions as the page saves them, for tests."""

from __future__ import annotations

import json
from typing import Any

from picprocure.folders.corrections.types import Answer

from ..conftest import Folders


def entry(
    folders: Folders,
    photo: str,
    answer: Answer,
    person: str | None = None,
    *,
    place: int = 0,
    minute: int = 0,
    source: str = "page",
) -> dict[str, Any]:
    """Return a decision about the face in a place of a photo, or about the photo."""
    digest = folders.sort().photos[photo].digest
    one: dict[str, Any] = {"photo": photo, "answer": answer, "source": source, "sha256": digest}
    one["at"] = f"2026-05-30T14:{minute:02}:00.000Z"
    if person is not None:
        one["person"] = person
    if answer.is_about_a_face:
        one["box"] = [64 * place, 0, 64 * place + 64, 64]
    return one


def save_as_page(folders: Folders, *entries: dict[str, Any], name: str = "decisions.json") -> None:
    """Put a file into the output folder, as a page that knew no earlier decisions saves it."""
    folders.out.mkdir(exist_ok=True)
    content = {"version": 1, "saved_by": "page", "decisions": entries}
    (folders.out / name).write_text(json.dumps(content))
