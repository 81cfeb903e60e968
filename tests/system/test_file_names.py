"""Names that differ on every file system."""

from __future__ import annotations

import pytest

from picprocure.system.file_names import UniqueNames, folded, split_extension


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("a.jpg", ("a", ".jpg")),
        ("a.tar.gz", ("a.tar", ".gz")),
        ("a", ("a", "")),
        ("v1.2 final", ("v1.2 final", "")),
        (".jpg", ("", ".jpg")),
    ],
)
def test_the_extension_is_the_last_part(name: str, parts: tuple[str, str]) -> None:
    assert split_extension(name) == parts


@pytest.mark.parametrize(
    ("one", "other"), [("A.JPG", "a.jpg"), ("e\u0301", "\u00e9"), ("a. .", "a"), ("ẞ", "ss")]
)
def test_names_that_some_file_system_takes_for_one_are_equal(one: str, other: str) -> None:
    assert folded(one) == folded(other)


def test_repeated_names_are_numbered() -> None:
    names = UniqueNames()

    taken = [names.take(name) for name in ("a.jpg", "A.jpg", "a (2).jpg", "a.jpg", "b")]

    assert taken == ["a.jpg", "A (2).jpg", "a (2) (2).jpg", "a (3).jpg", "b"]


def test_names_that_are_not_free_are_left_out() -> None:
    names = UniqueNames(is_free=lambda name: name not in {"a.jpg", "a (2).jpg"})

    assert names.take("a.jpg") == "a (3).jpg"
