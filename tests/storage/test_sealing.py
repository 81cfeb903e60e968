"""A sealed value opens only with its key, in its row, and unchanged."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import Any

import pytest

from conftest import new_key
from picprocure.storage import sealing
from picprocure.storage.errors import BrokenSeal, MalformedKeys, UnknownKey
from picprocure.storage.sealing import seal, unseal

# A key file is created only if no value is sealed yet.
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("key_file")]

PLAIN = b"128 numbers"
A_KEY = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="  # 32 digits


def test_value_opens_only_in_its_row() -> None:
    sealed = seal(PLAIN, context="reference:1:embedding")
    assert PLAIN not in sealed
    assert unseal(sealed, context="reference:1:embedding") == PLAIN
    with pytest.raises(BrokenSeal):
        unseal(sealed, context="reference:2:embedding")


def test_changed_value_does_not_open() -> None:
    sealed = seal(PLAIN, context="row")
    for index in range(len(sealed)):
        changed = bytearray(sealed)
        changed[index] ^= 1
        with pytest.raises((BrokenSeal, UnknownKey)):
            unseal(bytes(changed), context="row")
    for short in (b"", sealed[:20], PLAIN):
        with pytest.raises(BrokenSeal):
            unseal(short, context="row")


def test_same_value_is_sealed_differently_each_time() -> None:
    assert seal(PLAIN, context="row") != seal(PLAIN, context="row")


def test_key_file_is_created_once_and_private(key_file: Path) -> None:
    seal(PLAIN, context="row")
    first = key_file.read_text()
    seal(PLAIN, context="row")
    assert key_file.read_text() == first
    assert stat.S_IMODE(key_file.stat().st_mode) == 0o600
    assert stat.S_IMODE(key_file.parent.stat().st_mode) == 0o700


def test_old_value_opens_after_rotation_until_old_keys_are_dropped() -> None:
    before = seal(PLAIN, context="row")
    sealing.add_key()
    after = seal(PLAIN, context="row")
    assert sealing.is_sealed_with_first_key(after)
    assert not sealing.is_sealed_with_first_key(before)
    assert unseal(before, context="row") == unseal(after, context="row") == PLAIN
    assert sealing.drop_old_keys() == 1
    assert unseal(after, context="row") == PLAIN
    with pytest.raises(UnknownKey, match="PICPROCURE_FACE_KEYS"):
        unseal(before, context="row")


def test_running_process_uses_keys_that_another_process_rotated(key_file: Path) -> None:
    seal(PLAIN, context="row")
    before, new = key_file.read_text(), new_key()
    temporary = key_file.with_name("temporary")
    temporary.write_text(f"{new}\n{before}")
    temporary.replace(key_file)  # as the other process does
    (key,) = sealing._parse((new,))
    assert seal(PLAIN, context="row")[1:9] == key.id


def test_keys_in_settings_have_priority(settings: Any, key_file: Path) -> None:
    settings.FACE_KEYS = (new_key(),)
    assert unseal(seal(PLAIN, context="row"), context="row") == PLAIN
    assert not key_file.exists()
    with pytest.raises(MalformedKeys, match="PICPROCURE_FACE_KEYS"):
        sealing.add_key()


@pytest.mark.parametrize("bad", ["short", "bm90IDMyIGJ5dGVz", "*" * 44])
def test_message_about_malformed_key_does_not_contain_it(settings: Any, bad: str) -> None:
    settings.FACE_KEYS = (bad,)
    with pytest.raises(MalformedKeys, match="32 bytes in base64") as error:
        seal(PLAIN, context="row")
    assert bad not in str(error.value)


def test_empty_key_file_is_not_filled_with_a_new_key(key_file: Path) -> None:
    key_file.parent.mkdir()
    key_file.write_text("\n")
    with pytest.raises(MalformedKeys, match="is empty"):
        seal(PLAIN, context="row")


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"\xef\xbb\xbf" + A_KEY.encode(), "byte order mark"),
        (A_KEY.encode("utf-16"), "byte order mark"),
        (bytes(range(256)), "not a text file"),
        ("schlüssel".encode("latin-1"), "not a text file"),
        (b"no key", "32 bytes in base64"),
        (b"", "is empty"),
    ],
)
def test_message_names_key_file_with_other_content(
    key_file: Path, content: bytes, problem: str
) -> None:
    key_file.parent.mkdir()
    key_file.write_bytes(content)
    with pytest.raises(MalformedKeys, match=problem) as error:
        sealing.ensure_usable_keys()
    assert str(key_file) in str(error.value)
    assert "\n" not in str(error.value)
    assert sealing.key_problem() == str(error.value)


def test_key_file_that_is_a_folder_is_refused(key_file: Path) -> None:
    key_file.mkdir(parents=True)
    with pytest.raises(MalformedKeys, match="can't be read or created: Is a directory"):
        sealing.ensure_usable_keys()


def test_key_folder_that_is_a_file_is_refused(key_file: Path) -> None:
    key_file.parent.write_text("")
    with pytest.raises(MalformedKeys, match="can't be read or created: "):
        sealing.ensure_usable_keys()


def test_non_ascii_key_in_settings_is_refused(settings: Any) -> None:
    settings.FACE_KEYS = ("schlüssel",)
    with pytest.raises(MalformedKeys, match="32 bytes in base64"):
        seal(PLAIN, context="row")
