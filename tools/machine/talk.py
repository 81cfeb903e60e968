"""Print messages, and run other programs quietly unless they fail."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from machine.places import ROOT

TAIL_LINES = 15


def say(message: str) -> None:
    print(message, file=sys.stderr, flush=True)


@contextmanager
def timed(work: str) -> Iterator[None]:
    """Announce a piece of work, and print how long it took when it is done."""
    say(f"{work} …")
    start = time.monotonic()
    yield
    say(f"  done in {time.monotonic() - start:.0f} s")


def run(command: Sequence[str | Path], env: Mapping[str, str] | None = None) -> tuple[bool, str]:
    """Run a program in the checkout, without input.

    Returns:
        Whether it succeeded, and its output.
    """
    process = subprocess.run(
        [str(part) for part in command],
        cwd=ROOT,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
    return process.returncode == 0, process.stdout


def tail(output: str) -> str:
    """Return the last lines of a program's output, indented, to show them below a message."""
    lines = [line for line in output.splitlines() if line.strip()]
    return "\n".join(f"    {line}" for line in lines[-TAIL_LINES:])


def fingerprint(*files: Path) -> str:
    """Return one SHA-256 for the contents of all files."""
    digest = hashlib.sha256()
    for file in files:
        content = file.read_bytes()
        digest.update(len(content).to_bytes(8, "big") + content)
    return digest.hexdigest()
