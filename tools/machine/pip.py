"""Install packages that a lock names with the environment's pip, and explain its errors."""

from __future__ import annotations

from pathlib import Path

from machine.errors import NotReadyError
from machine.places import ROOT, VENV_PYTHON
from machine.platforms import Platform
from machine.talk import run, tail

OFFLINE = (
    "name resolution",
    "nodename nor servname",
    "NewConnectionError",
    "Network is unreachable",
    "ConnectTimeoutError",
    "Read timed out",
    "Cannot connect to proxy",
)


def install(lock: Path) -> None:
    """Install the packages of a lock, which must have a hash for each file. Compile nothing."""
    options = ("--require-hashes", "--only-binary=:all:", "--requirement", lock)
    _pip("install", *options, doing=f"install {_relative(lock)}")


def install_checkout() -> None:
    """Install this checkout itself, editable, with the locked setuptools."""
    options = ("--no-deps", "--no-build-isolation", "--editable", ROOT)
    _pip("install", *options, doing="install PicProcure itself")


def download_source(lock: Path, destination: Path) -> None:
    """Fetch the source distributions that a lock names.

    pip runs setup.py of each one to read its metadata. It uses the locked setuptools, so that it
    fetches nothing else.
    """
    options = ("--require-hashes", "--no-deps", "--no-binary=:all:", "--no-build-isolation")
    places = ("--dest", destination, "--requirement", lock)
    _pip("download", *options, *places, doing=f"fetch {_relative(lock)}")


def _pip(subcommand: str, *arguments: str | Path, doing: str) -> None:
    options = ("--quiet", "--no-input", "--disable-pip-version-check")
    succeeded, output = run([VENV_PYTHON, "-m", "pip", subcommand, *options, *arguments])
    if not succeeded:
        raise NotReadyError(
            f"pip could not {doing}. {explain(output, Platform.here())}\n{tail(output)}"
        )


def explain(output: str, here: Platform) -> str:
    """Return what the output of a failed pip means, and what to do about it."""
    if any(sign in output for sign in OFFLINE):
        return (
            "The package index can't be reached. Is this machine online?"
            " Behind a proxy, set HTTPS_PROXY and try again."
        )
    if "CERTIFICATE_VERIFY_FAILED" in output:
        return (
            "The package index shows a certificate that this machine doesn't trust."
            " Behind a company proxy, set PIP_CERT to its certificate file and try again."
        )
    if "DO NOT MATCH THE HASHES" in output:
        return (
            "What was downloaded is not what the lock names, so nothing of it was installed."
            " Try once more; if it stays so, something between here and the package index"
            " alters files."
        )
    if "No space left on device" in output:
        return "The disk is full; an environment needs about 1 GB."
    if "No matching distribution found" in output:
        return (
            f"There is no ready-made build for this machine ({here})."
            " PicProcure runs with Python 3.11 to 3.14 on Linux (x86_64 or aarch64, glibc 2.28 or"
            " newer) and on macOS 14 or newer with Apple silicon."
        )
    return "Its last words:"


def _relative(lock: Path) -> str:
    return str(lock.relative_to(ROOT))
