"""Files that docstrings and comments name exist."""

from __future__ import annotations

import re
from pathlib import Path

REPO = Path(__file__).parents[2]
SOURCE = REPO / "src/picprocure"
NAMED = re.compile(r"[`(]([\w./-]*\w/[\w-]+\.(?:py|md|txt|toml|html|css|js))[`)]")


def texts() -> list[Path]:
    """Return the files whose texts name other files."""
    folders = (SOURCE, REPO / "tests", REPO / "tools", REPO / "benchmarks")
    found = [path for folder in folders for path in folder.rglob("*.py")]
    return [path for path in found if "node_modules" not in path.parts]


def test_each_named_file_exists() -> None:
    missing = [
        f"{path.relative_to(REPO)}: {name}"
        for path in texts()
        for name in NAMED.findall(path.read_text(encoding="utf-8"))
        if not any((root / name).exists() for root in (REPO, SOURCE, path.parent))
        and not any(SOURCE.glob(f"**/{name}"))
        and not any((REPO / "tests").glob(f"**/{name}"))
    ]
    assert not missing
