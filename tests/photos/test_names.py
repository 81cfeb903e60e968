"""File names are safe for people, browsers and file systems."""

from __future__ import annotations

import time
import unicodedata

import pytest

from picprocure.photos.intake import ImageKind
from picprocure.photos.names import display_name, name_for_kind, unique_names


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("IMG_2041.jpg", "IMG_2041.jpg"),
        ("/home/alice/IMG_1.jpg", "IMG_1.jpg"),
        ("C:\\Users\\Alice\\IMG_1.jpg", "IMG_1.jpg"),
        ("../../etc/passwd", "passwd"),
        ('say "cheese" it\'s.jpg', 'say "cheese" it\'s.jpg'),
        ("party \U0001f389\U0001f389.jpg", "party \U0001f389\U0001f389.jpg"),
        ("cafe\u0301.jpg", "caf\u00e9.jpg"),
        ("photo\u202egpj.exe", "photogpj.exe"),
        ("a\u200bb\u200d\ufeff.jpg", "ab.jpg"),
        ("line\nbreak\tand\0null.jpg", "line break andnull.jpg"),
        ("lone\ud800surrogate.jpg", "lonesurrogate.jpg"),
        ("  many   spaces  .jpg", "many spaces.jpg"),
        (".jpg", "photo.jpg"),
        ("...jpg", "photo.jpg"),
        ("..", "photo.jpg"),
        ("", "photo.jpg"),
        ("folder/", "photo.jpg"),
        ("\u3164\u2800.jpg", "photo.jpg"),
        ("no-extension", "no-extension"),
    ],
)
def test_display_name_is_one_line_without_hidden_characters(raw: str, expected: str) -> None:
    assert display_name(raw) == expected
    assert display_name(expected) == expected


@pytest.mark.parametrize("stem", ["x" * 300, "\U0001f600" * 300, "e\u0301" * 300])
def test_long_name_is_cut_and_keeps_its_extension(stem: str) -> None:
    name = display_name(f"{stem}.jpeg")
    assert len(name) <= 120
    assert name.endswith(".jpeg")
    assert display_name(name) == name


@pytest.mark.parametrize(
    ("raw", "kind", "expected"),
    [
        ("a.JPG", ImageKind.JPEG, "a.JPG"),
        ("a.jpeg", ImageKind.JPEG, "a.jpeg"),
        ("a.png", ImageKind.JPEG, "a.jpg"),
        ("a.jpg", ImageKind.WEBP, "a.webp"),
        ("a.html", ImageKind.PNG, "a.html.png"),
        ("photo\u202egpj.exe", ImageKind.JPEG, "photogpj.exe.jpg"),
        ("a", ImageKind.JPEG, "a.jpg"),
    ],
)
def test_extension_matches_the_content(raw: str, kind: ImageKind, expected: str) -> None:
    assert name_for_kind(raw, kind) == expected


def test_added_extension_fits_into_the_limit() -> None:
    name = name_for_kind("x" * 300 + ".html", ImageKind.WEBP)
    assert len(name) == 120
    assert name.endswith(".webp")


def test_repeated_names_are_numbered() -> None:
    assert unique_names(["a.jpg", "b.jpg", "a.jpg", "a.jpg"]) == [
        "a.jpg",
        "b.jpg",
        "a (2).jpg",
        "a (3).jpg",
    ]


@pytest.mark.parametrize(
    "names",
    [
        ["A.jpg", "a.JPG"],
        ["a.jpg", "a (2).jpg", "a.jpg"],
        ["a (2).jpg", "a.jpg", "a.jpg", "a (2).jpg"],
        ["stra\u00dfe.jpg", "STRASSE.jpg"],
        ["caf\u00e9.jpg", "cafe\u0301.jpg"],
        ["a?.jpg", "a*.jpg", "a_.jpg"],
        ["x" * 300 + ".jpg", "x" * 301 + ".jpg"],
    ],
)
def test_names_are_unique_if_case_is_ignored(names: list[str]) -> None:
    unique = unique_names(names)
    assert len(unique) == len(names)
    assert len({unicodedata.normalize("NFC", name.casefold()) for name in unique}) == len(names)


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("con.jpg", "_con.jpg"),
        ("NUL", "_NUL"),
        ("Com1.photo.jpg", "_Com1.photo.jpg"),
        ("LPT\u00b2.png", "_LPT\u00b2.png"),
        ("contact.jpg", "contact.jpg"),
        ('a<b>c:d"e|f?g*.jpg', "a_b_c_d_e_f_g_.jpg"),
        ("/etc/passwd.jpg", "passwd.jpg"),
        ("trailing. .", "trailing"),
    ],
)
def test_name_is_allowed_on_windows(name: str, safe: str) -> None:
    assert unique_names([name]) == [safe]


def test_numbered_emoji_names_fit_into_255_bytes() -> None:
    names = unique_names(["\U0001f600" * 300 + ".jpg"] * 12)
    assert max(len(name.encode()) for name in names) <= 255
    assert len(set(names)) == 12


def test_ten_thousand_equal_names_are_numbered_quickly() -> None:
    started = time.perf_counter()
    names = unique_names(["image.jpg"] * 10_000)
    assert len(set(names)) == 10_000
    assert time.perf_counter() - started < 5
