"""Test the check of words."""

from __future__ import annotations

import pytest

import prose


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
