from __future__ import annotations

from pathlib import Path

import pytest

from machine.browser import NAMES, command_to_run, find_browser
from machine.errors import NotReadyError

CHROME_APP = "Applications/Google Chrome.app/Contents/MacOS/Google Chrome"


def every(_browser: str) -> bool:
    return True


def no(_name: str) -> None:
    return None


def test_the_browser_asked_for_comes_first() -> None:
    env = {"PICPROCURE_BROWSER": "/opt/chrome"}

    assert find_browser(env, which="/usr/bin/{}".format, runs=every) == "/opt/chrome"


def test_a_browser_asked_for_that_does_not_start_is_named() -> None:
    env = {"PICPROCURE_BROWSER": "/opt/chrome"}

    with pytest.raises(NotReadyError, match="'/opt/chrome', which does not start"):
        find_browser(env, which="/usr/bin/{}".format, runs=lambda path: path != "/opt/chrome")


def test_a_stub_that_does_not_start_is_passed_over() -> None:
    stub = "/usr/bin/chromium-browser"
    installed = {"chromium-browser": stub, "google-chrome": "/usr/bin/google-chrome"}

    found = find_browser({}, which=installed.get, roots=(), runs=lambda path: path != stub)
    assert found == "/usr/bin/google-chrome"


@pytest.mark.parametrize("name", NAMES)
def test_each_usual_name_is_found(name: str) -> None:
    found = find_browser({}, which={name: f"/usr/bin/{name}"}.get, roots=(), runs=every)
    assert found == f"/usr/bin/{name}"


def test_chrome_is_found_among_the_applications_of_a_mac(tmp_path: Path) -> None:
    app = tmp_path / CHROME_APP
    app.parent.mkdir(parents=True)
    app.touch()

    assert find_browser({}, which=no, roots=(tmp_path,), runs=every) == str(app)


def test_no_browser_is_none(tmp_path: Path) -> None:
    assert find_browser({}, which=no, roots=(tmp_path,), runs=every) is None


@pytest.mark.parametrize(
    ("system", "distribution", "command"),
    [
        ("Linux", "debian", "sudo apt-get install chromium-headless-shell"),
        ("Linux", "ubuntu", ".venv/bin/playwright install --with-deps chromium"),
        ("Darwin", "", "brew install --cask google-chrome"),
    ],
)
def test_one_command_is_named(system: str, distribution: str, command: str) -> None:
    assert command_to_run(system, distribution) == command
