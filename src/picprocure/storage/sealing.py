"""Sealing: what is stored of faces is encrypted, each value bound to the row it belongs to.

A sealed value is one version byte, the key's id (8 bytes), a nonce (12 bytes) and what AES-256-GCM
makes of the plain bytes; version, key id and the caller's context are authenticated with them. A
value that was moved to another row doesn't open there.

The keys are the operator's: `PICPROCURE_FACE_KEYS`, or a file beside the data folder, never in it.
The first of them seals, all of them open.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import hashlib
import logging
import os
import secrets
import tempfile
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

from picprocure.storage.keys import CHOICES, REFERENCES

logger = logging.getLogger(__name__)

VERSION: Final = b"\x01"
KEY_BYTES: Final = 32
_ID_BYTES: Final = 8
_NONCE_BYTES: Final = 12
HEAD_BYTES: Final = len(VERSION) + _ID_BYTES
OVERHEAD_BYTES: Final = HEAD_BYTES + _NONCE_BYTES + 16

_counts: list[Callable[[], Mapping[bytes, int]]] = []
_stamps: dict[str, tuple[int, int]] = {}  # of the key file, as it was when it was read


class SealingError(Exception):
    """Base of all; no message holds a key or what is sealed."""

    names_nobody = True  # so the log may have it


class MalformedKeys(SealingError):
    """The keys can't be read."""


class MissingKeys(SealingError):
    """There is no key, but stored values were sealed with one. A new key would not open them."""


class WrongKeys(SealingError):
    """Most stored values were sealed with keys that are missing."""


class UnknownKey(SealingError):
    """Something was sealed with a key that is not among those that are here."""


class BrokenSeal(SealingError):
    """The bytes were changed, or belong to another row."""


@dataclass(frozen=True, slots=True)
class Key:
    """One key, named by a hash of itself."""

    id: bytes
    cipher: AESGCM

    @classmethod
    def of(cls, material: bytes) -> Key:
        named = hashlib.sha256(b"picprocure key id" + material).digest()[:_ID_BYTES]
        return cls(id=named, cipher=AESGCM(material))


def seal(plain: bytes, *, context: str) -> bytes:
    """Encrypt bytes so that they open with the same context only, such as ``reference:1:image``."""
    key = _first_key()
    head, nonce = VERSION + key.id, os.urandom(_NONCE_BYTES)
    return head + nonce + key.cipher.encrypt(nonce, plain, head + context.encode())


def unseal(sealed: bytes | memoryview, *, context: str) -> bytes:
    """The plain bytes. Raises UnknownKey or BrokenSeal."""
    sealed = bytes(sealed)  # some databases give a view
    if len(sealed) < OVERHEAD_BYTES or sealed[:1] != VERSION:
        raise BrokenSeal("This is nothing that was sealed.")
    head, nonce = sealed[:HEAD_BYTES], sealed[HEAD_BYTES : HEAD_BYTES + _NONCE_BYTES]
    cipher = _key_of(head).cipher
    try:
        return cipher.decrypt(nonce, sealed[HEAD_BYTES + _NONCE_BYTES :], head + context.encode())
    except InvalidTag:
        raise BrokenSeal("The sealed bytes were changed, or belong to another row.") from None


def try_unseal(sealed: bytes | memoryview, *, context: str) -> bytes | None:
    """Return the plain bytes, or None if none of our keys opens them.

    Treat such a value as missing and compute it again. A single one must never stop the work on
    others. Raises MissingKeys or MalformedKeys, which don't depend on the value.
    """
    try:
        return unseal(sealed, context=context)
    except (UnknownKey, BrokenSeal) as error:
        _say_that_it_does_not_open(context, str(error))
        return None


@lru_cache(maxsize=1_000)  # log each value once, not whenever a page is shown
def _say_that_it_does_not_open(context: str, why: str) -> None:
    logger.warning("The sealed value of %s doesn't open. %s", context, why)


def reseal(sealed: bytes | memoryview, *, context: str) -> bytes | None:
    """Seal a value with the first key. None if it already is, or if none of our keys opens it."""
    if is_sealed_with_first_key(sealed):
        return None
    plain = try_unseal(sealed, context=context)
    return None if plain is None else seal(plain, context=context)


def count_sealed_by(count: Callable[[], Mapping[bytes, int]]) -> None:
    """Register a function that counts stored values by their heads (see `head_of`)."""
    _counts.append(count)


def head_of(sealed: bytes | memoryview) -> bytes:
    """Return the bytes that identify the key of a sealed value; empty if it is not sealed."""
    return bytes(sealed[:HEAD_BYTES]) if bytes(sealed[:1]) == VERSION else b""


def ensure_keys_open_what_is_stored() -> None:
    """Compare the keys with the stored values, before the site starts.

    Raises MissingKeys, MalformedKeys or WrongKeys. A few values that don't open don't stop the
    start, since they are computed again.
    """
    known = {VERSION + key.id for key in _read_again()}
    heads = _stored_heads()
    lost = {head: count for head, count in heads.items() if head not in known}
    of_all, of_lost = sum(heads.values()), sum(lost.values())
    if of_lost > of_all - of_lost:
        most = max(lost, key=lambda head: lost[head])
        raise WrongKeys(
            f"{of_lost} of {of_all} stored faces, face photos and second factors don't open. "
            f"Most were sealed with the key {most[len(VERSION) :].hex()}, which is missing. "
            f"{_way_out()}"
        )
    if of_lost:
        logger.warning("%d of %d sealed values were sealed with missing keys.", of_lost, of_all)


def make_key_file() -> None:
    """Make the key file if there is none, even if sealed values are stored."""
    if not settings.FACE_KEYS and not _file().exists():
        _write_lines([_new_line()], replace=False)


def is_sealed_with_first_key(sealed: bytes | memoryview) -> bool:
    """Whether a rotation has nothing to do here."""
    return bytes(sealed[:HEAD_BYTES]) == VERSION + _first_key().id


def add_key() -> None:
    """Make a new key the first one of the file. Raises MalformedKeys where settings hold them."""
    lines = _changeable_lines()
    _write_lines([_new_line(), *lines])


def drop_old_keys() -> int:
    """Keep the first key of the file only; returns how many went. Raises MalformedKeys."""
    lines = _changeable_lines()
    _write_lines(lines[:1])
    return len(lines) - 1


def _key_of(head: bytes) -> Key:
    """The key that a value names; the file is read again once, as it may have been rotated."""
    key_id = head[len(VERSION) :]
    for keys in (_keys, _read_again):
        for key in keys():
            if key.id == key_id:
                return key
    raise UnknownKey(
        f"Something was sealed with the key {key_id.hex()}, which is not here. Put it back into "
        f"PICPROCURE_FACE_KEYS or {_file()}, after the first one."
    )


def _first_key() -> Key:
    """Of the file as it is now: a running process must not seal with a key that was dropped."""
    return _read_again()[0]


def _keys() -> Sequence[Key]:
    return _parsed(settings.FACE_KEYS or _lines())


def _read_again() -> Sequence[Key]:
    if not settings.FACE_KEYS and _file_changed():
        _lines.cache_clear()
    return _keys()


def _file_changed() -> bool:
    try:
        stamp = _file().stat()
    except FileNotFoundError:
        return True
    return _stamps.get("read") != (stamp.st_ino, stamp.st_mtime_ns)


@lru_cache(maxsize=4)
def _parsed(lines: tuple[str, ...]) -> Sequence[Key]:
    return [Key.of(_material(line)) for line in lines]


def _material(line: str) -> bytes:
    try:
        material = base64.b64decode(line, validate=True)
    except binascii.Error:
        material = b""
    if len(material) != KEY_BYTES:
        raise MalformedKeys(
            f"A key in PICPROCURE_FACE_KEYS or {_file()} is not {KEY_BYTES} bytes in base64."
        )
    return material


def _file() -> Path:
    path: Path = settings.KEYS_DIR / "face-keys"
    return path


def _stored_heads() -> Counter[bytes]:
    heads: Counter[bytes] = Counter()
    for count in _counts:
        heads.update(count())
    return heads


def _ensure_nothing_is_sealed() -> None:
    from picprocure.storage import files  # noqa: PLC0415 -- it has models

    count = sum(_stored_heads().values())
    if not count:
        keys = (key for top in (REFERENCES, CHOICES) for key in files.every_key(top))
        count = sum(1 for key in keys if _is_sealed_object(key))
    if count:
        raise MissingKeys(
            f"The key file {_file()} is missing, but {count} stored faces, face photos and second "
            f"factors were sealed with its keys. {_way_out()}"
        )


def _is_sealed_object(key: str) -> bool:
    """Return whether an object is sealed. Pictures of early versions are not."""
    from picprocure.storage import files  # noqa: PLC0415 -- it has models

    try:
        with files.open_stored(key) as stored:
            return bool(stored.read(1) == VERSION)
    except FileNotFoundError:
        return False


def _way_out() -> str:
    return (
        f"Restore the keys from your copy to {_file()} or PICPROCURE_FACE_KEYS. "
        "If they are lost for good, `picprocure keys give-up` deletes what they sealed."
    )


@lru_cache(maxsize=1)
def _lines() -> tuple[str, ...]:
    """Return the lines of the key file, which is made if there is none and nothing is sealed yet.

    Raises MissingKeys.
    """
    path = _file()
    if not path.exists():
        _ensure_nothing_is_sealed()
        make_key_file()
    with path.open() as file:
        stamp = os.fstat(file.fileno())
        lines = tuple(file.read().split())
    _stamps["read"] = (stamp.st_ino, stamp.st_mtime_ns)
    if not lines:
        raise MalformedKeys(f"{path} is empty. Put its keys back, from where they were kept.")
    return lines


def _changeable_lines() -> list[str]:
    if settings.FACE_KEYS:
        raise MalformedKeys(
            "The keys come from PICPROCURE_FACE_KEYS: change them there, the newest one first."
        )
    _lines.cache_clear()
    return list(_lines())


def _new_line() -> str:
    return base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()


def _write_lines(lines: Sequence[str], *, replace: bool = True) -> None:
    """Write the file in one step, so that a process starting meanwhile finds all of it or none."""
    path = _file()
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, aside = tempfile.mkstemp(dir=path.parent)
    with os.fdopen(handle, "w") as file:
        file.write("\n".join(lines) + "\n")
        file.flush()
        os.fsync(file.fileno())
    if replace:
        Path(aside).replace(path)
    else:
        with contextlib.suppress(FileExistsError):  # another process was faster: its key counts
            os.link(aside, path)
        Path(aside).unlink()
    _lines.cache_clear()
