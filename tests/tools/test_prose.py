"""Test the check of words, and the links of all Markdown files."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import prose
from machine.places import ROOT

FILE = re.compile(r"`((?:[a-z_]+/)+[\w-]+\.(?:py|css|js|html|json))`")
LINK = re.compile(r"\]\(([^)\s]+)\)")
PAGES = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / ".github").rglob("*.md")]


@pytest.mark.parametrize("text", ["Nobody sees it.", "Ask whoever\nis there."])
def test_a_word_is_found_with_its_line(text: str) -> None:
    (finding,) = prose.findings_in(text, "docs/page.md")

    assert text.splitlines()[finding.line - 1].find(finding.word) >= 0


@pytest.mark.parametrize("text", ["`nobody`", "```\nnobody\n```", "names_nobody", "let good"])
def test_code_and_parts_of_words_are_no_finding(text: str) -> None:
    assert list(prose.findings_in(text, "docs/page.md")) == []


def test_lines_after_a_code_block_keep_their_number() -> None:
    (finding,) = prose.findings_in("```\na\nb\n```\nnobody\n", "docs/page.md")

    assert finding.line == 5


def test_there_are_no_more_words_than_allowed() -> None:
    for area, found in prose.findings_by_area().items():
        assert len(found) <= prose.ALLOWED[area], area


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_to_files_and_headings_that_exist(page: Path) -> None:
    targets = [target for target in LINK.findall(page.read_text()) if "://" not in target]

    assert [target for target in targets if not exists(target, page)] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_files_that_the_documentation_names_exist(page: Path) -> None:
    folders = [ROOT, *ROOT.glob("src/picprocure"), *ROOT.glob("src/picprocure/*")]
    named = FILE.findall(page.read_text())

    assert [name for name in named if not any((folder / name).exists() for folder in folders)] == []


def exists(target: str, page: Path) -> bool:
    """Whether a link of a page leads to a file, and to a heading where it names one."""
    name, _, anchor = target.partition("#")
    path = (page.parent / name).resolve() if name else page
    return path.exists() and (not anchor or anchor in anchors(path.read_text()))


def anchors(markdown: str) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", markdown, re.M)
    words = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in headings)
    return {heading.replace(" ", "-") for heading in words}
