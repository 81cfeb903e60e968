from __future__ import annotations

import time

import pytest

from picprocure.cli.progress import progress_display


def test_progress_without_a_terminal_is_a_line_from_time_to_time(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    now = 100.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    with progress_display() as progress:
        progress.on_start(1_000)
        for _ in range(120):
            now += 0.25
            progress.on_done(1)
    out, err = capsys.readouterr()
    assert out == ""
    assert err.splitlines() == [
        "40 of 1,000 photos, 4.0 photos/s, 4 min left",
        "80 of 1,000 photos, 4.0 photos/s, 4 min left",
        "120 of 1,000 photos, 4.0 photos/s, 4 min left",
    ]
