from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from picprocure.cli import main
from picprocure.folders.analysis.cache import AnalysisCache
from picprocure.folders.analysis.types import Analysis, Kind


def test_clear_prints_how_much_it_deleted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    AnalysisCache.for_user("engine-1").put(Kind.PHOTO, "ab" * 32, Analysis())
    for number in (1, 0):
        result = CliRunner().invoke(main, ["cache", "clear"])
        assert result.exit_code == 0
        assert result.stdout == f"Deleted {number} results (0.0 MB).\n"
    assert list(tmp_path.iterdir()) == []
