"""The line about the engine in use."""

from __future__ import annotations

import pytest

from picprocure.cli.engine_line import engine_line

GET_YUNET, GET_SFACE = "`picprocure models get yunet`", "`picprocure models get sface`"


@pytest.mark.parametrize(
    ("detector", "embedder", "chosen", "advice"),
    [
        ("yunet", "sface", {"auto"}, ""),
        ("hog", "dlib", {"hog", "dlib"}, ""),
        ("hog", "sface", {"auto"}, GET_YUNET),
        ("centerface", "dlib", {"auto"}, f"{GET_YUNET} and {GET_SFACE}"),
    ],
)
def test_line_about_the_engine_says_how_to_get_a_better_one(
    detector: str, embedder: str, chosen: set[str], advice: str
) -> None:
    line = engine_line({"detector": detector, "embedder": embedder}, chosen)
    expected = f"Face detector: {detector}. Face embedder: {embedder}."
    if advice:
        expected += f" To find and recognize more faces, run {advice}."
    assert line == expected
