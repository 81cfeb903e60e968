from __future__ import annotations

import time

import pytest

from picprocure.cli.progress import shown_progress


def test_where_there_is_no_terminal_a_line_comes_now_and_then(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    now = 100.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    with shown_progress() as told:
        told.on_start(1_000)
        for _ in range(120):
            now += 0.25
            told.on_done(1)
    out, err = capsys.readouterr()
    assert out == ""
    assert err.splitlines() == [
        "40 of 1,000 photos, 4.0 photos/s, 4 min left",
        "80 of 1,000 photos, 4.0 photos/s, 4 min left",
        "120 of 1,000 photos, 4.0 photos/s, 4 min left",
    ]
