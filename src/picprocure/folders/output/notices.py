"""What the person who runs a sort should know about its result as a whole."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from picprocure.folders.names import printable
from picprocure.folders.output.correction_notices import about_corrections

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from picprocure.folders.outcome import Outcome

_SAME_FACE: Final = (
    "Such people compete for the same photos, so each of them misses some. If they are one person, "
    "put their photos into one folder, and sort again. If they are two, check that each photo in "
    "the people folder shows the right one."
)


def notices(outcome: Outcome) -> list[str]:
    """Return printable sentences about decisions, people who look alike, and stricter matching."""
    return [
        *outcome.folder_notices,
        *about_corrections(outcome),
        *_about_same_faces(outcome.same_face),
        *_about_strictness(outcome.held_back, outcome.similar_photos),
    ]


def _about_same_faces(pairs: Sequence[tuple[str, str]]) -> Iterator[str]:
    for one, other in pairs:
        yield f"{printable(one)} and {printable(other)} look like one person."
    if pairs:
        yield _SAME_FACE


def _about_strictness(held_back: int, photos: Sequence[str]) -> Iterator[str]:
    if held_back:
        yield (
            "The faces of this event look more alike than usual, so we matched them more strictly. "
            f"This held back {held_back:,} photo{'s' if held_back > 1 else ''}; look into _review, "
            f"too. The faces look most alike in {_listed(photos)}. "
            "If they show prints, screens, mirrors or blurred faces, and you can do without them, "
            "remove them, and sort again."
        )


def _listed(names: Sequence[str]) -> str:
    *others, last = map(printable, names)
    return f"{', '.join(others)} and {last}" if others else last
