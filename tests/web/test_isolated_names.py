"""Names on pages are isolated: Arabic and Hebrew ones don't reorder the text around them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import picprocure.web

TEMPLATES = Path(picprocure.web.__file__).with_name("templates")
NAME = re.compile(
    r"\{\{ *([a-z_.0-9]*\.)?(user|creator|event|person|other|guest|photo|passkey)"
    r"\.(name|first_name) *\}\}|\{\{ *(event|host)_name *\}\}"
)
TAG = re.compile(r"\{%.*?%\}|\{#.*?#\}|\{\{.*?\}\}", re.DOTALL)
TITLE = re.compile(r"\{% block (title|heading) %\}.*?\{% endblock %\}", re.DOTALL)


def bare_names(template: str) -> list[str]:
    """Return the names in text, neither in an attribute, an option nor the page's title."""
    bare = []
    for found in NAME.finditer(template):
        before = template[: found.start()]
        html = TAG.sub("", before)
        is_attribute = html.rfind("<") > html.rfind(">")
        is_option = html.rfind("<option") > html.rfind("</option")
        is_title = any(
            title.start() < found.start() < title.end() for title in TITLE.finditer(template)
        )
        if not (before.endswith("<bdi>") or is_attribute or is_option or is_title):
            bare.append(found[0])
    return bare


@pytest.mark.parametrize(
    "path",
    [path for path in sorted(TEMPLATES.rglob("*.html")) if path.parent.name != "admin"],
    ids=lambda path: str(path.relative_to(TEMPLATES)),
)
def test_names_are_isolated(path: Path) -> None:
    template = path.read_text()
    if path.name == "_refused.html":  # a title, if it is included as plain text
        template = template.replace("{% if plain %}{{ registrations.0.user.name }}", "")
    assert bare_names(template) == []


@pytest.mark.parametrize(
    ("template", "count"),
    [
        ("<p>{{ event.creator.name }} invites you.</p>", 1),
        ("<p><bdi>{{ event.creator.name }}</bdi> invites you.</p>", 0),
        ('<img alt="Photo of {{ person.name }}">', 0),
        ('<a href="{% url "x" 1 %}" class="{% if a > b %}c{% endif %}">{{ photo.name }}</a>', 1),
        ("{% block title %}{{ event.name }}{% endblock %}<h1>{{ event.name }}</h1>", 1),
    ],
)
def test_search_finds_bare_names(template: str, count: int) -> None:
    assert len(bare_names(template)) == count
