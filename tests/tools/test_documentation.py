"""What Markdown files link to, name and quote must exist."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from machine.places import ROOT

FILE = re.compile(r"`((?:[a-z_]+/)+[\w-]+\.(?:py|css|js|html|json))`")
LABEL = re.compile(r"(?<!\*)\*([A-Z][^*]+)\*(?!\*)")
LINK = re.compile(r"\]\(([^)\s]+)\)")
ERRORS = [file for file in (ROOT / "src").rglob("errors.py") if "├── " in file.read_text()]
IMAGES = [*(ROOT / "docs/images").iterdir()]
PAGES = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / ".github").rglob("*.md")]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_to_files_and_headings_that_exist(page: Path) -> None:
    targets = [target for target in LINK.findall(page.read_text()) if "://" not in target]

    assert [target for target in targets if not exists(target, page)] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_files_that_the_documentation_names_exist(page: Path) -> None:
    folders = [ROOT, *ROOT.glob("src/picprocure"), *ROOT.glob("src/picprocure/*")]
    named = FILE.findall(page.read_text())

    assert [name for name in named if not any((folder / name).exists() for folder in folders)] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_labels_that_the_documentation_quotes_are_on_pages(page: Path) -> None:
    """Labels are in italics and begin with a capital."""
    web = ROOT / "src/picprocure/web"
    sorted_page = ROOT / "src/picprocure/folders/output/page.html"
    files = [*web.rglob("*.html"), *web.rglob("*.py"), sorted_page]
    shown = " ".join(" ".join(file.read_text() for file in files).split())

    labels = [" ".join(label.split()) for label in LABEL.findall(page.read_text())]

    assert [label for label in labels if label not in shown] == []


@pytest.mark.parametrize("image", IMAGES, ids=lambda image: image.name)
def test_images_are_small_and_used(image: Path) -> None:
    assert image.stat().st_size < 200_000
    assert any(image.name in page.read_text() for page in PAGES)


@pytest.mark.parametrize("file", ERRORS, ids=lambda file: file.parent.name)
def test_tree_of_errors_lists_every_error(file: Path) -> None:
    module = ast.parse(file.read_text())
    tree = re.findall(r"^(?:[│ ]*[├└]── )?(\w+)(?:  .*)?$", ast.get_docstring(module) or "", re.M)
    defined = {node.name for node in module.body if isinstance(node, ast.ClassDef)}

    assert sorted(tree) == sorted(defined)


def exists(target: str, page: Path) -> bool:
    """Whether a link of a page leads to a file, and to a heading where it names one."""
    name, _, anchor = target.partition("#")
    path = (page.parent / name).resolve() if name else page
    return path.exists() and (not anchor or anchor in anchors(path.read_text()))


def anchors(markdown: str) -> set[str]:
    """Return the anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", markdown, re.M)
    words = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in headings)
    return {heading.replace(" ", "-") for heading in words}
