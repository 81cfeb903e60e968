"""Sealing: encryption of stored values, each bound to its row.

A sealed value is a version byte, the key's id (8 bytes), a nonce (12 bytes) and the output of
AES-256-GCM. Version, key id and the caller's context are authenticated, so a value that was moved
to another row can't be opened there.

The operator's keys are in `PICPROCURE_FACE_KEYS`, or in a file beside the data folder, never in it.
The first key seals values, and all keys open them.
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

from picprocure.storage.errors import (
    BrokenSeal,
    MalformedKeys,
    MissingKeys,
    SealedForGood,
    UnknownKey,
    UnusableKeys,
    WrongKeys,
)
from picprocure.storage.keys import CHOICES, REFERENCES
from picprocure.system.atomic_files import create_atomically, write_atomically

logger = logging.getLogger(__name__)

VERSION: Final = b"\x01"
KEY_BYTES: Final = 32
_ID_BYTES: Final = 8
_NONCE_BYTES: Final = 12
HEAD_BYTES: Final = len(VERSION) + _ID_BYTES
OVERHEAD_BYTES: Final = HEAD_BYTES + _NONCE_BYTES + 16
STAMP_BYTES: Final = HEAD_BYTES + _NONCE_BYTES
"""So many first bytes are never the same for two sealed values, since the nonce is random."""

_counts: list[Callable[[], Mapping[bytes, int]]] = []
_MAX_BYTES: Final = 1024 * 1024  # of the key file


_Stamp = tuple[int, int, int]  # the inode, modification time and size of a file


@dataclass(frozen=True, slots=True)
class _KeyFile:
    """The content of a key file when it was read."""

    lines: tuple[str, ...]
    stamp: _Stamp
    is_checked: bool = False  # against the stored values


_read: dict[Path, _KeyFile] = {}
"""Key files by their folders. Every value that is opened needs one, and making a path is slow."""


@dataclass(frozen=True, slots=True)
class Key:
    """A key, whose id is a hash of it."""

    id: bytes
    cipher: AESGCM

    @classmethod
    def of(cls, material: bytes) -> Key:
        key_id = hashlib.sha256(b"picprocure key id" + material).digest()[:_ID_BYTES]
        return cls(id=key_id, cipher=AESGCM(material))


def seal(plain: bytes, *, context: str) -> bytes:
    """Encrypt bytes with the first key.

    Args:
        plain: The bytes to encrypt.
        context: The name of the value and its row, such as `reference:1:image`. The sealed value
            can be opened only with the same context.

    Raises:
        UnusableKeys: The operator has to restore the keys.
    """
    key = _first_key()
    head, nonce = VERSION + key.id, os.urandom(_NONCE_BYTES)
    return head + nonce + key.cipher.encrypt(nonce, plain, head + context.encode())


def unseal(sealed: bytes | memoryview, *, context: str) -> bytes:
    """Return the plain bytes of a sealed value.

    Raises:
        UnknownKey: The value was sealed with a missing key.
        BrokenSeal: The value was changed, or was sealed with another context.
        UnusableKeys: The operator has to restore the keys.
    """
    sealed = bytes(sealed)  # some databases return a view
    if len(sealed) < OVERHEAD_BYTES or sealed[:1] != VERSION:
        raise BrokenSeal("This is nothing that was sealed.")
    head, nonce = sealed[:HEAD_BYTES], sealed[HEAD_BYTES : HEAD_BYTES + _NONCE_BYTES]
    cipher = _key_of(head).cipher
    try:
        return cipher.decrypt(nonce, sealed[HEAD_BYTES + _NONCE_BYTES :], head + context.encode())
    except InvalidTag:
        raise BrokenSeal("The sealed bytes were changed, or belong to another row.") from None


def try_unseal(sealed: bytes | memoryview, *, context: str) -> bytes | None:
    """Return the plain bytes of a sealed value, or None if no key opens it.

    Treat a value that doesn't open as missing, and compute it again. One such value must not stop
    the work on others.

    Raises:
        UnusableKeys: The operator has to restore the keys.
    """
    try:
        return unseal(sealed, context=context)
    except SealedForGood as error:
        _log_unopened(context, str(error))
        return None


@lru_cache(maxsize=1_000)  # log each value once, not each time a page is displayed
def _log_unopened(context: str, reason: str) -> None:
    logger.warning("The sealed value of %s doesn't open. %s", context, reason)


def reseal(sealed: bytes | memoryview, *, context: str) -> bytes | None:
    """Seal a value with the first key.

    Returns:
        None if the value is sealed with the first key already, or if no key opens it.
    """
    if is_sealed_with_first_key(sealed):
        return None
    plain = try_unseal(sealed, context=context)
    return None if plain is None else seal(plain, context=context)


def register_sealed_count(count: Callable[[], Mapping[bytes, int]]) -> None:
    """Register a function that counts sealed values by their heads (see `head_of`)."""
    _counts.append(count)


def head_of(sealed: bytes | memoryview) -> bytes:
    """Return the bytes that identify the key of a sealed value, empty if it is not sealed."""
    return bytes(sealed[:HEAD_BYTES]) if bytes(sealed[:1]) == VERSION else b""


def is_key_known(head: bytes) -> bool:
    """Return whether there is a key for values with these first bytes (see `head_of`).

    Raises:
        UnusableKeys: The operator has to restore the keys.
    """
    try:
        _key_of(head)
    except UnknownKey:
        return False
    return True


def ensure_usable_keys() -> None:
    """Check the keys against the stored values, before the site starts.

    A few values that don't open are accepted, since they are computed again.

    Raises:
        MissingKeys: There is no key, but there are sealed values.
        MalformedKeys: The keys can't be read.
        WrongKeys: The keys open less than half of the sealed values.
    """
    if settings.FACE_KEYS:
        _ensure_most_values_open(_parse(settings.FACE_KEYS))
    else:
        _use(_read_key_file())


def key_problem() -> str:
    """Return a message for the operator if the keys can't be used, or an empty string."""
    try:
        _read_again()
    except UnusableKeys as problem:
        return str(problem)
    return ""


def _ensure_most_values_open(keys: Sequence[Key]) -> None:
    known_heads = {VERSION + key.id for key in keys}
    counts = _stored_heads()
    unopened = {head: count for head, count in counts.items() if head not in known_heads}
    total, total_unopened = sum(counts.values()), sum(unopened.values())
    if total_unopened > total - total_unopened:
        most_common = max(unopened, key=lambda head: unopened[head])
        raise WrongKeys(
            f"{total_unopened} of {total} stored faces, face photos and second factors don't open. "
            f"Most were sealed with the key {most_common[len(VERSION) :].hex()}, which is missing. "
            f"{_way_out()}"
        )
    if total_unopened:
        logger.warning(
            "%d of %d sealed values were sealed with missing keys.", total_unopened, total
        )


def accept_key_file() -> None:
    """Use the key file without checking it against the stored values. Create it if needed.

    Raises:
        MalformedKeys: The key file can't be read.
    """
    if not settings.FACE_KEYS:
        _create_key_file()
        _read[settings.KEYS_DIR] = replace(_read_key_file(), is_checked=True)


def _create_key_file() -> None:
    """Create the key file, unless there is one."""
    if not _file().exists():
        _write_lines([_new_line()], overwrite=False)


def is_sealed_with_first_key(sealed: bytes | memoryview) -> bool:
    """Return whether a value needs no rotation."""
    return bytes(sealed[:HEAD_BYTES]) == VERSION + _first_key().id


def add_key() -> None:
    """Insert a new key as the first key of the file.

    Raises:
        MalformedKeys: The keys are in the settings, or the file can't be read.
    """
    lines = _changeable_lines()
    _write_lines([_new_line(), *lines])


def drop_old_keys() -> int:
    """Remove all keys of the file except the first one.

    Returns:
        The number of removed keys.

    Raises:
        MalformedKeys: The keys are in the settings, or the file can't be read.
    """
    lines = _changeable_lines()
    _write_lines(lines[:1])
    return len(lines) - 1


def _key_of(head: bytes) -> Key:
    """Return the key that a value was sealed with.

    If it isn't known, the file is read again, since another process may have rotated the keys.

    Raises:
        UnknownKey: The key is missing.
    """
    key_id = head[len(VERSION) :]
    for read_keys in (_keys, _read_again):
        for key in read_keys():
            if key.id == key_id:
                return key
    raise UnknownKey(
        f"Something was sealed with the key {key_id.hex()}, which is not here. Put it back into "
        f"PICPROCURE_FACE_KEYS or {_file()}, after the first one."
    )


def _first_key() -> Key:
    """Return the first key in the current file, so that no value is sealed with a removed key."""
    return _read_again()[0]


def _keys() -> Sequence[Key]:
    """Return the keys as they were last read, even if the file is missing or wrong now."""
    if settings.FACE_KEYS:
        return _parse(settings.FACE_KEYS)
    last_read = _read.get(settings.KEYS_DIR)
    if last_read is None:
        last_read = _read[settings.KEYS_DIR] = _read_key_file()
    return _parse(last_read.lines)


def _read_again() -> Sequence[Key]:
    """Return the keys in the current file. If it has changed, check it against stored values."""
    if settings.FACE_KEYS:
        return _parse(settings.FACE_KEYS)
    last_read = _read.get(settings.KEYS_DIR)
    if last_read and last_read.is_checked and last_read.stamp == _current_stamp():
        return _parse(last_read.lines)
    return _use(_read_key_file())


def _use(file: _KeyFile) -> Sequence[Key]:
    """Check the keys of a file against stored values, and use them from now on."""
    keys = _parse(file.lines)
    _ensure_most_values_open(keys)
    _read[settings.KEYS_DIR] = replace(file, is_checked=True)
    return keys


def _current_stamp() -> _Stamp | None:
    try:
        return _stamp_of(_file().stat())
    except OSError:
        return None


def _stamp_of(status: os.stat_result) -> _Stamp:
    return status.st_ino, status.st_mtime_ns, status.st_size


@lru_cache(maxsize=4)
def _parse(lines: tuple[str, ...]) -> Sequence[Key]:
    return [Key.of(_material(line)) for line in lines]


def _material(line: str) -> bytes:
    try:
        material = base64.b64decode(line, validate=True)
    except ValueError:  # not base64, or not ASCII
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
    """Count all sealed values in the database by their heads."""
    heads: Counter[bytes] = Counter()
    for count in _counts:
        heads.update(count())
    return heads


def _ensure_nothing_is_sealed() -> None:
    """Check that a new key can be created.

    Raises:
        MissingKeys: There are sealed values.
    """
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
    """Return whether an object is sealed. Early versions stored pictures without sealing."""
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


def _read_key_file() -> _KeyFile:
    """Read the key file. Create it if there is none and no value is sealed yet.

    Raises:
        MissingKeys: There is no file, but there are sealed values.
        MalformedKeys: The file can't be read or created.
    """
    path = _file()
    try:
        if not path.exists():
            _ensure_nothing_is_sealed()
            _create_key_file()
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
    return list(_read_key_file().lines)


def _new_line() -> str:
    return base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()


def _write_lines(lines: Sequence[str], *, overwrite: bool = True) -> None:
    """Write the key file.

    Args:
        lines: The keys.
        overwrite: If false, a file that another process has just written is kept.
    """
    path = _file()
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    content = ("\n".join(lines) + "\n").encode()
    if overwrite:
        write_atomically(path, content, is_durable=True)
    else:
        create_atomically(path, content)
    _read.pop(settings.KEYS_DIR, None)
