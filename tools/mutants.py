"""Look for changes in the code that decides who gets a photo, which no test notices.

    python tools/mutants.py [access] [admission] [matching] [--sample N] [--only WORD]

Each mutant has one small change. It is killed if a test fails. Read each one that survives: a test
is missing, the changed code does nothing, or the change means the same. With ``--sample``, only so
many mutants of each target are tried, always the same ones. With ``--only``, these are the ones
whose function or change has this word.
"""

from __future__ import annotations

import argparse
import random
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass

import pytest

from machine.places import ROOT
from machine.talk import say
from mutation.changes import mutants_of
from mutation.runner import Mutant, MutationRun, Outcome
from picprocure.system.cores import usable_cores

SEED = 1


@dataclass(frozen=True)
class Target:
    """Files to change, as a pattern below ``src``, and the tests that must notice."""

    files: str
    tests: tuple[str, ...]


TARGETS = {
    "access": Target(
        "picprocure/galleries/access.py",
        (
            "tests/galleries/test_access.py",
            "tests/galleries/test_event_rule.py",
            "tests/web/events/test_ended.py",
        ),
    ),
    "admission": Target(
        "picprocure/recognition/admission.py",
        ("tests/recognition/test_admission.py", "tests/galleries/test_access.py"),
    ),
    "matching": Target(
        "picprocure/faces/matching/*.py",
        (
            "tests/faces/matching",
            "tests/faces/test_sorting.py",
            "--deselect=tests/faces/test_sorting.py::"
            "test_sorting_a_large_event_holds_no_more_than_a_few_copies_of_its_faces",
        ),
    ),
}


def mutants_for(target: Target, only: str) -> list[Mutant]:
    """Return the mutants of a target that have this word."""
    source = ROOT / "src"
    mutants = [
        mutant
        for path in sorted(source.glob(target.files))
        for mutant in mutants_of(path, ".".join(path.relative_to(source).with_suffix("").parts))
    ]
    return [mutant for mutant in mutants if only in str(mutant)]


def try_target(name: str, *, sample: int | None, only: str) -> int:
    """Try the mutants of a target and say what became of them; return the exit status."""
    target = TARGETS[name]
    mutants = mutants_for(target, only)
    chosen = mutants
    if sample is not None and sample < len(mutants):
        chosen = random.Random(SEED).sample(mutants, sample)  # noqa: S311
    say(f"{name}: {len(chosen)} of {len(mutants)} mutants")
    mutation = MutationRun(chosen, usable_cores(), say)
    options = ["-n", "0", "-q", "-p", "no:cacheprovider", "-m", "quick"]
    status = pytest.main([*options, *target.tests], plugins=[mutation])
    counts = Counter(outcome for _, outcome in mutation.outcomes)
    figures = ", ".join(f"{counts[outcome]} {outcome.name.lower()}" for outcome in Outcome)
    say(f"{name}: {figures}")
    return int(status)


def main() -> int:
    parser = argparse.ArgumentParser(description="Try mutants of the code that decides.")
    parser.add_argument("targets", nargs="*", default=list(TARGETS), metavar="|".join(TARGETS))
    parser.add_argument("--sample", type=int)
    parser.add_argument("--only", default="")
    arguments = parser.parse_args()
    unknown = set(arguments.targets) - set(TARGETS)
    if unknown:
        parser.error(f"Choose from {', '.join(TARGETS)}, not {', '.join(sorted(unknown))}.")
    if len(arguments.targets) == 1:
        return try_target(arguments.targets[0], sample=arguments.sample, only=arguments.only)
    options = [f"--only={arguments.only}"]
    if arguments.sample is not None:
        options.append(f"--sample={arguments.sample}")
    for name in arguments.targets:  # each in a process that no other target's tests have changed
        status = subprocess.run([sys.executable, __file__, name, *options], check=False).returncode
        if status:
            return status
    return 0


if __name__ == "__main__":
    sys.exit(main())
