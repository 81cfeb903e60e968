"""Sealing: what is stored of faces is encrypted, each value bound to the row it belongs to.

A sealed value is one version byte, the key's id (8 bytes), a nonce (12 bytes) and what AES-256-GCM
makes of the plain bytes; version, key id and the caller's context are authenticated with them. A
value that was moved to another row doesn't open there.

The keys are the operator's: `PICPROCURE_FACE_KEYS`, or a file beside the data folder, never in it.
The first of them seals, all of them open.
"""

from __future__ import annotations

import base64
import codecs
import hashlib
import logging
import os
import secrets
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

from picprocure.storage.keys import CHOICES, REFERENCES
from picprocure.system.atomic_files import create_atomically, write_atomically

logger = logging.getLogger(__name__)

VERSION: Final = b"\x01"
KEY_BYTES: Final = 32
_ID_BYTES: Final = 8
_NONCE_BYTES: Final = 12
HEAD_BYTES: Final = len(VERSION) + _ID_BYTES
OVERHEAD_BYTES: Final = HEAD_BYTES + _NONCE_BYTES + 16

_counts: list[Callable[[], Mapping[bytes, int]]] = []
_MAX_BYTES: Final = 1024 * 1024  # of the key file


class SealingError(Exception):
    """Base of all; no message holds a key or what is sealed."""

    is_safe_to_log = True  # the message contains no personal data


class UnusableKeys(SealingError):
    """The keys can't be used now, whatever the value. The operator has to restore them."""


class MalformedKeys(UnusableKeys):
    """The keys can't be read."""


class MissingKeys(UnusableKeys):
    """There is no key, but stored values were sealed with one. A new key would not open them."""


class WrongKeys(UnusableKeys):
    """Most stored values were sealed with keys that are missing."""


class SealedForGood(SealingError):
    """A value doesn't open. Treat it as missing."""


class UnknownKey(SealedForGood):
    """Something was sealed with a key that is not among those that are here."""


class BrokenSeal(SealedForGood):
    """The bytes were changed, or belong to another row."""


_Stamp = tuple[int, int, int]  # of a file: its number, time and size


@dataclass(frozen=True, slots=True)
class _KeyFile:
    """A key file as it was when it was read."""

    lines: tuple[str, ...]
    stamp: _Stamp
    is_compared: bool = False  # with what is stored


_read: dict[Path, _KeyFile] = {}


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
    """Encrypt bytes so that they open with the same context only, such as ``reference:1:image``.

    Raises UnusableKeys.
    """
    key = _first_key()
    head, nonce = VERSION + key.id, os.urandom(_NONCE_BYTES)
    return head + nonce + key.cipher.encrypt(nonce, plain, head + context.encode())


def unseal(sealed: bytes | memoryview, *, context: str) -> bytes:
    """The plain bytes. Raises UnknownKey, BrokenSeal or UnusableKeys."""
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
    others. Raises UnusableKeys, which doesn't depend on the value.
    """
    try:
        return unseal(sealed, context=context)
    except SealedForGood as error:
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
    if settings.FACE_KEYS:
        _ensure_they_open_most(_parsed(settings.FACE_KEYS))
    else:
        _take_up(_file_now())


def key_problem() -> str:
    """Return a message for the operator if the keys can't be used now, or an empty string."""
    try:
        _read_again()
    except UnusableKeys as problem:
        return str(problem)
    return ""


def _ensure_they_open_most(keys: Sequence[Key]) -> None:
    known = {VERSION + key.id for key in keys}
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


def accept_key_file() -> None:
    """Use the key file whatever it opens. Make it if there is none.

    Raises MalformedKeys.
    """
    if not settings.FACE_KEYS:
        _make_key_file()
        _read[_file()] = replace(_file_now(), is_compared=True)


def _make_key_file() -> None:
    if not _file().exists():
        _write_lines([_new_line()], over=False)


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
    """Return the keys as they were read last, also while the file is missing or wrong."""
    if settings.FACE_KEYS:
        return _parsed(settings.FACE_KEYS)
    if _file() not in _read:
        _read[_file()] = _file_now()
    return _parsed(_read[_file()].lines)


def _read_again() -> Sequence[Key]:
    """Return the keys of the file as it is now. If it changed, compare it with what is stored."""
    if settings.FACE_KEYS:
        return _parsed(settings.FACE_KEYS)
    read = _read.get(_file())
    if read and read.is_compared and read.stamp == _stamp_now():
        return _parsed(read.lines)
    return _take_up(_file_now())


def _take_up(file: _KeyFile) -> Sequence[Key]:
    keys = _parsed(file.lines)
    _ensure_they_open_most(keys)
    _read[_file()] = replace(file, is_compared=True)
    return keys


def _stamp_now() -> _Stamp | None:
    try:
        return _stamp_of(_file().stat())
    except OSError:
        return None


def _stamp_of(status: os.stat_result) -> _Stamp:
    return status.st_ino, status.st_mtime_ns, status.st_size


@lru_cache(maxsize=4)
def _parsed(lines: tuple[str, ...]) -> Sequence[Key]:
    return [Key.of(_material(line)) for line in lines]


def _material(line: str) -> bytes:
    try:
        material = base64.b64decode(line, validate=True)
    except ValueError:  # of base64, or other characters than ASCII
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


def _file_now() -> _KeyFile:
    """Read the key file, which is made if there is none and nothing is sealed yet.

    Raises MissingKeys or MalformedKeys.
    """
    path = _file()
    try:
        if not path.exists():
            _ensure_nothing_is_sealed()
            _make_key_file()
        with path.open("rb") as file:
            stamp, content = _stamp_of(os.fstat(file.fileno())), file.read(_MAX_BYTES)
    except OSError as problem:
        raise MalformedKeys(
            f"The key file {path} can't be read or created: {problem.strerror}. {_way_out()}"
        ) from problem
    return _KeyFile(lines=_lines_in(content), stamp=stamp)


def _lines_in(content: bytes) -> tuple[str, ...]:
    path = _file()
    if content.startswith((codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise MalformedKeys(
            f"The key file {path} begins with a byte order mark. Save it as plain text (ASCII)."
        )
    if not content.isascii():
        raise MalformedKeys(f"The key file {path} is not a text file with keys. {_way_out()}")
    lines = tuple(content.decode("ascii").split())
    if not lines:
        raise MalformedKeys(f"The key file {path} is empty. {_way_out()}")
    return lines


def _changeable_lines() -> list[str]:
    if settings.FACE_KEYS:
        raise MalformedKeys(
            "The keys come from PICPROCURE_FACE_KEYS: change them there, the newest one first."
        )
    return list(_file_now().lines)


def _new_line() -> str:
    return base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()


def _write_lines(lines: Sequence[str], *, over: bool = True) -> None:
    """Write the file. Unless ``over``, a file that another process just wrote is kept."""
    path = _file()
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    content = ("\n".join(lines) + "\n").encode()
    if over:
        write_atomically(path, content, is_durable=True)
    else:
        create_atomically(path, content)
    _read.pop(path, None)
