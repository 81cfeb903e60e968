"""Find or install a Chromium for the browser tests: this machine's, Debian's or Playwright's."""

from __future__ import annotations

import os
import platform
import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from machine.errors import NotReadyError
from machine.places import VENV_PYTHON
from machine.talk import run, say, tail, timed

SETTING = "PICPROCURE_BROWSER"
HEADLESS_SHELL = "chromium-headless-shell"  # Chromium without windows: the tests take half the time
NAMES = (
    HEADLESS_SHELL,
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
)
MAC_APPS = (
    "Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "Applications/Chromium.app/Contents/MacOS/Chromium",
)
PLAYWRIGHTS_OWN = ""
TRY_PLAYWRIGHTS_OWN = (
    "from playwright.sync_api import sync_playwright as playwright\n"
    "with playwright() as p: p.chromium.launch(chromium_sandbox=False).close()"
)


def prepare_browser() -> None:
    """Print the path of a Chromium that runs, or an empty line for Playwright's own."""
    print(find_browser(os.environ) or install_browser())


def find_browser(
    env: Mapping[str, str],
    which: Callable[[str], str | None] = shutil.which,
    roots: tuple[Path, ...] = (Path("/"), Path.home()),
    runs: Callable[[str], bool] | None = None,
) -> str | None:
    """Return the browser that the environment names, or the first on this machine that starts."""
    runs = runs or answers_version
    asked = env.get(SETTING)
    if asked:
        if not runs(asked):
            raise NotReadyError(
                f"{SETTING} is {asked!r}, which does not start. Name a Chromium or Chrome that"
                f" does, or unset {SETTING}."
            )
        return asked
    return next(filter(runs, _candidates(which, roots)), None)


def _candidates(which: Callable[[str], str | None], roots: tuple[Path, ...]) -> Iterator[str]:
    yield from filter(None, map(which, NAMES))
    yield from (str(root / app) for root in roots for app in MAC_APPS if (root / app).is_file())


def answers_version(browser: str) -> bool:
    """Return whether a browser starts. Ubuntu's chromium-browser may only ask to install one."""
    try:
        return run([browser, "--version"])[0]
    except OSError:
        return False


def install_browser() -> str:
    """Install a browser that needs no permission. Return its path, or that of Playwright's own."""
    if may_install_debians():
        _install_debians()
        found = find_browser(os.environ)
        if found:
            return found
    _install_playwrights()
    return PLAYWRIGHTS_OWN


def may_install_debians() -> bool:
    return os.geteuid() == 0 and shutil.which("apt-get") is not None and _distribution() == "debian"


def _distribution() -> str:
    try:
        return platform.freedesktop_os_release()["ID"]
    except OSError:
        return ""


def _install_debians() -> None:
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    install = ["apt-get", "install", "-y", "--no-install-recommends"]
    with timed("Installing Debian's chromium for the browser tests"):
        run(["apt-get", "update", "-qq"], env)
        succeeded, output = run([*install, HEADLESS_SHELL], env)
        if not succeeded:  # older packages have no such part
            succeeded, output = run([*install, "chromium"], env)
    if not succeeded:
        say(f"That failed:\n{tail(output)}")


def _install_playwrights() -> None:
    """Install Playwright's own browser, unless it is installed."""
    succeeded, output = run([VENV_PYTHON, "-m", "playwright", "install", "chromium"])
    if succeeded:
        succeeded, output = run([VENV_PYTHON, "-c", TRY_PLAYWRIGHTS_OWN])
    if not succeeded:
        raise NotReadyError(
            "The browser tests need Chromium or Chrome, and none could be set up. Run this, then"
            f" try again:\n  {command_to_run(platform.system(), _distribution())}\n{tail(output)}"
        )


def command_to_run(system: str, distribution: str) -> str:
    """Return the command that installs a browser on this kind of machine."""
    if system == "Darwin":
        return "brew install --cask google-chrome"
    return {
        "debian": f"sudo apt-get install {HEADLESS_SHELL}",
        "fedora": "sudo dnf install chromium",
        "arch": "sudo pacman -S chromium",
        "opensuse-tumbleweed": "sudo zypper install chromium",
    }.get(distribution, ".venv/bin/playwright install --with-deps chromium")
