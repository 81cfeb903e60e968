"""Find words that make our texts hard to read: `make lint` runs this.

    python tools/prose.py

Each finding names the file, the line and a plainer word. Code in Markdown files is skipped.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from machine.places import ROOT
from machine.talk import say

PLAINER = {
    "whoever": "anyone who",
    "nobody": "no one, or start with the thing",
    "somebody": "a person, a guest, a user",
    "everybody": "everyone, all guests",
    "anybody": "anyone",
    "anew": "again",
    "meanwhile": "in between, since then",
    "by itself": "automatically",
    "in doubt": "if unsure",
    "let go": "delete, release",
    "has yet to": "has not yet",
    "have yet to": "have not yet",
    "hand over": "share, pass",
    "handed over": "shared, passed",
}
WORD = re.compile(rf"\b({'|'.join(PLAINER)})\b", re.IGNORECASE)
SUFFIXES = {".py", ".html", ".txt", ".js", ".css", ".md", ".yml"}
SKIPPED = {"build", "migrations", "node_modules", "prose.py"}
# How many may be left. They only go down.
ALLOWED = {"docs": 0, "*.md": 0, "src": 3, "tools": 0, "benchmarks": 0}


class Finding(NamedTuple):
    """A word in a file."""

    place: str
    line: int
    word: str

    def __str__(self) -> str:
        return f"{self.place}:{self.line}: “{self.word}” → {PLAINER[self.word.lower()]}"


def findings_in(text: str, place: str) -> Iterator[Finding]:
    """Yield the words of one file."""
    if place.endswith(".md"):
        text = without_code(text)
    for number, line in enumerate(text.splitlines(), start=1):
        for match in WORD.finditer(line):
            yield Finding(place, number, match[1])


def without_code(markdown: str) -> str:
    """Return Markdown with blank lines for code blocks, and nothing for code in a line."""
    blocks = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
    text = blocks.sub(lambda block: "\n" * block[0].count("\n"), markdown)
    return re.sub(r"`[^`\n]+`", "", text)


def files_in(area: str) -> Iterator[Path]:
    """Yield the texts of a folder, or those that a pattern names in the root."""
    found = ROOT.glob(area) if "*" in area else (ROOT / area).rglob("*")
    for path in sorted(found):
        parts = set(path.relative_to(ROOT).parts)
        if path.suffix in SUFFIXES and not SKIPPED & parts and path.is_file():
            yield path


def findings_by_area() -> dict[str, list[Finding]]:
    """Return all findings of each area."""
    return {
        area: [
            finding
            for path in files_in(area)
            for finding in findings_in(path.read_text(), str(path.relative_to(ROOT)))
        ]
        for area in ALLOWED
    }


def main() -> int:
    too_many = False
    for area, findings in findings_by_area().items():
        if len(findings) > ALLOWED[area]:
            too_many = True
            for finding in findings:
                say(str(finding))
            say(f"{area}: {len(findings)} words to replace; {ALLOWED[area]} are allowed.")
    return int(too_many)


if __name__ == "__main__":
    sys.exit(main())
