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
import os
import secrets
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

VERSION: Final = b"\x01"
KEY_BYTES: Final = 32
_ID_BYTES: Final = 8
_NONCE_BYTES: Final = 12
_HEAD_BYTES: Final = len(VERSION) + _ID_BYTES
OVERHEAD_BYTES: Final = _HEAD_BYTES + _NONCE_BYTES + 16

_stamps: dict[str, tuple[int, int]] = {}  # of the key file, as it was when it was read


class SealingError(Exception):
    """Base of all; no message holds a key or what is sealed."""

    names_nobody = True  # so the log may have it


class MalformedKeys(SealingError):
    """The keys can't be read."""


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
    head, nonce = sealed[:_HEAD_BYTES], sealed[_HEAD_BYTES : _HEAD_BYTES + _NONCE_BYTES]
    cipher = _key_of(head).cipher
    try:
        return cipher.decrypt(nonce, sealed[_HEAD_BYTES + _NONCE_BYTES :], head + context.encode())
    except InvalidTag:
        raise BrokenSeal("The sealed bytes were changed, or belong to another row.") from None


def is_sealed_with_first_key(sealed: bytes | memoryview) -> bool:
    """Whether a rotation has nothing to do here."""
    return bytes(sealed[:_HEAD_BYTES]) == VERSION + _first_key().id


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


@lru_cache(maxsize=1)
def _lines() -> tuple[str, ...]:
    """The keys of the file, which is made when there is none."""
    path = _file()
    if not path.exists():
        _write_lines([_new_line()], replace=False)
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
