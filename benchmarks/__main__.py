"""Run all benchmarks: `make bench`, or `python benchmarks [NAME ...] [--full]`.

    make bench                                  a quick look at everything, some ten minutes
    make bench ARGS='embedding clustering'      some of it
    make bench ARGS=--full                      as in docs/performance.md, some two hours

Detection needs labeled group photos, and delivery needs single-face crops: `counts` and `lfw` in
the folder that PICPROCURE_TEST_PHOTOS names. Without them, these benchmarks are left out. The
output consists of tables for docs/performance.md.
"""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import sys
import time
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Final

HERE: Final = Path(__file__).parent
PHOTOS_VARIABLE: Final = "PICPROCURE_TEST_PHOTOS"
PACKAGES: Final = ("dlib-bin", "onnxruntime", "numpy", "pillow")
BUSY: Final = 0.3
"""If other processes keep at least so many cores busy, times mean little."""


@dataclass(frozen=True, slots=True)
class Run:
    """A call of a script.

    Attributes:
        script: The name of the script.
        quick: Its arguments in a quick run. Without them, it is left out.
        full: Its arguments in a full run. Without them, it is left out.
        photos: The labeled folder that is its first argument.
        wants_models: Whether it takes the folder of models.
    """

    script: str
    quick: str | None
    full: str | None
    photos: str | None = None
    wants_models: bool = True


RUNS: Final = (
    Run("embedding", "--rounds 8", "--rounds 20", wants_models=False),
    Run(
        "clustering",
        "--faces 1000 5000 20000 50000 --dlib-up-to 5000",
        "--dlib-up-to 50000",
        wants_models=False,
    ),
    Run("detection", "", "", photos="counts"),
    Run("uploads", "--count 15 --fill 300", "", wants_models=False),
    Run("web_requests", "--visitors 1 20 --seconds 2", "", wants_models=False),
    Run("web_requests", None, "--postgres", wants_models=False),
    Run("whole_event", "--rounds 2", "--rounds 5 --ways auto:2 auto:1 hog:2 hog:1"),
    Run(
        "whole_event",
        None,
        "--sizes 12MP --ways auto:2 --rounds 1 --event-photos 200 --without-package",
    ),
    Run("photo_cost", "--rounds 1", "--rounds 5 --detectors auto hog"),
    Run("borrowed_faces", None, "--registrants 50 200 800", photos="lfw"),
    Run("delivery", "--events 30/40 80/300 --seeds 2 --part b", None, photos="lfw"),
    Run(
        "delivery",
        None,
        "--events 6/0x5 30/40 80/300 80/300x3 80/300x5 --seeds 10 --part b "
        "--detectors yunet centerface",
        photos="lfw",
    ),
    Run(
        "delivery",
        None,
        "--events 30/40 80/300 --seeds 5 --part b --detectors hog original",
        photos="lfw",
    ),
    Run("delivery", None, "--events 190/1800 190/1800x3 190/1800x5 --seeds 3", photos="lfw"),
    Run("delivery", None, "--events 190/1800 --seeds 2 --detectors hog original", photos="lfw"),
    Run("hard_events", None, "", photos="lfw"),
    Run("attacks", None, "", photos="lfw"),
)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(names()))
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--models", type=Path, default=HERE.parent / "var/models")
    options = parser.parse_args()
    if unknown := set(options.names) - set(names()):
        parser.error(f"there is no {', '.join(sorted(unknown))}; there are {', '.join(names())}")
    print_machine()
    for run in RUNS:
        if not options.names or run.script in options.names:
            execute(run, full=options.full, models=options.models)


def names() -> list[str]:
    return list(dict.fromkeys(run.script for run in RUNS))


def execute(run: Run, *, full: bool, models: Path) -> None:
    arguments = run.full if full else run.quick
    if arguments is None:
        return
    command = [sys.executable, str(HERE / f"{run.script}.py")]
    if run.photos:
        folder = labeled_photos(run.photos)
        if folder is None:
            say(f"\n{run.script} is left out: {PHOTOS_VARIABLE} names no folder with {run.photos}")
            return
        command.append(str(folder))
    command += arguments.split()
    command += ["--models", str(models)] if run.wants_models else []
    say(f"\n## {run.script} {arguments}".rstrip() + "\n")
    start = time.perf_counter()
    subprocess.run(command, check=True)
    say(f"\n({time.perf_counter() - start:.0f} s)")


def labeled_photos(name: str) -> Path | None:
    root = os.environ.get(PHOTOS_VARIABLE)
    folder = Path(root, name) if root else None
    return folder if folder and folder.is_dir() else None


def print_machine() -> None:
    say(f"{processor()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    say(", ".join(f"{name} {version(name)}" for name in PACKAGES))
    settings = [f"{name}={value}" for name, value in os.environ.items() if "BLAS" in name]
    if settings:
        say(f"Set, and NumPy's products depend on it: {', '.join(settings)}")
    busy = os.getloadavg()[0]
    if busy > BUSY:
        say(f"Other processes keep {busy:.1f} cores busy, so only the ratios mean something.")


def processor() -> str:
    """Return the name of the processor and, on Linux, whether it has AVX-512."""
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="ascii")
    except OSError:
        return platform.processor() or platform.machine()
    facts = dict(line.split(":", 1) for line in text.splitlines() if ":" in line)
    about = {name.strip(): value.strip() for name, value in facts.items()}
    avx512 = "with" if "avx512f" in about.get("flags", "") else "without"
    return f"{about.get('model name', platform.machine())} {avx512} AVX-512"


def say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    main()
